"""What these tests share: Chromium, and a studio that answers in a process of its own."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from datasets_registry.state import State

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")


@dataclass
class ServedStudio:
    """`trimtab studio` over a test's state: where it answers, and its process to kill."""

    address: str
    process: subprocess.Popen[str]

    @property
    def root(self) -> str:
        """Where pages are, without the token that its address has."""
        parts = urlsplit(self.address)
        return f"{parts.scheme}://{parts.netloc}"

    def kill(self) -> None:
        """End it as a crash would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def complaints_of(page: Page) -> list[str]:
    """What the page's console will say, and its uncaught errors; it grows as they come."""
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return complaints


# of a module: Playwright's event loop counts as running in this thread, and other tests need one of their own
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium; no sandbox, as tests may run as root."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture
def serve(state: State) -> Iterator[Callable[..., ServedStudio]]:
    """Starts the command over the test's state, as often as it is called; all end with the test.

    It takes a port, for one that comes after another; any that is free if not said.
    """
    started: list[ServedStudio] = []

    def start(port: int = 0) -> ServedStudio:
        command = [sys.executable, "-m", "assets.cli", "studio", "--port", str(port), "--no-browser"]
        # without the COLUMNS that a library of this process may set behind Python's back
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=dict(os.environ))
        assert process.stdout is not None
        # "the studio is at ADDRESS (Ctrl-C ends it)"
        address = next(word for word in process.stdout.readline().split() if word.startswith("http"))
        started.append(ServedStudio(address, process))
        return started[-1]

    yield start
    for studio in started:
        studio.kill()
        assert studio.process.stdout is not None
        studio.process.stdout.close()
