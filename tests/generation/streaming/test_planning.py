"""What tasks ask first is held to the budget before any of it is asked."""

from pathlib import Path

import pytest

from datasets_registry.errors import OverBudget
from generation.request import Request
from generation.scripted import ScriptedBackend
from generation.spending import NOTHING
from generation.streaming.flow import in_order
from generation.streaming.planning import allow
from generation.streaming.reading import Reading
from generation.streaming.tasks import Task
from tests.generation.streaming.test_flow import Feeding, ask, completer, drawn, tasks, tokens


def one(number: int) -> Task[None]:
    """A task of one request."""
    yield [ask(f"task {number}")]


@pytest.mark.parametrize("backend", [Feeding(tokens), ScriptedBackend(tokens)])
def test_more_than_the_budget_is_refused_before_anything_is_asked(
    tmp_path: Path, backend: ScriptedBackend
) -> None:
    list(in_order(completer(backend, tmp_path), "x", map(one, range(9)), 4))
    del backend.requests[:]
    # ten tokens each by the history, and nine are stored
    run = Reading(completer(backend, tmp_path, budget=500), lambda completion: completion)
    with pytest.raises(OverBudget, match=r"test: x needs about 510 tokens, and budget.max_tokens is 500"):
        allow(run, "x", map(one, range(60)))
    assert backend.requests == []
    assert allow(run, "x", map(one, range(59))).tokens == 500
    assert len(list(in_order(run, "x", map(one, range(59)), 4))) == 59


def test_equal_requests_and_what_others_ask_count_once(tmp_path: Path) -> None:
    complete = completer(Feeding(tokens), tmp_path)
    list(in_order(complete, "x", map(one, range(9)), 4))
    limited = completer(Feeding(tokens), tmp_path, budget=100)
    plan = allow(limited, "x", [*map(one, range(14)), *map(one, range(14))])
    assert plan.tokens == 50 and allow(limited, "x", map(one, range(9, 14)), plan).tokens == 100
    with pytest.raises(OverBudget, match="needs about 110 tokens"):
        allow(limited, "x", map(one, range(9, 15)), plan)


def test_later_steps_are_planned_as_they_are_asked(tmp_path: Path) -> None:
    backend = Feeding(tokens)
    list(in_order(completer(backend, tmp_path), "x", [drawn("history", 1)], 4))
    run = completer(backend, tmp_path, budget=200)
    allow(run, "x", tasks(8))
    with pytest.raises(OverBudget):
        list(in_order(run, "x", tasks(8), 8))
    assert 0 < run.meter.tokens <= 200


def test_without_a_budget_nothing_is_rendered(tmp_path: Path) -> None:
    def never() -> Task[None]:
        raise AssertionError("rendered")
        yield [Request(messages=ask("x").messages)]

    assert allow(completer(Feeding(tokens), tmp_path), "x", [never()]) == NOTHING
