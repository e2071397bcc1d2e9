"""The README's code blocks, run in its order on a small profile, as a newcomer would type them."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest

from datasets_registry.state import REPOSITORY
from tests.assets.small import write_profile

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory, opinionated_model: Path) -> dict[str, str]:
    """A small profile, a state and a Dagster instance of the test's own, and a free port."""
    root = tmp_path_factory.mktemp("readme")
    (root / "dagster").mkdir()
    (root / "dagster" / "dagster.yaml").write_text("telemetry: {enabled: false}")
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
    return os.environ | {
        "TRIMTAB_PROFILE": str(write_profile(root / "profile", opinionated_model)),
        "TRIMTAB_HOME": str(root / "state"),
        "DAGSTER_HOME": str(root / "dagster"),
        "PORT": str(port),
        # `make test` inside a test: a few tests, and not this one, in one process
        "PYTEST_ADDOPTS": "tests/methods/test_templates.py",
        "WORKERS": "0",
    }


def serves(port: str, path: str = "server_info", seconds: float = 300) -> str:
    """What the web server on ``port`` answers, once it does."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}", timeout=5) as reply:
                return str(reply.read().decode())
        except (urllib.error.URLError, OSError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)


@pytest.mark.parametrize(("language", "code"), BLOCKS, ids=[code.split("\n")[0][:40] for _, code in BLOCKS])
def test_a_block_runs(language: str, code: str, environment: dict[str, str]) -> None:
    command = [sys.executable, "-c", code] if language == "python" else ["bash", "-euc", code]
    process = subprocess.Popen(
        command,
        cwd=REPOSITORY,
        env=environment,
        text=True,
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if code.strip() == "make dev":
        try:
            assert "dagster_webserver_version" in serves(environment["PORT"])
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=20)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate(timeout=60)
        return
    output, _ = process.communicate(timeout=600)
    assert process.returncode == 0, output
    printed = re.search(rf"{re.escape(code)}```\n\nIt prints `(.+?)`", README)
    assert printed is None or output.strip() == printed[1]


def test_the_first_screen_holds_just_the_two_commands() -> None:
    first_screen = README.split("\n---\n")[0]
    assert re.findall(r"^```sh\n(.*?)^```$", first_screen, flags=re.MULTILINE | re.DOTALL) == [
        "make demo\n",
        "make test\n",
    ]


def test_every_file_that_the_readme_names_is_there() -> None:
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert (REPOSITORY / target).exists(), target
