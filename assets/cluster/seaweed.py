"""A bucket on this machine, by SeaweedFS on loopback, with credentials of its own."""

import os
import secrets
import sys
from datetime import timedelta
from pathlib import Path

from assets.cluster.service import HOST, Service, free_ports
from datasets_registry.errors import BadInput

BUCKET = "trimtab"
# every port that `weed mini` opens, since another one may run here
_PORTS = (
    *("master.port", "master.port.grpc", "filer.port", "filer.port.grpc", "volume.port", "volume.port.grpc"),
    *("s3.port", "s3.port.grpc", "admin.port", "admin.port.grpc"),
)
_OFF = ("admin.ui=false", "webdav=false", "master.telemetry=false", "s3.port.iceberg=0", "s3.port.lance=0")


def start(folder: Path) -> None:
    """Start it, and let the environment of this process name the bucket once that answers."""
    program = Path(sys.executable).with_name("weed")
    if not program.exists():
        raise BadInput("SeaweedFS is not installed: `make cluster`")
    ports = dict(zip(_PORTS, free_ports(len(_PORTS)), strict=True))
    os.environ.update(
        TRIMTAB_STORE=f"s3://{BUCKET}",
        AWS_ENDPOINT_URL=f"http://{HOST}:{ports['s3.port']}",
        AWS_ACCESS_KEY_ID=secrets.token_hex(8),
        AWS_SECRET_ACCESS_KEY=secrets.token_hex(16),
        AWS_REGION="us-east-1",
    )
    files = folder / "bucket"
    files.mkdir()
    words = [str(program), "mini", f"-dir={files}", f"-bucket={BUCKET}", f"-ip={HOST}", f"-ip.bind={HOST}"]
    words += [f"-{each}" for each in (*_OFF, *(f"{name}={port}" for name, port in ports.items()))]
    Service("seaweed", words, folder).wait(_takes_a_file)


def _takes_a_file() -> bool:
    import obstore
    from obstore.store import S3Store

    store = S3Store(
        BUCKET,
        client_options={"allow_http": True},
        retry_config={"max_retries": 0, "retry_timeout": timedelta(seconds=2)},
    )
    obstore.put(store, ".ready", b"")
    return True
