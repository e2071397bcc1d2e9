"""An S3 server of the tests' own: SeaweedFS on loopback, its files in a temporary folder."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from obstore.store import S3Store

BUCKET = "lab"
KEY, SECRET = "trimtab", "trimtab-secret"
PATIENCE = 60
# every port that `weed mini` opens would be the same for two servers
_PORTS = (
    *("master.port", "master.port.grpc", "filer.port", "filer.port.grpc", "volume.port", "volume.port.grpc"),
    *("s3.port", "s3.port.grpc", "admin.port", "admin.port.grpc"),
)


class Seaweed:
    """A server that can be killed and started again over the same files."""

    def __init__(self, weed: str, folder: Path) -> None:
        self.weed, self.folder = weed, folder
        self.ports = dict(zip(_PORTS, free_ports(len(_PORTS)), strict=True))
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> Mapping[str, str]:
        """What a process needs to use the bucket."""
        return {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.ports['s3.port']}",
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_REGION": "us-east-1",
        }

    def start(self) -> None:
        """Start it, and wait until the bucket answers; raises RuntimeError where it does not."""
        ports = [f"-{name}={port}" for name, port in self.ports.items()]
        command = [
            *(self.weed, "mini", f"-dir={self.folder}", f"-bucket={BUCKET}"),
            *("-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-admin.ui=false", "-webdav=false"),
            *("-s3.autoCreateBucket=false", "-master.telemetry=false"),
            *("-s3.port.iceberg=0", "-s3.port.lance=0"),
            *ports,
        ]
        environment = {**os.environ, "AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET}
        with (self.folder / "weed.log").open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=self.folder, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        self._wait()

    def _wait(self) -> None:
        import obstore

        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self._process is not None and self._process.poll() is None:
            with suppress(Exception):
                obstore.put(self.client(), ".ready", b"")
                return
            time.sleep(0.1)
        raise RuntimeError(f"weed does not answer: {(self.folder / 'weed.log').read_text()[-2000:]}")

    def client(self) -> "S3Store":
        """A client that gives up at once."""
        from obstore.store import S3Store

        return S3Store(
            BUCKET,
            endpoint=self.environment["AWS_ENDPOINT_URL"],
            access_key_id=KEY,
            secret_access_key=SECRET,
            region="us-east-1",
            client_options={"allow_http": True},
            retry_config={"max_retries": 0, "retry_timeout": timedelta(seconds=2)},
        )

    def kill(self) -> None:
        """End it as a loss of power to the process would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


def free_ports(count: int) -> list[int]:
    """Ports on which nobody listens now."""
    with_sockets = [socket.socket() for _ in range(count)]
    try:
        for each in with_sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in with_sockets]
    finally:
        for each in with_sockets:
            each.close()


def weed_binary() -> str | None:
    """The program, which `make cluster` installs beside Python; None where it is not installed."""
    beside = Path(sys.executable).parent / "weed"
    return str(beside) if beside.exists() else shutil.which("weed")


@contextmanager
def seaweed_server(weed: str, folder: Path) -> Iterator[Seaweed]:
    """A server that lives as long as the context."""
    folder.mkdir(parents=True, exist_ok=True)
    server = Seaweed(weed, folder)
    try:
        server.start()
        yield server
    finally:
        server.kill()
