"""Work after work on replicas that are kept: whatever became of the first, the next gets its own answers."""

from collections.abc import Generator, Sequence
from pathlib import Path

import pytest

from datasets_registry.errors import ModelFailed
from generation.backends import close_kept, open_backend
from generation.engine import EngineSettings
from generation.ray_cluster import cluster, fleet
from generation.ray_cluster.backend import RayBackend
from generation.ray_cluster.cluster import Room
from generation.ray_cluster.dispatch import Answer
from generation.ray_cluster.fleet import Fleet
from generation.ray_cluster.kept import KeptFleets
from generation.request import Request
from tests.generation.known_model import ask
from tests.generation.opened import finished
from tests.generation.ray_cluster.scripted_pool import ScriptedPool, reply


class ScriptedFleet(ScriptedPool, Fleet):
    """A fleet whose replicas are a script; its turns are those of any."""

    def __init__(self, backend: RayBackend) -> None:
        Fleet.__init__(self, backend._opening, Room(0, 1))
        ScriptedPool.__init__(self)


class ScriptedRay(RayBackend):
    """The backend over such a fleet."""

    def _fleet(self) -> Fleet:
        return ScriptedFleet(self)


@pytest.fixture(autouse=True)
def without_ray(monkeypatch: pytest.MonkeyPatch) -> None:
    """Join no cluster."""
    monkeypatch.setattr(cluster, "find_spec", lambda name: object())
    monkeypatch.setattr(fleet, "join_cluster", lambda: None)


def opened(folder: Path, fleets: KeptFleets) -> ScriptedRay:
    """Two scripted replicas of a kept fleet."""
    settings = EngineSettings(inner="transformers", replicas=2, batch_size=16)
    return ScriptedRay(
        folder, settings, open_backend=open_backend, close_kept=close_kept, fleets=fleets, patience=0.05
    )


def about(what: str, number: int = 60) -> list[Request]:
    """Requests about one thing."""
    return [ask(f"Tell me {what} {place}.") for place in range(number)]


def begun(backend: RayBackend, requests: Sequence[Request]) -> Generator[Answer, None, None]:
    """A call of which one answer was taken; its iterator is held, as by a traceback."""
    answers = backend.complete(requests)
    assert isinstance(answers, Generator)
    next(answers)
    return answers


def test_work_that_was_left_amid_leaves_no_answer_to_the_next(tiny_model: Path) -> None:
    fleets = KeptFleets()
    left = begun(opened(tiny_model, fleets), about("a story"))
    again, jokes = opened(tiny_model, fleets), about("a joke")
    answers = again.complete(jokes)
    told = dict([next(answers)])
    # what was left is thrown away under the next work, which keeps its replicas
    left.close()
    assert len(again.fleet.ready) == 2
    told |= dict(answers)
    assert told == dict(enumerate(map(reply, jokes)))
    assert finished(again, jokes) == [reply(joke) for joke in jokes]


def test_work_that_another_took_over_says_so(tiny_model: Path) -> None:
    fleets = KeptFleets()
    left = begun(opened(tiny_model, fleets), about("a story"))
    assert len(finished(opened(tiny_model, fleets), about("a joke"))) == 60
    with pytest.raises(ModelFailed, match="other work over the same base began before this was finished"):
        next(left)


def test_replicas_that_wait_for_room_end_with_the_work_that_failed(tiny_model: Path) -> None:
    backend = opened(tiny_model, KeptFleets())
    assert isinstance(backend.fleet, ScriptedFleet)
    backend.fleet.room = 0
    with pytest.raises(ModelFailed, match="no replica was ready"):
        finished(backend, about("a story"))
    assert not backend.fleet.starting


def test_a_closed_backend_keeps_replicas_only_where_its_work_is_done(tiny_model: Path) -> None:
    fleets = KeptFleets()
    backend = opened(tiny_model, fleets)
    assert len(finished(backend, about("a story"))) == 60
    backend.close()
    assert len(backend.fleet.ready) == 2
    left = begun(backend, about("a joke"))
    backend.close()
    assert not backend.fleet.ready
    del left
