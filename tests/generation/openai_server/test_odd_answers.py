"""One odd answer is one failed row at most: what it was flushed with stays, and so do its neighbours."""

import math
from pathlib import Path
from typing import Any

import pytest

from generation.completer import Completer
from generation.ledger.ledger import Ledger
from generation.request import Completion, Request
from generation.scripted import ScriptedBackend, chosen, likely
from tests.generation.misbehaving_server import Answer, Call, refused, spoken
from tests.generation.serving import QUICK, ask, echo, finished, serving

USAGES: list[Any] = [
    None,
    {},
    [],
    "many",
    {"prompt_tokens": None, "completion_tokens": None, "prompt_tokens_details": None},
    {"prompt_tokens": "x", "completion_tokens": [], "prompt_tokens_details": {"cached_tokens": None}},
    {"prompt_tokens": -7, "completion_tokens": 10**40},
    {"prompt_tokens": 1.5, "completion_tokens": math.nan},
]


def completed(folder: Path, backend: Any, requests: list[Request]) -> list[Completion]:
    """The completions, which the ledger has too, each once."""
    ledger = Ledger(folder / "ledger")
    completions = Completer(backend, ledger, asset="a", report=lambda line: None)("x", requests)
    assert sum(row["completions"] + row["failures"] for row in ledger.stats()) == len(requests)
    return completions


@pytest.mark.parametrize("usage", USAGES, ids=str)
def test_a_good_answer_is_kept_and_not_asked_for_again_because_of_a_count(usage: Any, tmp_path: Path) -> None:
    with serving(lambda call: Answer(spoken("good") | {"usage": usage}), tmp_path) as (server, backend):
        (completion,) = completed(tmp_path, backend, [ask("hi")])
    assert (completion.text, completion.error, len(server.calls)) == ("good", None, 1)
    assert (completion.num_prompt_tokens, completion.num_completion_tokens) == (0, 0)


def message(**fields: Any) -> dict[str, Any]:
    """An answer with that message."""
    reply = spoken("good")
    reply["choices"][0]["message"] |= fields
    return reply


ODD: list[tuple[dict[str, Any], str]] = [
    (message(content="half \ud83d of a pair"), "lone surrogate (U+D83D)"),
    (message(reasoning="half \ud83d of a pair"), "lone surrogate (U+D83D)"),
    (message(content=["parts"]), "answered with ['parts'] in place of a text"),
    (message(content=7), "answered with 7 in place of a text"),
    (message(tool_calls={"id": 1}), "answered with a tool call"),
    (spoken("text", finish=None), "finish_reason None"),
    (spoken("text", finish="\ud83d\x1b[31m"), "finish_reason '\\ud83d\\x1b[31m'"),
    (spoken("text", finish="x" * 9999), "finish_reason 'xxx"),
    (spoken("text") | {"choices": []}, "no choices (after 6 attempts)"),
]
ODD += [
    (spoken("text") | {"choices": [spoken("text")["choices"][0] | {"finish_reason": odd}]}, "finish_reason")
    for odd in (7, {"why": 1}, ["stop"], True)
]


@pytest.mark.parametrize(("reply", "reason"), ODD, ids=[reason for _, reason in ODD])
def test_an_odd_answer_is_one_failed_row_with_its_reason(
    reply: dict[str, Any], reason: str, tmp_path: Path
) -> None:
    def answer(call: Call) -> Answer:
        return Answer(reply) if call.prompt == "odd" else echo(call)

    with serving(answer, tmp_path) as (_, backend):
        before, odd, after = completed(tmp_path, backend, [ask("before"), ask("odd"), ask("after")])
    assert (before.text, after.text) == ("re: before", "re: after")
    assert odd.text == "" and odd.finish_reason == "error" and reason in str(odd.error)
    assert len(str(odd.error)) <= 520


def test_a_server_that_is_well_is_not_down_for_many_answers_without_choices(tmp_path: Path) -> None:
    with serving(lambda call: Answer(spoken("text") | {"choices": []}), tmp_path) as (_, backend):
        rows = finished(backend, [ask(str(number)) for number in range(2 * QUICK.rounds)])
    assert all("no choices" in str(row.error) for row in rows)


NULLS: list[Any] = [
    None,
    {},
    {"content": None},
    {"content": []},
    {"content": [{"token": " A", "logprob": None, "top_logprobs": None}]},
    {"content": [{"token": " A", "logprob": "x", "top_logprobs": [{"token": " A", "logprob": None}]}]},
    {"content": [{"token": None}]},
    {"content": [{"token": " A", "logprob": math.nan, "top_logprobs": []}]},
]


@pytest.mark.parametrize("logprobs", NULLS, ids=str)
def test_log_probabilities_that_are_none_are_a_failed_row_and_asked_for_once(
    logprobs: Any, tmp_path: Path
) -> None:
    with serving(lambda call: Answer(spoken(" A", logprobs=logprobs)), tmp_path) as (server, backend):
        (completion,) = completed(tmp_path, backend, [ask("A or B?", choices=(" A", " B"))])
    assert completion.finish_reason == "error" and completion.choice_probabilities is None
    assert "probabilit" in str(completion.error) and len(server.calls) == 1


def test_one_null_among_log_probabilities_leaves_the_others(tmp_path: Path) -> None:
    known = [{"token": token, "logprob": math.log(share)} for token, share in ((" A", 0.75), (" B", 0.2))]
    top = [known[0], {"token": "x", "logprob": None}, known[1]]
    content = [{"token": " A", "logprob": math.log(0.75), "top_logprobs": top}]
    with serving(lambda call: Answer(spoken(" A", logprobs={"content": content})), tmp_path) as (_, backend):
        (completion,) = completed(tmp_path, backend, [ask("A or B?", choices=(" A", " B"))])
    assert completion.choice_probabilities == pytest.approx((0.75, 0.2))


UNSOUND = {
    "lone surrogate": Completion(text="\udc00", finish_reason="stop"),
    "is nan": chosen(math.nan, 0.5),
    "is 7.0": chosen(7.0, 0.5),
    "continuation is nan": likely(math.nan, 2, greedy=False),
    "\\ud800": Completion(finish_reason="error", error="because \ud800"),
}


@pytest.mark.parametrize("reason", UNSOUND)
def test_an_unsound_answer_of_any_backend_fails_alone(reason: str, tmp_path: Path) -> None:
    backend = ScriptedBackend(lambda request: UNSOUND.get(request.messages[0].content, "good"))
    first, odd, last = completed(tmp_path, backend, [ask("first"), ask(reason), ask("last")])
    assert (first.text, last.text) == ("good", "good")
    assert odd.finish_reason == "error" and reason in str(odd.error)


def test_an_odd_count_of_any_backend_is_none(tmp_path: Path) -> None:
    odd = Completion(text="good", finish_reason="stop", num_prompt_tokens=-1, num_completion_tokens=2**63)
    (completion,) = completed(tmp_path, ScriptedBackend(lambda request: odd), [ask("x")])
    assert (completion.text, completion.num_prompt_tokens, completion.num_completion_tokens) == ("good", 0, 0)


OLD_NAME = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."


def test_a_server_that_wants_another_name_of_the_limit_is_asked_by_it_and_remembered(tmp_path: Path) -> None:
    def answer(call: Call) -> Answer:
        return refused(400, OLD_NAME) if "max_tokens" in call.body else echo(call)

    requests = [ask(str(number), max_tokens=9) for number in range(3)]
    with serving(answer, tmp_path, max_concurrency=1) as (server, backend):
        for row in (*completed(tmp_path, backend, requests[:2]), *finished(backend, requests[2:])):
            assert row.error is None
    names = [[name for name in call.body if name.startswith("max_")] for call in server.calls]
    assert names == [["max_tokens"], *[["max_completion_tokens"]] * 3]
    assert all(call.body.get("max_completion_tokens", 9) == 9 for call in server.calls)


def test_a_refusal_that_names_both_and_means_the_number_changes_no_name(tmp_path: Path) -> None:
    window = "'max_tokens' or 'max_completion_tokens' is too large: the maximum context length is 8 tokens"

    def answer(call: Call) -> Answer:
        return refused(400, window) if call.prompt == "long" else echo(call)

    with serving(answer, tmp_path, max_concurrency=1) as (server, backend):
        long, short = finished(backend, [ask("long"), ask("short")])
    assert "exceed the window" in str(long.error) and short.error is None
    assert "max_tokens" in server.calls[-1].body
