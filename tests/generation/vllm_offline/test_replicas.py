"""Replicas of an engine, which here sleep in place of a model: speed, deaths, cards, starts and turns."""

import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from datasets_registry.errors import BadInput, ModelFailed
from datasets_registry.state import State
from generation.engine import EngineSettings
from generation.request import Request
from generation.vllm_offline.backend import VllmBackend
from generation.vllm_offline.job import Job
from generation.vllm_offline.job_queue import JobQueue
from generation.vllm_offline.kept import KeptEngines
from generation.vllm_offline.logs import MOST_LOGS
from tests.generation.cards.fake_cards import put_in
from tests.generation.known_model import ask
from tests.generation.opened import finished
from tests.generation.vllm_offline.sleeping_worker import MODULE, answer

Open = Callable[..., VllmBackend]


@pytest.fixture
def open_engine(tiny_model: Path, state: State) -> Iterator[Open]:
    """Engines of sleeping processes, ended after the test."""
    engines = KeptEngines(MODULE)

    def opened(replicas: int | str = 1, **fields: object) -> VllmBackend:
        settings = EngineSettings.model_validate({"replicas": replicas, "batch_size": 4} | fields)
        return VllmBackend(tiny_model, settings, engines=engines)

    yield opened
    engines.close()


def stories(number: int, tokens: int = 5) -> list[Request]:
    """Requests that take ``tokens`` steps each."""
    return [ask(f"Tell me story {place}.", max_tokens=tokens) for place in range(number)]


def texts(requests: Sequence[Request]) -> list[str]:
    """What any replica answers."""
    return [answer(Job(index=0, request=request)).text for request in requests]


def answered(backend: VllmBackend, requests: Sequence[Request]) -> list[str]:
    """The texts in the order of the requests."""
    return [completion.text for completion in finished(backend, requests)]


def all_ready(backend: VllmBackend, number: int) -> VllmBackend:
    """The backend once all its replicas have started: the first of them would do a short run alone."""
    while backend.engine.num_ready < number:
        answered(backend, stories(4 * number))
    return backend


def test_four_replicas_are_almost_four_times_as_fast(
    open_engine: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLEEPING_STEP_SECONDS", "0.05")
    seconds = {}
    for number in (1, 4):
        backend = all_ready(open_engine(number), number)
        began = time.monotonic()
        assert answered(backend, stories(160)) == texts(stories(160))
        seconds[number] = time.monotonic() - began
    assert seconds[1] >= 3.8 * seconds[4]


def test_a_replica_that_dies_gives_its_jobs_to_the_others_and_is_started_again(
    open_engine: Open, caplog: pytest.LogCaptureFixture
) -> None:
    backend = all_ready(open_engine(3), 3)
    requests, killed, found = stories(90, tokens=20), 0, {}
    for index, completion in backend.complete(requests):
        found[index] = completion.text
        if len(found) == 12:
            killed = backend.engine.pids[1]
            os.kill(killed, signal.SIGKILL)
    assert [found[place] for place in range(90)] == texts(requests)
    assert backend.engine.num_starts == 4 and killed not in backend.engine.pids
    assert "died and is restarted: replica 1, its process was killed by signal 9" in caplog.text


def test_what_comes_while_replicas_are_at_work_is_done_as_well(open_engine: Open) -> None:
    requests = stories(60)
    later = [requests[40:], [], requests[20:40]]
    fed = open_engine(2).complete_fed(requests[:20], lambda: later.pop() if later else [])
    found = {index: completion.text for index, completion in fed}
    assert [found[place] for place in range(60)] == texts(requests)


def test_a_run_that_begins_with_one_request_has_all_replicas_for_what_comes(open_engine: Open) -> None:
    requests, backend = stories(200), open_engine(3)
    later = [requests[1:]]
    found = dict(backend.complete_fed(requests[:1], lambda: later.pop() if later else []))
    assert [found[place].text for place in range(200)] == texts(requests)
    assert backend.engine.num_starts == 3


def test_a_replica_that_dies_twice_is_left_out_and_the_others_finish(open_engine: Open) -> None:
    backend = open_engine(2)
    found = {}
    for index, completion in backend.complete(stories(200, tokens=10)):
        found[index] = completion.text
        if len(found) in (8, 60):
            with suppress(IndexError, ProcessLookupError):
                os.kill(backend.engine.pids[1], signal.SIGKILL)
    assert sorted(found) == list(range(200))


def test_a_request_that_kills_whoever_has_it_ends_the_run_and_not_every_replica(open_engine: Open) -> None:
    backend = open_engine(4)
    deadly = ask("die now", max_tokens=5)
    with pytest.raises(ModelFailed, match=r"died again and again .* ended with code 13.*is saved"):
        # the others are at work yet when the last one dies
        answered(backend, [*stories(40, tokens=250), deadly])
    assert backend.engine.num_starts <= 7 and backend.engine.pids == []


def test_a_lost_card_is_named_with_the_remedy_and_the_others_do_its_part(
    open_engine: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    uuids = put_in(tmp_path, monkeypatch, 3)
    backend = all_ready(open_engine(3), 3)
    requests = [ask(f"lose {uuids[1]} {place}", max_tokens=5) for place in range(30)]
    assert answered(backend, requests) == texts(requests)
    assert "replica 1 on card 1 (NVIDIA H100 80GB HBM3), its process ended with code 1" in caplog.text
    assert "RuntimeError: CUDA error: unspecified launch failure" in caplog.text
    assert "see what `nvidia-smi` says of it, and reset it or run again without it" in caplog.text
    assert "CUDA_VISIBLE_DEVICES=0,2" in caplog.text


def test_each_replica_sees_its_own_cards_alone(
    open_engine: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uuids = put_in(tmp_path, monkeypatch, 5)
    wishes = [ask(f"card {place}") for place in range(8)]
    backend = all_ready(open_engine("auto", tensor_parallel_size=2), 2)
    assert set(answered(backend, wishes)) == {",".join(uuids[:2]), ",".join(uuids[2:4])}
    # one engine takes what CUDA shows first, as it did before there were replicas
    assert set(answered(open_engine(1), wishes)) == {"all"}


def test_more_replicas_than_cards_are_refused_before_anything_starts(
    open_engine: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_in(tmp_path, monkeypatch, 2)
    with pytest.raises(BadInput, match=r"replicas = 4 .* needs 4 cards, and this machine has 2: lower"):
        open_engine(4)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    with pytest.raises(BadInput, match=r"needs 2 cards, and CUDA_VISIBLE_DEVICES='1' shows 1"):
        open_engine(1, tensor_parallel_size=2)


def test_samples_of_one_prompt_go_to_one_replica_and_no_replica_is_idle() -> None:
    jobs = [
        Job(index=4 * place + sample, request=ask(f"Problem {place}", sample=sample))
        for place in range(5)
        for sample in range(4)
    ]
    queue = JobQueue(jobs, 2)
    first, second = queue.take(0, 12), queue.take(1, 8)
    assert [job.index for job in first] == list(range(12)) and [job.index for job in second] == list(
        range(12, 20)
    )
    queue = JobQueue(jobs, 2)
    queue.take(1, 8)
    # who has done its own part takes of the other's end
    stolen = queue.take(1, 3)
    assert [job.index for job in stolen] == [6, 7, 8]
    assert len(queue) == 9
    assert sorted(job.index for job in queue.take(0, 9)) == [0, 1, 2, 3, 4, 5, 9, 10, 11]


def test_an_engine_serves_all_backends_of_its_base_until_another_needs_its_place(
    tiny_model: Path, opinionated_model: Path, state: State
) -> None:
    kept, settings = KeptEngines(MODULE), EngineSettings(batch_size=4)
    for _ in range(3):
        backend = VllmBackend(tiny_model, settings, engines=kept)
        assert answered(backend, stories(9)) == texts(stories(9))
        backend.close()
    assert kept.num_starts == 1
    other = VllmBackend(opinionated_model, settings, engines=kept)
    answered(other, stories(3))
    assert backend.engine.pids == [] and len(other.engine.pids) == 1
    answered(backend, stories(3))
    assert kept.num_starts == 3
    kept.close()
    assert backend.engine.pids == other.engine.pids == [] and kept.num_starts == 3


def test_a_base_that_was_changed_in_its_place_gets_an_engine_of_its_own(
    tiny_model: Path, opinionated_model: Path, tmp_path: Path, state: State
) -> None:
    kept, settings = KeptEngines(MODULE), EngineSettings()
    folder = shutil.copytree(tiny_model, tmp_path / "model")
    engine = kept.engine(folder, settings)
    shutil.copytree(opinionated_model, folder, dirs_exist_ok=True)
    assert kept.engine(folder, settings) is not engine
    kept.close()


def test_an_engines_log_is_kept_and_named_and_old_ones_go(open_engine: Open, state: State) -> None:
    folder = state.runs / "engines"
    folder.mkdir(parents=True)
    for number in range(MOST_LOGS + 5):
        (folder / f"20200101-000000-1-{number:03d}-old.log").touch()
    with pytest.raises(ModelFailed, match=r"its log is (.*/runs/engines/.*\.log)") as failure:
        answered(open_engine(), [ask("die now")])
    logs = sorted(folder.glob("*.log"))
    assert len(logs) == MOST_LOGS and any(str(log) in str(failure.value) for log in logs)
