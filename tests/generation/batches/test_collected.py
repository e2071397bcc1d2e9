"""Stages that go by batch: whole, in part, in any order, and what is asked directly instead."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from datasets_registry.errors import BadInput, OverBudget
from generation.engine import EngineSettings
from generation.loopback.batches.course import Course
from generation.loopback.dialects import GPT4, GPT5, VLLM
from generation.loopback.script import Said
from generation.loopback.server import LoopbackServer
from generation.loopback.wire import Answer, Call
from generation.openai_server.backend import OpenAIBackend
from generation.openai_server.batches import OpenAIBatches
from generation.remote.stating import stated_folder
from generation.request import Request
from generation.spending import Budget
from tests.generation.batches.stage import Stage, ask, asked, echoed, num_paid

CANCEL = Call(0, "POST", "/v1/batches/batch_1/cancel", {}, {}, b"", 0.0, 1)


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    """A server with batches."""
    with LoopbackServer(GPT4) as server:
        yield server


def test_a_stage_goes_by_batch_behind_one_direct_call(server: LoopbackServer, tmp_path: Path) -> None:
    stage = Stage(server.url, tmp_path)
    assert stage.texts(6) == echoed(6) and num_paid(server) == (5, 1)
    assert server.batches.submissions.num_batches == 1 and stage.records == []
    keys = {request.key(stage.backend.fingerprint) for request in asked(6)[1:]}
    assert {request.custom_id for request in server.batches.submissions.requests} == keys
    assert stage.texts(6) == echoed(6) and len(server.paid) == 6
    said = "\n".join(stage.lines)
    assert "6 to generate, 6 of them by batch within a day" in said
    assert "5 requests submitted as batch batch_1" in said and "of 5 done in batch batch_1 (in_prog" in said
    assert "batch batch_1 ended (completed); 5 of 5 answered" in said


def test_few_requests_are_asked_directly_and_so_are_all_where_nothing_is_set(
    server: LoopbackServer, tmp_path: Path
) -> None:
    assert Stage(server.url, tmp_path, least=7).texts(6) == echoed(6) and num_paid(server) == (0, 6)
    assert Stage(server.url, tmp_path / "b", least=None).texts(6) == echoed(6) and num_paid(server) == (0, 12)


@pytest.mark.parametrize(
    ("course", "by_batch", "reason"),
    [
        (Course(failing=frozenset({1, 3})), 3, "HTTP 500"),
        (Course(ends="expired", undone=frozenset({0})), 4, "completion window expired"),
        (Course(ends="expired"), 0, "completion window expired"),
        (Course(ends="failed"), 0, "failed: The batch failed."),
        (Course(most=3), 0, "failed: The batch has more than 3 requests."),
    ],
)
def test_what_a_batch_leaves_is_asked_directly(
    server: LoopbackServer, tmp_path: Path, course: Course, by_batch: int, reason: str
) -> None:
    server.batches.course = course
    stage = Stage(server.url, tmp_path)
    assert stage.texts(6) == echoed(6) and num_paid(server) == (by_batch, 6 - by_batch)
    assert f"{5 - by_batch} are asked directly" in "\n".join(stage.lines) and reason in "\n".join(stage.lines)
    assert stage.records == [] and server.batches.submissions.num_twice == 0


def test_a_cancelled_batch_gives_what_it_has(server: LoopbackServer, tmp_path: Path) -> None:
    server.batches.course = Course(polls=None)

    def cancel(line: str) -> None:
        if "done in batch" in line:
            server.batches.answer(CANCEL)

    assert Stage(server.url, tmp_path, report=cancel).texts(5) == echoed(5)
    assert num_paid(server) == (2, 3)


def test_answers_of_nobody_and_second_answers_are_left_out(server: LoopbackServer, tmp_path: Path) -> None:
    other = {"custom_id": "nobody", "response": {"status_code": 200, "body": {"choices": []}}}
    plain = server.answer

    def answer(call: Call) -> Answer:
        given = plain(call)
        if not call.path.endswith("/content"):
            return given
        lines = bytes(given.content).splitlines()
        wrong = re.sub(rb"question \d", b"wrong", lines[0])
        return Answer(b"\n".join([*lines, wrong, json.dumps(other).encode(), b"{half"]))

    server.answer = answer
    stage = Stage(server.url, tmp_path)
    assert stage.texts(4) == echoed(4) and num_paid(server) == (3, 1)
    said = "\n".join(stage.lines)
    assert "1 were answered twice, and the first" in said and "2 answers to no request are left out" in said


@pytest.mark.parametrize(("limit", "value"), [("most_requests", 2), ("most_bytes", 700)])
def test_a_stage_beyond_the_limits_is_several_batches(
    server: LoopbackServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, value: int
) -> None:
    monkeypatch.setattr(OpenAIBatches, limit, value)
    stage = Stage(server.url, tmp_path)
    assert stage.texts(6) == echoed(6) and num_paid(server) == (5, 1)
    assert server.batches.submissions.num_batches == 3
    assert "0 of 5 done in batch batch_1 (in_progress), batch_2 (in_progress)" in "\n".join(stage.lines)


def test_a_schema_and_choices_go_by_batch_and_a_likelihood_does_not(tmp_path: Path) -> None:
    schema = '{"type": "object", "properties": {"v": {"enum": ["A", "B"]}}, "required": ["v"]}'
    likelihood = Request(messages=ask(9).messages, continuation="text")
    requests = [ask(0), ask(1, choices=("A", "B")), ask(2, schema=schema), likelihood]
    script = Said("B", probabilities={"A": 0.7, "B": 0.2})
    with LoopbackServer(GPT4, lambda asked: script) as server:
        _, chosen, object_, refused = Stage(server.url, tmp_path)(requests)
    assert chosen.choice_probabilities == pytest.approx((0.7, 0.2)) and object_.text == '{"v": "B"}'
    assert refused.error and num_paid(server) == (2, 1)


def test_the_direct_call_tells_what_the_lines_of_a_batch_have_to_say(tmp_path: Path) -> None:
    requests = [Request(messages=ask(number).messages) for number in range(4)]
    with LoopbackServer(GPT5) as server:
        completions = Stage(server.url, tmp_path, dialect=GPT5)(requests)
    assert not any(completion.error for completion in completions) and num_paid(server) == (3, 1)


def test_an_alias_that_moves_within_a_batch_makes_failed_rows(server: LoopbackServer, tmp_path: Path) -> None:
    settings = EngineSettings(base_url=server.url, served_model=GPT4.model)
    weights = stated_folder(tmp_path, server.url, settings, OpenAIBackend)

    def move(line: str) -> None:
        server.states = "another" if "submitted as batch" in line else server.states

    first, *rest = Stage(server.url, tmp_path, weights=weights, report=move)(asked(4))
    assert first.text == "question 0"
    assert all("answered as 'another', and this model is" in str(row.error) for row in rest)
    assert num_paid(server)[0] == 3


def test_half_the_price_is_planned_paid_and_held_to_the_budget(tmp_path: Path) -> None:
    # 11 tokens each: ten directly cost $0.11, one directly and nine by batch $0.06
    budget = Budget(max_usd=0.08)
    with LoopbackServer(GPT4, lambda asked: "word " * 9) as server:
        stage = Stage(server.url, tmp_path / "a", budget=budget)
        stage(asked(10))
        rows = stage.ledger.ask(
            "SELECT usd, num_prompt_tokens + num_completion_tokens AS num FROM completions"
        )
        shares = sorted(round(row["usd"] * 1000 / row["num"], 3) for row in rows)
        assert shares == [0.5] * 9 + [1.0] and stage.meter.usd == pytest.approx(sum(r["usd"] for r in rows))
        server.batches.course = Course(ends="failed")
        stage = Stage(server.url, tmp_path / "b", budget=budget)
        with pytest.raises(OverBudget, match="x needs (up to )?about .* and budget.max_usd is"):
            stage(asked(10))
    assert num_paid(server) == (9, 2)


def test_a_server_without_batches_is_refused_before_anything_is_spent(tmp_path: Path) -> None:
    with (
        LoopbackServer(VLLM) as server,
        pytest.raises(BadInput, match="has no batches .*404.*: take batch_from out of engine"),
    ):
        Stage(server.url, tmp_path, dialect=VLLM)(asked(4))
    assert server.paid == [] and server.calls == []
