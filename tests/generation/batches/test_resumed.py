"""Batches that are taken up again: after interrupts and kills, by several processes, with another key."""

from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from datasets_registry.errors import BadInput, BrokenObject, ModelFailed
from generation.batches import batching, records
from generation.loopback.batches.course import Course
from generation.loopback.dialects import GPT4
from generation.loopback.server import LoopbackServer
from generation.spending import Budget
from tests.generation.batches.stage import Stage, echoed, interrupting, kill_at, num_paid

CLIENT = """
import sys
from pathlib import Path
from tests.generation.batches.stage import Stage
Stage(sys.argv[1], Path(sys.argv[2])).texts(5)
"""
KEY = "sk-a-key-that-no-file-may-hold"


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    """A server with batches."""
    with LoopbackServer(GPT4) as server:
        yield server


def resumed(server: LoopbackServer, folder: Path, number: int = 5) -> Stage:
    """Ask again and see that nothing was submitted or paid twice."""
    stage = Stage(server.url, folder)
    assert stage.texts(number) == echoed(number)
    submissions = server.batches.submissions
    assert (submissions.num_batches, submissions.num_twice, submissions.num_bodies_twice) == (1, 0, 0)
    assert num_paid(server) == (number - 1, 1)
    return stage


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/files"),
        ("POST", "/v1/batches"),
        ("GET", "/v1/batches/batch_1"),
        ("GET", "/v1/files/file-2/content"),
    ],
)
def test_a_killed_stage_submits_nothing_twice(
    server: LoopbackServer, tmp_path: Path, method: str, path: str
) -> None:
    kill_at(server, method, path, CLIENT, tmp_path)
    server.paid = [paid for paid in server.paid if paid.batch]
    stage = Stage(server.url, tmp_path)
    assert stage.texts(5) == echoed(5)
    submissions = server.batches.submissions
    assert (submissions.num_batches, submissions.num_twice, num_paid(server)[0]) == (1, 0, 4)


@pytest.mark.parametrize("said", ["submitted as batch", "done in batch", "ended (completed)"])
def test_an_interrupted_stage_says_what_becomes_of_its_batch(
    server: LoopbackServer, tmp_path: Path, said: str
) -> None:
    lines: list[str] = []

    def report(line: str) -> None:
        lines.append(line)
        interrupting(said)(line)

    with pytest.raises(KeyboardInterrupt):
        Stage(server.url, tmp_path, report=report).texts(5)
    assert "batch batch_1 goes on at the provider: the next run collects it and submits" in lines[-1]
    resumed(server, tmp_path)


def test_an_intention_that_came_to_no_batch_is_submitted(
    server: LoopbackServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        stage = Stage(server.url, tmp_path)
        patched.setattr(type(stage.backend.batches()), "submit", interrupt)
        stage.texts(5)
    assert len(stage.records) == 1
    assert stage.texts(5) == echoed(5) and stage.records == []
    assert server.batches.submissions.num_batches == 1 and num_paid(server) == (3, 2)


def test_a_budget_that_is_lower_now_takes_what_was_paid_for(server: LoopbackServer, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        Stage(server.url, tmp_path, report=interrupting("done in batch")).texts(5)
    stage = Stage(server.url, tmp_path, least=None, budget=Budget(max_tokens=1))
    assert stage.texts(5) == echoed(5) and stage.meter.tokens > 1
    assert "0 to generate; about 0 tokens, 0 s; 4 are in batches of an earlier run" in "\n".join(stage.lines)
    resumed(server, tmp_path)


def test_parts_of_a_batch_are_taken_by_whoever_wants_them(server: LoopbackServer, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        Stage(server.url, tmp_path, report=interrupting("done in batch")).texts(5)
    stage = Stage(server.url, tmp_path)
    assert stage.texts(3) == echoed(3) and len(stage.records) == 1
    assert resumed(server, tmp_path).records == []


def test_answers_are_stored_before_their_record_goes(
    server: LoopbackServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage, plain = Stage(server.url, tmp_path), records.Records.close

    def close(self: records.Records, record: records.Record, keys: Collection[str]) -> None:
        assert stage.ledger.find(record.keys).keys() == set(record.keys)
        plain(self, record, keys)

    monkeypatch.setattr(records.Records, "close", close)
    assert stage.texts(5) == echoed(5) and stage.records == []


def test_two_processes_submit_nothing_twice(server: LoopbackServer, tmp_path: Path) -> None:
    with ThreadPoolExecutor() as threads:
        stages = [Stage(server.url, tmp_path), Stage(server.url, tmp_path)]
        texts = list(threads.map(Stage.texts, stages, (8, 12)))
    assert texts == [echoed(8), echoed(12)]
    assert server.batches.submissions.num_bodies_twice == 0 and len(server.paid) == 12


def test_a_key_that_is_wrong_in_the_middle_loses_nothing_and_is_in_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_BATCH_KEY", KEY)
    with LoopbackServer(GPT4, key=KEY) as server:

        def revoke(line: str) -> None:
            server.key = "another" if "submitted as batch" in line else server.key

        with pytest.raises(BadInput, match="did not accept the key: put a valid one into .* TEST_BATCH_KEY"):
            Stage(server.url, tmp_path, report=revoke, api_key_env="TEST_BATCH_KEY").texts(5)
        (record,) = Stage(server.url, tmp_path).records
        assert '"batch_1"' in record.read_text()
        server.key = KEY
        assert Stage(server.url, tmp_path, api_key_env="TEST_BATCH_KEY").texts(5) == echoed(5)
        assert server.batches.submissions.num_batches == 1
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files and not any(KEY.encode() in path.read_bytes() for path in files)


def test_a_batch_that_is_gone_is_not_paid_again_by_itself(server: LoopbackServer, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        Stage(server.url, tmp_path, report=interrupting("done in batch")).texts(5)
    stage, paid = Stage(server.url, tmp_path), len(server.paid)
    (record,) = stage.records
    record.write_text(record.read_text().replace("batch_1", "batch_7"))
    with pytest.raises(BadInput, match=f"does not have batch batch_7 .* or remove {record}, and its"):
        stage.texts(5)
    assert len(server.paid) == paid
    record.unlink()
    assert stage.texts(5) == echoed(5)


def test_a_batch_that_never_ends_stops_the_run(
    server: LoopbackServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batching, "LONGEST", timedelta(0))
    server.batches.course = Course(polls=None)
    with pytest.raises(ModelFailed, match="batch_1 is 'in_progress' after 0 s: cancel it at the provider"):
        Stage(server.url, tmp_path).texts(5)


def test_a_record_is_forgotten_with_the_providers_answers_and_a_damaged_one_is_named(
    server: LoopbackServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(KeyboardInterrupt):
        Stage(server.url, tmp_path, report=interrupting("done in batch")).texts(5)
    stage = Stage(server.url, tmp_path)
    (record,) = stage.records
    text = record.read_text()
    record.write_text("{")
    with pytest.raises(BrokenObject, match=f"{record} does not say which batch was submitted"):
        stage.texts(5)
    record.write_text(text)
    monkeypatch.setattr(records, "KEPT", timedelta(0))
    assert stage.texts(5) == echoed(5) and server.batches.submissions.num_batches == 2
