"""What generation will cost is said before, counted while, and held to a budget."""

import time
from collections.abc import Iterator, Sequence

import pytest

from datasets_registry.errors import ModelFailed, OverBudget
from datasets_registry.state import State
from generation.completer import Completer
from generation.ledger.ledger import Ledger
from generation.progress import span
from generation.request import Completion, Request
from generation.scripted import ScriptedBackend, chosen
from generation.spending import Budget, Estimate, Meter, Price, count, dollars

PRICE = Price(prompt=1.0, cached=0.1, completion=10.0)


def spoken(_: Request) -> Completion:
    """100 prompt tokens, 40 of them cached, and 20 drawn."""
    return Completion(
        text="x", finish_reason="stop", num_prompt_tokens=100, num_cached_tokens=40, num_completion_tokens=20
    )


def ask(*texts: str, max_tokens: int = 50, choices: Sequence[str] = ()) -> list[Request]:
    """One request per text."""
    return [
        Request.model_validate(
            {
                "messages": [{"role": "user", "content": text}],
                "params": {"max_tokens": max_tokens},
                "choices": choices,
            }
        )
        for text in texts
    ]


@pytest.fixture
def ledger(state: State) -> Ledger:
    """An empty ledger."""
    return Ledger(state.ledger)


def completer(
    ledger: Ledger,
    backend: ScriptedBackend,
    lines: list[str],
    asset: str = "a",
    max_tokens: int | None = None,
    max_usd: float | None = None,
) -> Completer:
    """The backend behind the ledger, at ``PRICE`` and within a budget."""
    meter = Meter(PRICE, Budget(max_tokens=max_tokens, max_usd=max_usd))
    return Completer(backend, ledger, asset=asset, report=lines.append, meter=meter)


def test_a_price_counts_cached_tokens_apart_and_as_prompt_tokens_where_it_names_none() -> None:
    assert PRICE.usd(100, 40, 20) == pytest.approx((60 * 1.0 + 40 * 0.1 + 20 * 10.0) / 1e6)
    assert Price(prompt=2.0).usd(100, 40, 20) == pytest.approx(200 / 1e6)
    assert Price().usd(100, 40, 20) == 0


def test_what_was_spent_is_in_the_ledger(ledger: Ledger) -> None:
    completer(ledger, ScriptedBackend(spoken), [])("x", ask(*map(str, range(1000))))
    (row,) = ledger.stats()
    tokens = [row[name] for name in ("prompt_tokens", "cached_tokens", "completion_tokens")]
    assert tokens == [100_000, 40_000, 20_000]
    assert row["usd"] == pytest.approx(0.264) and row["seconds"] >= 0


def test_without_history_the_plan_is_the_limit_and_the_time_is_unknown(ledger: Ledger) -> None:
    lines: list[str] = []
    completer(ledger, ScriptedBackend(spoken), lines)("x", ask("four" * 10, "b"))
    assert lines[0] == "a: x: 0 of 2 found; 2 to generate; up to about 110 tokens, under $0.01, time unknown"


def test_the_plan_is_made_from_the_history_of_this_model_and_asset(ledger: Ledger) -> None:
    lines: list[str] = []
    backend = ScriptedBackend(spoken)
    completer(ledger, backend, [])("x", ask("a", "b"))
    completer(ledger, ScriptedBackend(lambda _: "other words", model="other"), [])("x", ask("a", "b"))
    completer(ledger, ScriptedBackend(lambda _: "a few more words"), [], "b")("x", ask("c", "d"))
    run = completer(ledger, backend, lines)
    run("x", ask("a", "b", *map(str, range(998))))
    assert lines[0].startswith("a: x: 2 of 1,000 found; 998 to generate; about 120 k tokens, $0.26, ")
    assert "unknown" not in lines[0]
    assert (run.num_found, run.num_generated) == (2, 998)
    run("x", ask("new", max_tokens=5))
    assert "about 105 tokens" in lines[-2]
    run("x", ask("new", max_tokens=5))
    assert lines[-1] == "a: x: 1 of 1 found; nothing to generate"


def test_another_asset_learns_from_the_model_and_another_backend_knows_no_time(ledger: Ledger) -> None:
    lines: list[str] = []
    completer(ledger, ScriptedBackend(spoken), [])("x", ask("a"))
    completer(ledger, ScriptedBackend(spoken, name="faster"), lines, "b")("x", ask("c"))
    assert "about 120 tokens" in lines[0] and "time unknown" in lines[0]


def test_choices_draw_nothing_and_have_a_history_of_their_own(ledger: Ledger) -> None:
    lines: list[str] = []
    completer(ledger, ScriptedBackend(spoken), [])("x", ask("a"))
    backend = ScriptedBackend(lambda _: chosen(0.5, 0.5))
    completer(ledger, backend, lines)("x", ask("four" * 10, choices=["A", "B"]))
    assert "; about 10 tokens" in lines[0] and "time unknown" in lines[0]


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ((1_000, None), r"up to about 5.0 k tokens, and budget.max_tokens is 1.0 k tokens: raise"),
        ((None, 0.01), r"up to about \$0.05, and budget.max_usd is \$0.01: raise budget.max_usd"),
    ],
)
def test_a_plan_over_the_budget_is_refused_before_anything_is_asked(
    ledger: Ledger, limits: tuple[int | None, float | None], message: str
) -> None:
    backend = ScriptedBackend(spoken)
    with pytest.raises(OverBudget, match=message):
        completer(ledger, backend, [], "a", *limits)("x", ask(*map(str, range(100))))
    assert backend.requests == [] and ledger.stats() == []


def test_a_budget_counts_what_earlier_stages_of_the_run_spent(ledger: Ledger) -> None:
    run = completer(ledger, ScriptedBackend(spoken), [], max_tokens=1_000)
    run("x", ask(*map(str, range(5))))
    with pytest.raises(OverBudget, match="about 600 tokens after 600 tokens spent"):
        run("y", ask(*map(str, range(10, 15))))
    run("y", ask("10", "11", "12"))


def test_a_run_that_turns_out_dearer_stops_with_everything_saved(ledger: Ledger) -> None:
    run = completer(ledger, ScriptedBackend(spoken), [], max_tokens=300)
    with pytest.raises(OverBudget, match="spent 360 tokens and budget.max_tokens is 300 tokens, with 1 comp"):
        run("x", ask("a", "b", "c", "d", max_tokens=20))
    assert ledger.stats()[0]["completions"] == 3


def test_a_budget_reached_by_the_last_completion_is_no_failure(ledger: Ledger) -> None:
    run = completer(ledger, ScriptedBackend(spoken), [], max_tokens=100)
    assert len(run("x", ask("a", max_tokens=20))) == 1


def test_what_is_found_costs_nothing(ledger: Ledger) -> None:
    completer(ledger, ScriptedBackend(spoken), [])("x", ask("a"))
    assert completer(ledger, ScriptedBackend(spoken), [], max_tokens=0)("x", ask("a"))[0].text == "x"


def test_a_backend_that_answers_too_little_is_an_error_and_not_a_loop(ledger: Ledger) -> None:
    class Silent(ScriptedBackend):
        def complete(self, requests: Sequence[Request]) -> Iterator[tuple[int, Completion]]:
            yield from super().complete(requests[:1])

    with pytest.raises(ModelFailed, match="answered 1 of 2 requests"):
        completer(ledger, Silent(spoken), [])("x", ask("a", "b"))
    assert ledger.stats()[0]["completions"] == 1


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (count(850), "850"),
        (count(2_400), "2.4 k"),
        (count(24_000), "24 k"),
        (count(1.3e6), "1.3 M"),
        (dollars(0), "$0.00"),
        (dollars(0.001), "under $0.01"),
        (dollars(1234.5), "$1,234.50"),
        (span(20), "20 s"),
        (span(200), "3.3 min"),
        (span(720), "12 min"),
        (span(7_200), "2.0 h"),
        (str(Estimate(24_000, 0, 180, False)), "about 24 k tokens, 3.0 min"),
        (str(Estimate(24_000, 0.02, None, True)), "up to about 24 k tokens, $0.02, time unknown"),
    ],
)
def test_figures_are_said_as_people_say_them(said: str, expected: str) -> None:
    assert said == expected


class Several(ScriptedBackend):
    """So many engines side by side."""

    replicas = 4


def test_seconds_are_stored_of_one_engine_and_planned_for_as_many_as_there_are(ledger: Ledger) -> None:
    def slowly(request: Request) -> Completion:
        time.sleep(0.05)
        return spoken(request)

    completer(ledger, Several(slowly), [])("x", ask("a", "b", "c", "d"))
    (row,) = ledger.stats()
    assert 4 * 0.2 <= row["seconds"] < 4 * 2
    requests = {str(place): request for place, request in enumerate(ask("e", "f"))}
    one, four = (
        completer(ledger, backend, []).estimate(requests, PRICE).seconds
        for backend in (ScriptedBackend(spoken), Several(spoken))
    )
    assert (
        one is not None
        and four == pytest.approx(one / 4)
        and one == pytest.approx(row["seconds"] / 2, abs=0.1)
    )
