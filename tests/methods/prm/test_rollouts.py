"""Rollouts: what each method asks for, once, in rounds, and again only what is missing."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from datasets_registry.rows.prm import Solution, StepRollout
from generation.completer import Complete, Completer
from generation.ledger.ledger import Ledger
from generation.request import Completion, Request, SamplingParams
from generation.scripted import ScriptedBackend
from methods.prm.rollouts import sample_rollouts
from methods.prm.settings import StepRolloutSettings
from tests.methods.simulated_completer import Run, completer, solution, verify

PARAMS = SamplingParams(temperature=0.7, max_tokens=64)
EXACT: dict[str, dict[str, Any]] = {
    "exhaustive": {"method": "exhaustive", "early_stop": "none", "confirm": 0},
    "linear": {"method": "linear", "early_stop": "none", "confirm": 0},
    "bisect": {"method": "bisect", "early_stop": "none", "confirm": 0},
    "default": {},
}


def settings(**fields: Any) -> StepRolloutSettings:
    """The defaults but for ``fields``."""
    return StepRolloutSettings.model_validate({"rollouts": PARAMS, **fields})


@pytest.mark.parametrize("method", EXACT)
@given(st.lists(st.integers(1, 9).flatmap(lambda k: st.tuples(st.integers(0, k), st.just(k))), max_size=4))
@hypothesis_settings(max_examples=20)
def test_with_an_exact_completer_every_method_finds_the_first_error(
    method: str, shapes: list[tuple[int, int]]
) -> None:
    solutions = list({each.solution_id: each for each in (solution(*shape) for shape in shapes)}.values())
    run = Run(solutions, settings(**EXACT[method]))
    truth = {each.solution_id: int(each.solution_id.split("/")[-1]) for each in solutions}
    assert {row.solution_id: row.first_error for row in run.labels} == truth
    assert all(row.confirmed in (None, True) for row in run.labels)


@given(st.integers(4, 12), st.integers(1, 12))
@hypothesis_settings(max_examples=20)
def test_bisecting_takes_fewest_tokens_and_measuring_every_step_the_most(steps: int, error: int) -> None:
    # alone, so that no prefix is shared, and of one number of rollouts
    plain = {"early_stop": "none", "confirm": 0, "search_rollouts": None, "skip_accepted": False}
    wrong = solution(min(error, steps), steps)
    tokens = {
        method: Run([wrong], settings(method=method, **plain)).num_tokens
        for method in ("exhaustive", "linear", "bisect")
    }
    assert tokens["exhaustive"] >= tokens["linear"] and tokens["exhaustive"] > tokens["bisect"]
    (row,) = Run([wrong], settings(method="exhaustive", **plain)).labels
    assert row.num_tokens == row.exhaustive_tokens


def test_over_all_places_of_the_error_bisecting_takes_fewer_tokens_than_going_on_from_the_first() -> None:
    plain = {"early_stop": "none", "confirm": 0, "search_rollouts": None}
    total = {
        method: sum(Run([solution(at)], settings(method=method, **plain)).num_tokens for at in range(1, 9))
        for method in ("exhaustive", "linear", "bisect")
    }
    assert total["exhaustive"] > total["linear"] > total["bisect"]


def test_accepted_solutions_get_no_rollouts_unless_asked() -> None:
    assert Run([solution(0)], settings()).rollouts == []
    measured = Run(
        [solution(0)], settings(method="exhaustive", skip_accepted=False, early_stop="none", confirm=0)
    )
    assert len(measured.rollouts) == 8 * 7


def test_solutions_with_a_failure_get_no_rollouts() -> None:
    assert Run([solution(3, failure="truncated")], settings()).rollouts == []


def test_a_request_goes_on_from_the_prefix_and_the_verifier_sees_both() -> None:
    seen: list[str] = []

    def script(request: Request) -> str:
        assert [message.role for message in request.messages] == ["system", "user", "assistant"]
        seen.append(request.messages[-1].content)
        return "4"

    how = settings(method="exhaustive", num_rollouts=1, confirm=0, system_prompt="brief")
    run = Run([solution(2, 3)], how, script)
    assert sorted(set(seen)) == ["right step 1 of 3\n", "right step 1 of 3\nwrong step 2 of 3\n"]
    assert verify(seen[0] + "4", "4").accepted and all(rollout.accepted for rollout in run.rollouts)


def test_equal_prefixes_are_asked_once_and_their_tokens_counted_once() -> None:
    how = settings(method="exhaustive", early_stop="none", confirm=0)
    # the first two steps are the same text in both
    both = [solution(3, 4), solution(4, 4)]
    run, alone = Run(both, how), [Run([each], how) for each in both]
    keys = [request.key("m") for request in run.backend.requests]
    assert len(set(keys)) == len(keys) == 8 * 4
    assert len(run.rollouts) == 8 * 6
    assert run.num_tokens == sum(
        row.num_tokens for row in {row.completion_key: row for row in run.rollouts}.values()
    )
    assert run.num_tokens < sum(each.num_tokens for each in alone)
    assert run.rollouts == sorted(
        (row for each in alone for row in each.rollouts),
        key=lambda row: (row.solution_id, row.step, row.sample),
    )


SEVERAL = [solution(error, problem=problem) for problem in ("p1", "p2") for error in (0, 1, 3, 6, 8)]


@given(st.permutations(SEVERAL))
@hypothesis_settings(max_examples=10)
def test_rows_do_not_depend_on_the_order_of_solutions(order: list[Solution]) -> None:
    script = completer(right=0.5, wrong=0.1)
    shuffled, other = Run(order, settings(), script), Run(SEVERAL, settings(), script)
    assert shuffled.rollouts == other.rollouts and shuffled.labels == other.labels


def test_a_solution_gets_the_same_rollouts_whatever_others_there_are() -> None:
    script = completer(right=0.5, wrong=0.1)
    together = Run(SEVERAL, settings(), script).rollouts
    for each in SEVERAL:
        own = [row for row in together if row.solution_id == each.solution_id]
        assert own == Run([each], settings(), script).rollouts


def test_a_round_is_one_call_for_all_solutions() -> None:
    run = Run(SEVERAL, settings())
    later = [f"rollouts, round {number}" for number in range(2, len(run.stages) + 1)]
    assert run.stages == ["rollouts", *later]
    # three probes of 1 + 1 + 2, and six fresh ones on both sides
    assert len(run.stages) <= 3 * 3 + 2 * 4


class Killed(Exception):
    """The run ended here."""


def dying(complete: Complete, rounds: int) -> Complete:
    """A completer that dies before the round after ``rounds``."""
    left = iter(range(rounds))

    def call(stage: str, requests: Sequence[Request]) -> list[Completion]:
        if next(left, None) is None:
            raise Killed
        return complete(stage, requests)

    return call


@pytest.mark.parametrize("rounds", [1, 4])
def test_a_run_that_was_killed_goes_on_and_asks_only_for_the_rest(rounds: int, tmp_path: Path) -> None:
    script = completer(right=0.9)
    whole = Run(SEVERAL, settings(), script)
    before, after = ScriptedBackend(script), ScriptedBackend(script)

    def rows(backend: ScriptedBackend, limit: int) -> list[StepRollout]:
        complete = Completer(backend, Ledger(tmp_path), asset="step_rollouts", report=lambda line: None)
        return list(sample_rollouts(SEVERAL, dying(complete, limit), "m", "completer", verify, settings()))

    with pytest.raises(Killed):
        rows(before, rounds)
    assert rows(after, 99) == whole.rollouts
    keys = [request.key("m") for request in [*before.requests, *after.requests]]
    assert len(before.requests) > 0 and len(keys) == len(set(keys)) == len(whole.backend.requests)


def test_what_was_cut_off_is_not_accepted_and_what_failed_counts_for_nothing() -> None:
    def script(request: Request) -> Completion:
        if request.sample % 2:
            return Completion(finish_reason="error", error="window")
        return Completion(text="4", finish_reason="length", num_completion_tokens=1)

    how = settings(method="exhaustive", num_rollouts=4, confirm=0)
    run = Run([solution(2, 2)], how, script)
    outcomes = [(row.accepted, row.reason, row.finish_reason) for row in run.rollouts]
    assert outcomes == [(False, "truncated", "length"), (None, "error: window", "error")] * 2
    (row,) = run.labels
    assert (row.num_accepted[0], row.num_rollouts[0], row.num_failed[0]) == (0, 2, 2)


def test_a_search_that_gets_nothing_back_is_not_decided() -> None:
    gone = Completion(finish_reason="error", error="window")
    run = Run([solution(3)], settings(), lambda request: gone)
    (row,) = run.labels
    assert row.first_error is None and row.confirmed is None and row.soft[:7] == [None] * 7
    assert sum(row.num_failed) == 4 and run.num_tokens == 0


def test_a_wrong_step_found_by_bad_luck_is_corrected_by_fresh_rollouts() -> None:
    unlucky = completer(by_step={4: 0.0})

    def script(request: Request) -> str:
        # the fourth prefix shows no success before its fifth rollout
        late = request.sample >= 4 and request.messages[-1].content.count("\n") == 4
        return completer()(request) if late else unlucky(request)

    (mended,) = Run([solution(7)], settings(), script).labels
    assert (mended.first_error, mended.confirmed) == (7, True)
    assert mended.labels[3] is True and mended.num_rollouts[3] > 4
    (missed,) = Run([solution(7)], settings(confirm=0), script).labels
    assert (missed.first_error, missed.confirmed) == (4, None)


def test_a_right_step_found_by_good_luck_is_flagged() -> None:
    def script(request: Request) -> str:
        lucky = request.sample < 2 and request.messages[-1].content.count("\n") == 4
        return "4" if lucky else completer()(request)

    (row,) = Run([solution(4)], settings(chunks=(2, 2, 4)), script).labels
    assert (row.first_error, row.confirmed) == (5, False)


def test_rollouts_stop_once_the_interval_is_off_the_threshold_and_go_on_while_it_is_not() -> None:
    how = settings(method="exhaustive", confirm=0, threshold=0.5, num_rollouts=8, max_rollouts=32)
    wrong = solution(2, 2)
    sure = Run([wrong], how, completer(right=0.95)).labels[0]
    unsure = Run([wrong], how, completer(right=0.5)).labels[0]
    assert sure.stops[0] == "interval" and sure.num_rollouts[0] < 32
    assert unsure.num_rollouts[0] > 8
    assert unsure.num_rollouts[0] == 32 or unsure.stops[0] == "interval"


def test_with_first_success_a_step_takes_no_more_than_it_needs() -> None:
    how = settings(method="exhaustive", confirm=0, threshold=0, early_stop="first_success")
    (row,) = Run([solution(3, 3)], how).labels
    assert row.num_rollouts[:2] == [1, 1] and row.stops == ["first success", "first success", "outcome"]
    (row,) = Run([solution(1, 3)], how).labels
    assert row.num_rollouts[:2] == [8, 8] and row.stops == ["planned", "planned", "outcome"]


@pytest.mark.parametrize(
    ("fields", "remedy"),
    [
        ({"early_stop": "first_success", "threshold": 0.2}, "take early_stop 'interval', or threshold 0"),
        ({"early_stop": "none", "max_rollouts": 9}, "take early_stop 'interval', or num_rollouts 9 alone"),
        ({"max_rollouts": 2}, "is less than the 4 that are planned: raise it, or leave it out"),
        ({"chunks": (2, 0)}, "must be 1 or more each: leave the others out"),
    ],
)
def test_settings_that_make_no_sense_name_the_remedy(fields: dict[str, Any], remedy: str) -> None:
    with pytest.raises(ValueError, match=remedy):
        settings(**fields)
