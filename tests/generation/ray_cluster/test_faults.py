"""Replicas on a small cluster: killed, lost with a node, joined late, without room; the ledger is whole."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from datasets_registry.errors import BadInput, ModelFailed
from datasets_registry.state import REPOSITORY, State
from generation.completer import Completer
from generation.ledger.ledger import Ledger
from generation.ledger.segments import listed
from generation.ray_cluster.kept import KeptFleets
from generation.request import Request
from tests.generation.known_model import ask
from tests.generation.opened import finished
from tests.generation.ray_cluster.clusters import SmallCluster
from tests.generation.ray_cluster.disturbed import Disturbed, open_sleeping
from tests.generation.ray_cluster.sleeping import NAME, answer

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.xdist_group("ray"),
    pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed: run `make cluster`"),
]
Open = Callable[..., Disturbed]


@pytest.fixture
def opened(ray_cluster: SmallCluster, tiny_model: Path, state: State) -> Iterator[Open]:
    """Backends of sleeping replicas, closed after the test, which begins with two nodes."""
    ray_cluster.have_nodes(2)
    backends: list[Disturbed] = []

    def open_one(**more: Any) -> Disturbed:
        backends.append(open_sleeping(tiny_model, **more))
        return backends[-1]

    yield open_one
    for backend in backends:
        backend.fleet.stop()


def stories(number: int, tokens: int = 5) -> list[Request]:
    """Requests that take ``tokens`` steps each."""
    return [ask(f"Tell me story {place}.", max_tokens=tokens) for place in range(number)]


def texts(requests: Sequence[Request]) -> list[str]:
    """What any replica answers."""
    return [answer(request) for request in requests]


def stored(folder: Path) -> list[str]:
    """What a ledger has, each row's key and text."""
    return sorted(f"{row['key']} {row['text']}" for row in Ledger(folder).ask("SELECT key, text FROM stored"))


def completed(backend: Disturbed, folder: Path, requests: Sequence[Request]) -> int:
    """How many of ``requests`` were generated through a ledger, which then has all of them."""
    completer = Completer(backend, Ledger(folder), asset="test", report=lambda line: None)
    assert [completion.text for completion in completer("stories", requests)] == texts(requests)
    again = Completer(backend, Ledger(folder), asset="test", report=lambda line: None)
    again("stories", requests)
    assert again.num_generated == 0
    return completer.num_generated


def test_a_killed_replica_is_replaced_and_the_ledger_has_each_row_once(opened: Open, tmp_path: Path) -> None:
    backend, requests = opened(), stories(256)

    def kill(number: int) -> None:
        if number == 90:
            os.kill(backend.fleet.places[max(backend.fleet.ready)].pid, signal.SIGKILL)

    backend.disturb = kill
    assert completed(backend, tmp_path / "ledger", requests) == 256
    assert 0 < backend.tally.num_redone <= 64
    assert backend.fleet.num_starts == 3
    keys = [request.key(backend.fingerprint) for request in requests]
    expected = sorted(f"{key} {text}" for key, text in zip(keys, texts(requests), strict=True))
    assert stored(tmp_path / "ledger") == expected
    rows = Ledger(tmp_path / "ledger").ask("SELECT DISTINCT backend FROM stored")
    assert rows == [{"backend": NAME}]


def test_a_lost_node_and_one_that_joins(opened: Open, ray_cluster: SmallCluster, tmp_path: Path) -> None:
    joined = tmp_path / "joined"
    # more are held than one replica has in hand, so that there is work for one more when another is lost
    held = [ask(f"hold {joined}", sample=place) for place in range(80)]
    backend, requests = opened(), [*stories(120), *held]

    def release() -> None:
        while backend.fleet.num_starts < 3 or len(backend.fleet.ready) < 2:
            time.sleep(0.05)
        joined.touch()

    def disturb(number: int) -> None:
        if number == 80:
            ray_cluster.lose_node(ray_cluster.nodes[0])
            ray_cluster.add_node()

    backend.disturb = disturb
    threading.Thread(target=release, daemon=True).start()
    assert completed(backend, tmp_path / "ledger", requests) == 200
    assert len(stored(tmp_path / "ledger")) == 200 and len(backend.fleet.ready) == 2


def test_a_third_replica_without_room_holds_nothing_up(opened: Open) -> None:
    backend = opened(replicas=3)
    assert [each.text for each in finished(backend, stories(100))] == texts(stories(100))
    assert len(backend.fleet.starting) >= 1 and backend.replicas <= 2


def test_no_room_at_all_says_what_was_asked_and_what_the_cluster_has(opened: Open) -> None:
    backend = opened(gpus=4, patience=2.0)
    sentence = (
        r"no replica was ready for 2 s: each asks for 4 GPUs and 1 CPU, and the cluster has 3 nodes with "
        r"0 GPUs and 2 CPUs, of which .* are free: add nodes"
    )
    with pytest.raises(ModelFailed, match=sentence):
        finished(backend, stories(3))


def test_a_model_that_is_elsewhere_or_refuses_and_replicas_that_die_end_in_a_sentence(
    opened: Open, tiny_model: Path
) -> None:
    with pytest.raises(BadInput, match="the model reads no such thing"):
        finished(opened(), [*stories(3), ask("unread")])
    with pytest.raises(ModelFailed, match="no replica answered anything before it died"):
        finished(opened(), [ask("die")])


def test_kept_replicas_serve_the_next_work_and_leave_for_others(
    opened: Open, tiny_model: Path, opinionated_model: Path
) -> None:
    fleets = KeptFleets()
    first = open_sleeping(tiny_model, fleets=fleets)
    assert len(finished(first, stories(80))) == 80
    first.close()
    again = open_sleeping(tiny_model, fleets=fleets)
    assert len(finished(again, stories(20))) == 20 and again.fleet.num_starts == first.fleet.num_starts
    other = open_sleeping(opinionated_model, fleets=fleets)
    assert len(finished(other, stories(20))) == 20 and not first.fleet.ready
    fleets.close()
    assert not other.fleet.ready


KILLED = """
import sys
from pathlib import Path
from generation.completer import Completer
from generation.ledger import ledger
from tests.generation.ray_cluster.disturbed import open_sleeping
from tests.generation.ray_cluster.test_faults import stories
ledger.FLUSH_SECONDS = 0.05
folder, backend = Path(sys.argv[1]), open_sleeping(Path(sys.argv[2]))
Completer(backend, ledger.Ledger(folder), asset="test", report=lambda line: None)("x", stories(400))
"""


def test_a_killed_driver_is_resumed_from_what_it_stored(
    opened: Open, tiny_model: Path, tmp_path: Path
) -> None:
    folder, requests = tmp_path / "ledger", stories(400)
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(folder), str(tiny_model)], cwd=REPOSITORY, stdin=subprocess.DEVNULL
    )
    while len(listed(folder) if folder.exists() else ()) < 3 and process.poll() is None:
        time.sleep(0.02)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    before = len(stored(folder))
    assert 0 < before < 400
    assert completed(opened(), folder, requests) == 400 - before
    assert len(stored(folder)) == 400
