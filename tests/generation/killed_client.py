"""Kill a client of a loopback server at random moments and see that nothing saved is asked for again.

By hand: python -m tests.generation.killed_client 50
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from random import Random

import duckdb

from datasets_registry.state import REPOSITORY
from generation.request import Message, Request
from tests.generation.anthropic_api.serving import message, words
from tests.generation.misbehaving_server import Answer, Call, MisbehavingServer, spoken

ROWS = 500
CLIENT = """
import signal
import sys
from pathlib import Path
# a job in the background is started with interrupts ignored
signal.signal(signal.SIGINT, signal.default_int_handler)
from generation.ledger import ledger
from generation.completer import Completer
from generation.engine import EngineSettings
from generation.backends import open_backend
from tests.generation.killed_client import requests

ledger.FLUSH_SECONDS = 0.1
url, folder, name = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
settings = EngineSettings(base_url=url, served_model="m", api_key_env="KILLED_KEY", max_concurrency=4)
backend = open_backend(name, folder / "no-weights", settings)
complete = Completer(backend, ledger.Ledger(folder), asset="killed", report=lambda line: None)
rows = complete("all", requests())
assert [row.text for row in rows] == [f"re: {number}" for number in range(len(rows))]
"""


def requests() -> list[Request]:
    """What every run asks for."""
    return [Request(messages=(Message(role="user", content=str(number)),)) for number in range(ROWS)]


def start_client(url: str, folder: Path, backend: str = "openai") -> subprocess.Popen[bytes]:
    """A process that completes all requests through the ledger in ``folder``."""
    command, key = [sys.executable, "-c", CLIENT, url, str(folder), backend], {"KILLED_KEY": "sk-any"}
    return subprocess.Popen(command, cwd=REPOSITORY, stderr=subprocess.PIPE, env=os.environ | key)


def saved_prompts(folder: Path) -> list[str]:
    """The prompt of every success in the ledger, repetitions included; reads every segment whole."""
    if not any(folder.glob("*.parquet")):
        return []
    query = (
        "SELECT json_extract_string(request, '$.messages[0].content') "
        f"FROM read_parquet('{folder}/*.parquet') WHERE error IS NULL"
    )
    with duckdb.connect() as connection:
        return [row[0] for row in connection.execute(query).fetchall()]


def kill_and_resume(folder: Path, kills: int, *, seed: int, backend: str = "openai") -> dict[str, int]:
    """Kill so many runs, let one finish; figures of what was lost and asked twice.

    Raises AssertionError if a saved completion was asked for again, or a row is missing or double.
    """
    jitter, folder = Random(seed), folder / "ledger"
    # slow enough that every run is met in the middle
    delay = max(0.004, 4 * 1.2 * (kills + 1) / ROWS * 0.6)

    def answer(call: Call) -> Answer:
        text = f"re: {call.prompt}"
        said = message(words(text)) if backend == "anthropic" else spoken(text)
        return Answer(said, delay=delay)

    with MisbehavingServer(answer) as server:
        asked = resumed = 0
        for number in range(kills + 1):
            saved, server.calls = set(saved_prompts(folder)), []
            client = start_client(server.url, folder, backend)
            while not server.calls and client.poll() is None:
                time.sleep(0.005)
            if number < kills:
                time.sleep(jitter.uniform(0.1, 1.2))
                client.send_signal(signal.SIGKILL)
            _, errors = client.communicate()
            assert number < kills or client.returncode == 0, errors.decode()
            again = saved & {call.prompt for call in server.calls}
            assert not again, f"{len(again)} saved completions were asked for again"
            asked += len(server.calls)
            resumed += bool(saved)
        rows = saved_prompts(folder)
    assert sorted(rows, key=int) == [str(number) for number in range(ROWS)], "a row is missing or double"
    return {"kills": kills, "rows": ROWS, "asked": asked, "lost": asked - ROWS, "resumed": resumed}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        print(kill_and_resume(Path(place), int(sys.argv[1]), seed=0))
