"""Batches of both protocols: their states, their results, and what was submitted twice."""

import json
from typing import Any

import openai
import pytest

from generation.loopback.batches.course import Course
from generation.loopback.dialects import CLAUDE, GPT4
from generation.loopback.server import LoopbackServer
from tests.generation.loopback.asking import ANTHROPIC, Replied, send


def line(name: str, text: str = "hi", **fields: object) -> dict[str, Any]:
    """One line of a batch's file."""
    body = {"model": GPT4.model, "messages": [{"role": "user", "content": text}], "temperature": 0, **fields}
    return {"custom_id": name, "method": "POST", "url": "/v1/chat/completions", "body": body}


def client(server: LoopbackServer) -> openai.OpenAI:
    """OpenAI's own client."""
    return openai.OpenAI(base_url=server.url, api_key="none", max_retries=0)


def submit(asking: openai.OpenAI, *lines: dict[str, Any]) -> str:
    """The id of a new batch."""
    text = "".join(json.dumps(given) + "\n" for given in lines).encode()
    file = asking.files.create(file=("requests.jsonl", text), purpose="batch")
    return asking.batches.create(
        input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h", metadata={"run": "1"}
    ).id


def results(asking: openai.OpenAI, file: str | None) -> list[dict[str, Any]]:
    """The lines of a file of results, if there is one."""
    return [json.loads(text) for text in asking.files.content(file).text.splitlines()] if file else []


def test_a_batch_is_validated_goes_on_and_is_completed_in_another_order() -> None:
    with LoopbackServer(GPT4) as server, client(server) as asking:
        name = submit(asking, line("a"), line("b"), line("bad", temperature=9))
        looks = [asking.batches.retrieve(name) for _ in range(3)]
        done = looks[-1]
        good, bad = results(asking, done.output_file_id), results(asking, done.error_file_id)
        listed = [(batch.id, batch.metadata) for batch in asking.batches.list()]
        first = asking.batches.list(limit=1)
    assert [batch.status for batch in looks] == ["in_progress", "completed", "completed"]
    assert [result["custom_id"] for result in good] == ["b", "a"]
    assert good[0]["response"]["body"]["choices"][0]["message"]["content"] == "hi"
    assert bad[0]["response"]["status_code"] == 400 and "temperature" in str(bad[0]["response"]["body"])
    counts = done.request_counts
    assert counts and (counts.total, counts.completed, counts.failed) == (3, 2, 1)
    assert listed == [(name, {"run": "1"})] and not first.has_more
    assert [paid.batch for paid in server.paid] == [True, True]


def test_what_is_removed_leaves_its_name_to_nobody() -> None:
    with LoopbackServer(GPT4) as server, client(server) as asking:
        first, second = (asking.files.create(file=(name, b"x"), purpose="batch") for name in ("a", "b"))
        assert asking.files.delete(first.id).deleted
        third = asking.files.create(file=("c", b"y"), purpose="batch")
        assert third.id not in (first.id, second.id) and asking.files.content(second.id).content == b"x"
        with pytest.raises(openai.NotFoundError):
            asking.files.content(first.id)
        assert {file.filename for file in asking.files.list(purpose="batch")} == {"b", "c"}


def test_what_a_batch_never_came_to_expires() -> None:
    with LoopbackServer(GPT4) as server, client(server) as asking:
        course = Course(polls=1, ends="expired", undone=frozenset({1}), failing=frozenset({2}))
        server.batches.course = course
        done = asking.batches.retrieve(submit(asking, line("a"), line("b"), line("c")))
        bad = {result["custom_id"]: result for result in results(asking, done.error_file_id)}
        assert [result["custom_id"] for result in results(asking, done.output_file_id)] == ["a"]
    assert done.status == "expired" and bad["b"]["error"]["code"] == "batch_expired"
    assert bad["c"]["response"]["status_code"] == 500


def test_a_batch_is_cancelled_with_what_was_done() -> None:
    with LoopbackServer(GPT4) as server, client(server) as asking:
        server.batches.course = Course(polls=None)
        name = submit(asking, line("a"), line("b"))
        asking.batches.retrieve(name)
        statuses = [asking.batches.cancel(name).status, asking.batches.retrieve(name).status]
        done = asking.batches.retrieve(name)
        assert [result["custom_id"] for result in results(asking, done.output_file_id)] == ["a"]
        with pytest.raises(openai.ConflictError):
            asking.batches.cancel(name)
    assert statuses == ["cancelling", "cancelled"]


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ([line("a"), line("a")], "duplicate_custom_id"),
        ([{"custom_id": "a"}], "invalid_json_line"),
        ([{**line("a"), "url": "/v1/embeddings"}], "invalid_url"),
        ([], "empty_file"),
    ],
)
def test_a_file_that_is_not_valid_fails_its_batch(lines: list[dict[str, Any]], code: str) -> None:
    with LoopbackServer(GPT4) as server, client(server) as asking:
        done = asking.batches.retrieve(submit(asking, *lines))
    assert done.status == "failed" and done.errors and done.errors.data
    assert code in [problem.code for problem in done.errors.data] and server.paid == []


def test_what_is_submitted_twice_is_counted_and_what_failed_may_be_sent_again() -> None:
    with LoopbackServer(GPT4) as server, client(server) as asking:
        server.batches.course = Course(polls=1, failing=frozenset({1}))
        first = submit(asking, line("a", "1"), line("b", "2"))
        submit(asking, line("a", "1"))
        asking.batches.retrieve(first)
        submit(asking, line("b", "2"), line("other", "1"))
    submissions = server.batches.submissions
    assert (submissions.num_batches, len(submissions.requests)) == (3, 5)
    assert (submissions.num_twice, submissions.num_bodies_twice) == (1, 2)


def ask(name: str, **fields: object) -> dict[str, Any]:
    """One request of a message batch."""
    params = {"model": CLAUDE.model, "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}
    return {"custom_id": name, "params": {**params, **fields}}


def batched(server: LoopbackServer, method: str = "GET", path: str = "", body: object = None) -> Replied:
    """A call of the message batches."""
    return send(server, method, f"/v1/messages/batches{path}", body, **ANTHROPIC)


def outcomes(server: LoopbackServer, name: str) -> dict[str, Any]:
    """The result of each request of a batch that has ended."""
    import urllib.request

    request = urllib.request.Request(f"{server.url}/messages/batches/{name}/results", headers=ANTHROPIC)
    with urllib.request.urlopen(request) as response:
        lines = [json.loads(text) for text in response.read().splitlines()]
    return {given["custom_id"]: given["result"] for given in lines}


def test_a_message_batch_ends_with_a_result_for_each() -> None:
    with LoopbackServer(CLAUDE) as server:
        server.message_batches.course = Course(failing=frozenset({2}))
        _, created = batched(
            server, "POST", "", {"requests": [ask("a"), ask("b", temperature=0), ask("c"), ask("d")]}
        )
        name = created["id"]
        early = batched(server, path=f"/{name}/results")[0]
        looks = [batched(server, path=f"/{name}")[1] for _ in range(2)]
        found = outcomes(server, name)
        _, listed = batched(server)
    assert early == 404 and [batch["processing_status"] for batch in looks] == ["in_progress", "ended"]
    assert list(found) == ["d", "c", "b", "a"]
    assert found["a"]["message"]["content"][0]["text"].startswith("hi")
    assert found["b"]["error"]["error"]["type"] == "invalid_request_error"
    assert found["c"]["error"]["error"]["type"] == "api_error"
    counts = looks[-1]["request_counts"]
    assert counts == {"processing": 0, "succeeded": 2, "errored": 2, "canceled": 0, "expired": 0}
    assert listed["data"][0]["id"] == name and len(server.paid) == 2


@pytest.mark.parametrize(
    ("requests", "sentence"),
    [
        ([ask("a"), ask("a")], "duplicate custom_id"),
        ([ask("a b")], "custom_id"),
        ([], "requests"),
    ],
)
def test_a_message_batch_that_is_not_valid_is_refused(requests: list[dict[str, Any]], sentence: str) -> None:
    with LoopbackServer(CLAUDE) as server:
        status, reply = batched(server, "POST", "", {"requests": requests})
    assert status == 400 and sentence in reply["error"]["message"]


def test_a_message_batch_is_canceled_or_expires() -> None:
    with LoopbackServer(CLAUDE) as server:
        server.message_batches.course = Course(polls=None)
        _, created = batched(server, "POST", "", {"requests": [ask("a"), ask("b")]})
        batched(server, path=f"/{created['id']}")
        _, canceling = batched(server, "POST", f"/{created['id']}/cancel")
        batched(server, path=f"/{created['id']}")
        assert canceling["processing_status"] == "canceling"
        canceled = outcomes(server, created["id"])
        server.message_batches.course = Course(polls=1, ends="expired")
        _, created = batched(server, "POST", "", {"requests": [ask("a")]})
        batched(server, path=f"/{created['id']}")
        assert outcomes(server, created["id"]) == {"a": {"type": "expired"}}
    assert canceled["b"] == {"type": "canceled"} and canceled["a"]["type"] == "succeeded"
    assert server.message_batches.submissions.num_twice == 1
