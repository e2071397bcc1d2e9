"""A client that is killed or interrupted loses only what was in flight."""

import signal
import time
from pathlib import Path

from tests.generation.killed_client import kill_and_resume, saved_prompts, start_client
from tests.generation.misbehaving_server import HANG, Answer, Call, MisbehavingServer
from tests.generation.serving import echo


def test_after_each_kill_nothing_saved_is_asked_for_again(tmp_path: Path) -> None:
    figures = kill_and_resume(tmp_path, 3, seed=0)
    assert figures["resumed"] >= 2 and figures["lost"] < figures["rows"]


def test_an_interrupt_ends_a_waiting_run_at_once_with_everything_saved(tmp_path: Path) -> None:
    def answer(call: Call) -> Answer:
        return echo(call) if call.number < 50 else Answer(delay=HANG)

    with MisbehavingServer(answer) as server:
        client = start_client(server.url, tmp_path)
        while len(server.calls) < 54 and client.poll() is None:
            time.sleep(0.01)
        time.sleep(0.5)  # what was answered is handed on
        client.send_signal(signal.SIGINT)
        begun = time.monotonic()
        _, errors = client.communicate(timeout=10)
    assert time.monotonic() - begun < 5
    assert client.returncode != 0 and b"KeyboardInterrupt" in errors
    assert sorted(saved_prompts(tmp_path), key=int) == [str(number) for number in range(50)]
