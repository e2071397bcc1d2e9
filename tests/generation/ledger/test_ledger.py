"""A completion is stored once, found by its key, and survives what interrupts its run."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from benchmarks.ledger import SAMPLES, edited, fill, key
from datasets_registry.state import REPOSITORY, State
from generation.completer import Completer
from generation.ledger.compaction import compact
from generation.ledger.ledger import Ledger, Origin, Writer
from generation.request import Completion, Message, Request, SamplingParams
from generation.scripted import ScriptedBackend, chosen, likely


def ask(text: str, **fields: object) -> Request:
    """A one-turn request."""
    return Request.model_validate({"messages": [{"role": "user", "content": text}], **fields})


@pytest.fixture
def ledger(state: State) -> Ledger:
    """An empty ledger."""
    return Ledger(state.ledger)


def completer(ledger: Ledger, backend: ScriptedBackend, lines: list[str] | None = None) -> Completer:
    """The backend behind the ledger."""
    told = lines if lines is not None else []
    return Completer(backend, ledger, asset="test", report=told.append)


def test_what_is_stored_is_found_and_not_generated_again(ledger: Ledger) -> None:
    first, second = (ScriptedBackend(lambda request: request.messages[-1].content.upper()) for _ in range(2))
    requests = [ask("a"), ask("b"), ask("a")]
    assert [completion.text for completion in completer(ledger, first)("x", requests)] == ["A", "B", "A"]
    assert len(first.requests) == 2
    again = completer(ledger, second)
    assert [completion.text for completion in again("x", [*requests, ask("c")])] == ["A", "B", "A", "C"]
    assert [request.messages[-1].content for request in second.requests] == ["c"]
    assert (again.num_found, again.num_generated) == (2, 1)


def test_of_many_prompts_with_one_edited_exactly_that_ones_samples_are_generated() -> None:
    figure = edited(200)
    assert figure.value == SAMPLES and figure.holds


def test_many_keys_are_looked_up_in_plain_and_in_merged_segments(ledger: Ledger) -> None:
    fill(ledger.folder, 2_000)
    for _ in range(2):
        found = ledger.find([key(number) for number in range(1_500)] + [key(-1)])
        assert found.keys() == {key(number) for number in range(1_500)}
        assert all(len(completion.text) == 300 for completion in found.values())
        compact(ledger)
    assert len(ledger.segments()) == 1


def test_a_run_that_leaves_many_segments_merges_them(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("generation.ledger.compaction.MANY_SEGMENTS", 3)
    run = completer(ledger, ScriptedBackend(lambda _: "one"))
    for number, left in enumerate([1, 2, 1, 2]):
        run("x", [ask(str(number))])
        assert len(ledger.segments()) == left
    assert ledger.stats()[0]["completions"] == 4


def test_another_backend_of_the_same_model_finds_the_same_completions(ledger: Ledger) -> None:
    completer(ledger, ScriptedBackend(lambda _: "one", name="transformers"))("x", [ask("a")])
    other = ScriptedBackend(lambda _: "two", name="vllm")
    assert [completion.text for completion in completer(ledger, other)("x", [ask("a")])] == ["one"]
    assert other.requests == []


def test_a_failure_is_a_row_with_its_reason_and_is_tried_again(ledger: Ledger, state: State) -> None:
    broken = Completion(finish_reason="error", error="window exceeded")
    found = completer(ledger, ScriptedBackend(lambda _: broken))("x", [ask("a")])
    assert found[0].error == "window exceeded"
    assert ledger.stats()[0]["failures"] == 1
    assert completer(ledger, ScriptedBackend(lambda _: "fine"))("x", [ask("a")])[0].text == "fine"
    assert ledger.find([ask("a").key(ScriptedBackend(lambda _: "").fingerprint)])


def test_choice_probabilities_come_back_as_they_were(ledger: Ledger) -> None:
    request = ask("a", choices=["A", "B"])
    first = completer(ledger, ScriptedBackend(lambda _: chosen(0.25, 0.5)))("x", [request])
    again = completer(ledger, ScriptedBackend(lambda _: chosen(0.9, 0.1)))("x", [request])
    assert again == first
    assert again[0].choice_probabilities == (0.25, 0.5) and again[0].outside_probability == 0.25


def test_the_likelihood_of_a_text_comes_back_as_it_was(ledger: Ledger) -> None:
    request = ask("a", continuation="b c")
    first = completer(ledger, ScriptedBackend(lambda _: likely(-1.5, 2, greedy=False)))("x", [request])
    other = ScriptedBackend(lambda _: likely(-9.0, 2, greedy=True))
    again = completer(ledger, other)("x", [request, ask("a", continuation="d")])
    assert again[0] == first[0] == likely(-1.5, 2, greedy=False)
    assert again[1].continuation_is_greedy and len(other.requests) == 1
    compact(ledger)
    assert completer(ledger, other)("x", [request]) == first


def test_what_a_conversation_carries_is_stored_where_it_is_set(ledger: Ledger) -> None:
    requests = [ask("a"), ask("a", tools=[{"name": "add"}], continuation="b")]
    completer(ledger, ScriptedBackend(lambda _: Completion(finish_reason="stop")))("x", requests)
    stored = [row["request"] for row in ledger.ask("SELECT request FROM completions")]
    assert {Request.model_validate_json(text) for text in stored} == set(requests)
    (plain,) = [text for text in stored if "add" not in text]
    assert json.loads(plain)["messages"] == [{"role": "user", "content": "a"}]
    assert json.loads(plain).keys() == {"messages", "params", "seed", "sample", "choices"}


def test_a_run_that_breaks_keeps_what_was_finished(ledger: Ledger) -> None:
    class Breaking(ScriptedBackend):
        def complete(self, requests: object) -> Iterator[tuple[int, Completion]]:
            yield 1, Completion(text="saved", finish_reason="stop")
            raise RuntimeError("engine died")

    with pytest.raises(RuntimeError, match="engine died"):
        completer(ledger, Breaking(lambda _: ""))("x", [ask("a"), ask("b")])
    saved = ask("b").key(ScriptedBackend(lambda _: "").fingerprint)
    assert ledger.find([saved])[saved].text == "saved"


def test_progress_says_how_many_of_how_many_and_how_fast(ledger: Ledger) -> None:
    lines: list[str] = []
    completer(ledger, ScriptedBackend(lambda _: "two words"), lines)("answers", [ask("a"), ask("b")])
    assert lines[0] == "test: answers: 0 of 2 found; 2 to generate; up to about 512 tokens, time unknown"
    assert "2/2" in lines[-1] and "tokens/s" in lines[-1] and "took" in lines[-1]


def test_a_background_flush_that_fails_stops_the_run(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("generation.ledger.ledger.FLUSH_SECONDS", 0.01)
    (ledger.folder).rename(ledger.folder.with_name("moved"))
    ledger.folder.write_text("a file where the ledger was")
    completion = Completion(text="a", finish_reason="stop")
    with (
        pytest.raises(Exception, match="cannot write state"),
        Writer(ledger, Origin("m", "b", "a")) as writer,
    ):
        for number in range(200):
            writer.add(str(number), ask(str(number)), completion)
            time.sleep(0.01)


KILLED = """
import sys, time
from pathlib import Path
from generation.ledger import ledger as ledger_module
from generation.completer import Completer
from generation.ledger.ledger import Ledger
from generation.request import Message, Request
from generation.scripted import ScriptedBackend
ledger_module.FLUSH_SECONDS = 0.2
def slowly(request):
    time.sleep(0.02)
    return request.messages[-1].content
requests = [Request(messages=(Message(role="user", content=str(n)),)) for n in range(200)]
Completer(ScriptedBackend(slowly), Ledger(Path(sys.argv[1])), asset="x", report=print)("x", requests)
"""


def test_kill_9_loses_nothing_that_was_flushed_and_nothing_is_generated_twice(ledger: Ledger) -> None:
    for _ in range(2):
        process = subprocess.Popen([sys.executable, "-c", KILLED, str(ledger.folder)], cwd=REPOSITORY)
        deadline = time.monotonic() + 60
        before = len(list(ledger.folder.glob("[0-9]*.parquet")))
        while len(list(ledger.folder.glob("[0-9]*.parquet"))) < before + 3 and time.monotonic() < deadline:
            time.sleep(0.02)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    backend = ScriptedBackend(lambda request: request.messages[-1].content)
    requests = [Request(messages=(Message(role="user", content=str(n)),)) for n in range(200)]
    stored = set(ledger.find([request.key(backend.fingerprint) for request in requests]))
    assert 0 < len(stored) < 200
    completions = completer(ledger, backend)("x", requests)
    assert [completion.text for completion in completions] == [str(n) for n in range(200)]
    assert len(backend.requests) == 200 - len(stored)
    (count, distinct) = duckdb.sql(
        f"SELECT count(*), count(DISTINCT key) FROM read_parquet('{ledger.folder}/[0-9]*.parquet')"
    ).fetchall()[0]
    assert count == distinct == 200


def test_stats_of_an_empty_ledger_are_empty(tmp_path: Path) -> None:
    assert Ledger(tmp_path).stats() == []
    assert Ledger(tmp_path).find(["x"]) == {}


def test_params_are_validated() -> None:
    with pytest.raises(ValueError, match="temperature"):
        SamplingParams(temperature=-1)
    with pytest.raises(ValueError, match="role"):
        Message.model_validate({"role": "narrator", "content": ""})
