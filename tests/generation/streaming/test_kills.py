"""A stream that is killed at any moment loses nothing that was flushed, and asks for nothing twice."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from datasets_registry.state import REPOSITORY
from generation.ledger.ledger import Ledger
from generation.ledger.segments import listed
from generation.streaming.flow import flow
from tests.generation.streaming.test_flow import Feeding, completer, tasks, tokens

KILLED = """
import sys, time
from pathlib import Path
from generation.ledger import ledger
from generation.streaming.flow import flow
from tests.generation.streaming.test_flow import Feeding, completer, tasks, tokens
ledger.FLUSH_SECONDS = 0.05
def slowly(request):
    time.sleep(0.02)
    return tokens(request)
list(flow(completer(Feeding(slowly), Path(sys.argv[1])), "x", tasks(100), 40))
"""


def test_a_killed_stream_goes_on_where_it_stopped(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    for kill in range(2):
        before = len(listed(tmp_path))
        process = subprocess.Popen(
            [sys.executable, "-c", KILLED, str(tmp_path)], cwd=REPOSITORY, stdin=subprocess.DEVNULL
        )
        while len(listed(tmp_path)) < before + 4 + kill and process.poll() is None:
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    stored = {row["key"] for row in ledger.ask("SELECT key FROM stored")}
    backend = Feeding(tokens)
    ended = list(flow(completer(backend, tmp_path), "x", tasks(100), 40))
    undisturbed = list(flow(completer(Feeding(tokens), tmp_path / "other"), "x", tasks(100), 40))
    assert sorted(map(str, ended)) == sorted(map(str, undisturbed)) and stored
    assert not stored & {request.key(backend.fingerprint) for request in backend.requests}
    assert ledger.ask("SELECT count(*) - count(DISTINCT key) AS twice FROM stored") == [{"twice": 0}]
