"""Stages that go by Anthropic's message batches: collected, in part, and resumed without a tag."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from generation.loopback.batches.course import Course
from generation.loopback.dialects import CLAUDE
from generation.loopback.server import LoopbackServer
from generation.loopback.wire import Answer, Call
from tests.generation.batches.stage import Stage, ask, echoed, interrupting, kill_at, num_paid

CLIENT = """
import sys
from pathlib import Path
from tests.generation.batches.test_anthropic import claude
claude(sys.argv[1], Path(sys.argv[2])).texts(5, 1)
"""
PATH = "/v1/messages/batches"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackServer]:
    """A server of Anthropic's protocol."""
    monkeypatch.setenv("TEST_CLAUDE_KEY", "sk-loop")
    with LoopbackServer(CLAUDE) as server:
        yield server


def claude(url: str, folder: Path, **more: object) -> Stage:
    """A stage that asks by Anthropic's client."""
    url = url.removesuffix("/v1")
    return Stage(url, folder, dialect=CLAUDE, **{"api_key_env": "TEST_CLAUDE_KEY", **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("course", "by_batch", "said"),
    [
        (Course(), 5, "batch msgbatch_1 ended (ended); 5 of 5 answered"),
        (Course(failing=frozenset({1})), 4, "1 are asked directly (errored: Internal server error)"),
        (Course(ends="expired", undone=frozenset({0, 1})), 3, "2 are asked directly (expired)"),
    ],
)
def test_what_a_batch_answers_is_collected_and_the_rest_asked(
    server: LoopbackServer, tmp_path: Path, course: Course, by_batch: int, said: str
) -> None:
    server.message_batches.course = course
    stage = claude(server.url, tmp_path)
    assert stage.texts(6, 1) == echoed(6) and num_paid(server) == (by_batch, 6 - by_batch)
    assert said in "\n".join(stage.lines) and stage.records == []


def test_a_canceled_batch_gives_what_it_has_and_choices_are_refused_without_it(
    server: LoopbackServer, tmp_path: Path
) -> None:
    server.message_batches.course = Course(polls=None)
    cancel = Call(0, "POST", f"{PATH}/msgbatch_1/cancel", {}, {}, b"", 0.0, 1)

    def report(line: str) -> None:
        if "done in batch" in line:
            server.message_batches.answer(cancel)

    rows = claude(server.url, tmp_path, report=report)(
        [*(ask(place, 1) for place in range(5)), ask(5, choices=("A", "B"))]
    )
    assert [bool(row.error) for row in rows] == [False] * 5 + [True] and num_paid(server) == (2, 3)


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", PATH), ("GET", f"{PATH}/msgbatch_1"), ("GET", f"{PATH}/msgbatch_1/results")],
)
def test_a_killed_stage_submits_nothing_twice(
    server: LoopbackServer, tmp_path: Path, method: str, path: str
) -> None:
    kill_at(server, method, path, CLIENT, tmp_path)
    assert claude(server.url, tmp_path).texts(5, 1) == echoed(5)
    submissions = server.message_batches.submissions
    assert (submissions.num_batches, submissions.num_twice, num_paid(server)[0]) == (1, 0, 4)


def test_a_submission_whose_answer_is_lost_is_looked_for_before_another(
    server: LoopbackServer, tmp_path: Path
) -> None:
    plain, lost = server.answer, list[str]()

    def answer(call: Call) -> Answer:
        given = plain(call)
        if (call.method, call.path) == ("POST", PATH) and not lost:
            lost.append(call.path)
            return Answer(manner="reset")
        return given

    server.answer = answer
    assert claude(server.url, tmp_path).texts(5, 1) == echoed(5) and lost
    assert server.message_batches.submissions.num_batches == 1


def test_another_batch_of_the_same_size_is_not_taken_for_ours(server: LoopbackServer, tmp_path: Path) -> None:
    assert claude(server.url, tmp_path / "other").texts(5, 1) == echoed(5)
    with pytest.raises(KeyboardInterrupt):
        claude(server.url, tmp_path, report=interrupting("done in batch")).texts(5, 1)
    stage = claude(server.url, tmp_path)
    (record,) = stage.records
    record.write_text(record.read_text().replace('"msgbatch_2"', "null"))
    assert stage.texts(5, 1) == echoed(5) and "batch msgbatch_2 of an earlier run" in "\n".join(stage.lines)
    assert server.message_batches.submissions.num_batches == 2
