"""Pass rates of candidates and rollouts, and the problems of a band."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, cast

import pytest
from pydantic import ValidationError

from datasets_registry.errors import BadInput
from datasets_registry.rows.imported import Problem
from datasets_registry.rows.rft import Candidate
from datasets_registry.rows.rounds.rollouts import Rollout, SignalScore
from datasets_registry.rows.row import Row
from datasets_registry.rows.scored.pass_rates import PromptPassRate
from methods.method import Models
from methods.rft.rates.banded import BandedSettings, make_banded_problems
from methods.rft.rates.pass_rates import PassRateSettings, make_pass_rates
from tests.methods.graphless import MemoryInputs
from tests.rows import make

NO_MODELS = cast(Models, None)


def samples(problem: str, verdicts: Sequence[bool | None], **told: Any) -> list[Candidate]:
    """A policy's samples for a problem with these verdicts, as many as were asked for."""
    read = [verdict for verdict in verdicts if verdict is not None]
    shared = {"pass_rate": sum(read) / len(read) if read else None, "stop": "all_drawn"} | told
    return [
        make(Candidate, problem, sample=place, accepted=verdict, completion_key=f"{problem}{place}", **shared)
        for place, verdict in enumerate(verdicts)
    ]


def rates(*rows: Row, **told: Any) -> list[PromptPassRate]:
    """The rates of these candidates or rollouts."""
    roles = {kind.dataset: [row for row in rows if isinstance(row, kind)] for kind in (Candidate, Rollout)}
    return list(make_pass_rates(MemoryInputs(roles), NO_MODELS, PassRateSettings.model_validate(told)))


def test_counts_rate_and_interval_are_those_computed_by_hand() -> None:
    hinted = make(Candidate, "a", hinted=True, sample=0, accepted=True)
    (row,) = rates(*samples("a", [True, False, None, False, False]), hinted, round=2)
    assert (row.num_samples, row.num_passed, row.num_failed, row.round) == (4, 1, 1, 2)
    # Wilson for 1 of 4: (0.25 + 0.4802 ± 1.95996 · sqrt(0.046875 + 0.060018)) / 1.9604
    assert row.pass_rate == 0.25
    assert row.low == pytest.approx(0.0456, abs=1e-4) and row.high == pytest.approx(0.6994, abs=1e-4)
    assert row.place == "kept"


@pytest.mark.parametrize(
    ("passed", "number", "place"),
    [
        (0, 10, "too_hard"),
        (1, 10, "too_hard"),
        (2, 10, "kept"),
        (8, 10, "kept"),
        (9, 10, "too_easy"),
        (1, 1, "too_few"),
    ],
)
def test_a_band_keeps_both_of_its_ends(passed: int, number: int, place: str) -> None:
    verdicts = [index < passed for index in range(number)]
    assert [row.place for row in rates(*samples("a", verdicts))] == [place]


def test_without_a_band_every_problem_with_a_rate_is_kept() -> None:
    rows = [*samples("a", [False] * 4), *samples("b", [True] * 4), *samples("c", [None] * 4)]
    assert [row.place for row in rates(*rows, band="none")] == ["kept", "kept", "too_few"]


def test_samples_that_decided_when_to_stop_have_a_rate_without_bias_and_no_interval() -> None:
    stopped = samples("a", [False, False, True], stop="accepted", pass_rate=0.0)
    unknown = samples("b", [True, True], stop="distinct", pass_rate=None)
    first, second = rates(*stopped, *unknown)
    assert (first.pass_rate, first.low, first.high, first.place) == (0.0, None, None, "too_hard")
    assert (second.pass_rate, second.place) == (None, "unknown")


def test_each_policy_has_a_rate_of_its_own() -> None:
    rows = [*samples("a", [True, False], policy="one"), *samples("a", [True, True], policy="two")]
    assert [(row.policy, row.pass_rate) for row in rates(*rows)] == [("one", 0.5), ("two", 1.0)]


def test_rollouts_count_over_all_steps_by_the_verifier_alone() -> None:
    verdicts = [1.0, 0.0, 1.0, None]
    rollouts = [
        make(
            Rollout,
            "a",
            step=step,
            signals=[
                SignalScore(signal="verifier", score=score),
                SignalScore(signal="helpfulness", score=3.0),
            ],
        )
        for step, score in enumerate(verdicts, start=1)
    ]
    (row,) = rates(*rollouts)
    assert (row.num_samples, row.num_passed, row.num_failed) == (3, 2, 1)
    assert row.pass_rate == pytest.approx(2 / 3)


def banded(counted: Sequence[PromptPassRate], problems: Sequence[str], **told: Any) -> list[str]:
    """The problems that these rates keep."""
    held = make(Problem, "held", split="evaluation")
    rows: dict[str, Sequence[Row]] = {
        "problems": [*(make(Problem, problem) for problem in problems), held],
        "prompt_pass_rates": counted,
    }
    made = make_banded_problems(MemoryInputs(rows), NO_MODELS, BandedSettings.model_validate(told))
    return [problem.problem_id for problem in made]


def test_problems_in_the_band_are_kept_and_every_other_one_is_counted_with_its_reason() -> None:
    counted = rates(
        *samples("a", [True, False]),
        *samples("b", [True, True]),
        *samples("c", [False, False]),
        *samples("d", [None, True]),
        *samples("held", [True, False]),
    )
    assert banded(counted, "abcde") == ["a"]
    assert Counter(rate.place for rate in counted) == {"kept": 2, "too_easy": 1, "too_hard": 1, "too_few": 1}


def test_the_last_rounds_rate_decides() -> None:
    first = rates(*samples("a", [True, False], policy="round_01/policy"), round=1)
    second = rates(*samples("a", [True, True], policy="round_02/policy"), round=2)
    with pytest.raises(BadInput, match="none of 1 problems with a pass rate lies within the band"):
        banded([*first, *second], "a")
    assert banded([*first, *second], "a", policy="round_01/policy") == ["a"]


def test_rates_of_several_policies_need_one_that_is_named() -> None:
    counted = [
        *rates(*samples("a", [True, False], policy="one")),
        *rates(*samples("a", [True, True], policy="two")),
    ]
    with pytest.raises(BadInput, match=r"several policies \(one, two\): name one in policy"):
        banded(counted, "a")
    assert banded(counted, "a", policy="one") == ["a"]


@pytest.mark.parametrize("band", [(0.8, 0.2), (-0.1, 0.5), (0.2, 1.2)])
def test_a_band_that_is_none_is_refused(band: tuple[float, float]) -> None:
    with pytest.raises(ValidationError, match="is no range of rates"):
        PassRateSettings(band=band)
