"""Labels follow from rollouts alone; what was not measured has none."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from datasets_registry.intervals import wilson_interval
from datasets_registry.rows.prm import StepLabels, StepRollout
from methods.prm.judge import StepVerdict
from methods.prm.labels import label_steps
from methods.prm.settings import StepRolloutSettings
from tests.methods.simulated_completer import Run, completer, solution
from tests.rows import make

PLAIN = StepRolloutSettings(
    method="exhaustive", early_stop="none", threshold=0, confirm=0, skip_accepted=False
)


def rollouts(*verdicts: str, name: str = "p1/4/4") -> list[StepRollout]:
    """Rollouts of the steps in turn: ``+`` accepted, ``-`` not, ``?`` failed; a dot begins what confirms."""
    rows = []
    for step, letters in enumerate(verdicts, 1):
        phase, sample = "probe", 0
        for letter in letters:
            if letter == ".":
                phase = "confirm"
                continue
            accepted = {"+": True, "-": False, "?": None}[letter]
            key = f"{name} {step} {sample}"
            rows.append(
                make(
                    StepRollout,
                    solution_id=name,
                    step=step,
                    sample=sample,
                    phase=phase,
                    accepted=accepted,
                    num_tokens=10,
                    completion_key=key,
                )
            )
            sample += 1
    return rows


def label(*verdicts: str, settings: StepRolloutSettings = PLAIN, accepted: bool = False) -> StepLabels:
    """The labels of a solution of four steps."""
    whole = solution(4, 4, accepted=accepted)
    (row,) = label_steps([whole], rollouts(*verdicts), "completer", settings)
    return row


def test_counts_shares_and_intervals_are_those_of_the_rollouts() -> None:
    row = label("++-?", "+---", "----")
    assert row.soft == [2 / 3, 0.25, 0.0, 0.0]
    assert (row.num_accepted, row.num_rollouts, row.num_failed) == ([2, 1, 0, 0], [3, 4, 4, 1], [1, 0, 0, 0])
    assert (row.low[1], row.high[1]) == wilson_interval(1, 4)
    assert (row.low[3], row.high[3], row.stops[3]) == (0.0, 0.0, "outcome")
    assert row.labels == [True, True, False, False] and row.first_error == 3
    assert row.num_tokens == 120 and row.exhaustive_tokens == 8 * 30


def test_another_threshold_takes_no_generation() -> None:
    verdicts = ("++++", "+---", "----")
    higher = StepRolloutSettings(early_stop="none", threshold=0.3, confirm=0, method="exhaustive")
    assert label(*verdicts).first_error == 3
    assert label(*verdicts, settings=higher).first_error == 2


@pytest.mark.parametrize(
    ("verdicts", "accepted", "implied", "first_error"),
    [
        (("", "++", ""), False, [True, None, None, None], None),
        (("", "++", "--"), False, [True, None, None, None], 3),
        (("--", "", ""), False, [None, False, False, None], 1),
        (("", "", ""), True, [True, True, True, None], 0),
        (("", "", ""), False, [None, None, None, None], None),
        (("++", "++", "++"), False, [None, None, None, None], 4),
        (("++", "--", "++"), False, [None, None, None, None], 2),
        (("--", "", "++"), False, [None, None, None, None], 1),
        (("", "--", "++"), True, [True, None, None, None], 2),
        (("++", "??", "++"), False, [None, True, None, None], 4),
    ],
)
def test_what_measured_labels_imply(
    verdicts: tuple[str, ...], accepted: bool, implied: list[bool | None], first_error: int | None
) -> None:
    row = label(*verdicts, accepted=accepted)
    assert (row.implied, row.first_error) == (implied, first_error)


def test_a_solution_without_steps_has_a_row_and_no_label() -> None:
    failed = solution(2, 3, failure="truncated")
    (row,) = label_steps([failed], [], "completer", StepRolloutSettings())
    assert row.failure == "truncated" and row.first_error is None
    assert row.labels == row.implied == [None] * 3 and row.probed == [False] * 3
    assert row.soft == row.low == [None] * 3 and row.stops == [None] * 3


CONFIRMED: list[tuple[tuple[str, ...], bool | None]] = [
    (("++", "++.++", "--.--"), True),
    (("++", "++.--", "--.--"), False),
    (("++", "++.++", "--"), False),
    (("++", "++.+", "--.??"), False),
    (("--.--", "", ""), True),
    (("++", "++", "++.++"), True),
    (("++", "++", "++.--"), False),
]


@pytest.mark.parametrize(("verdicts", "confirmed"), CONFIRMED)
def test_fresh_rollouts_of_both_sides_confirm_or_do_not(
    verdicts: tuple[str, ...], confirmed: bool | None
) -> None:
    how = StepRolloutSettings(early_stop="none", threshold=0, confirm=2)
    assert label(*verdicts, settings=how).confirmed is confirmed
    assert label(*verdicts).confirmed is None


WAYS: list[dict[str, Any]] = [
    {},
    {"method": "linear"},
    {"method": "exhaustive", "skip_accepted": False},
    {"method": "linear", "skip_accepted": False, "confirm": 0},
    {"early_stop": "first_success", "threshold": 0},
    {"early_stop": "none", "threshold": 0.3},
    {"threshold": 0.4, "max_rollouts": 16},
]


@pytest.mark.parametrize("fields", WAYS, ids=str)
@given(
    st.lists(st.integers(1, 7).flatmap(lambda k: st.tuples(st.integers(0, k), st.just(k))), max_size=3),
    st.floats(0.05, 1),
    st.floats(0, 0.3),
    st.integers(0, 9),
)
@hypothesis_settings(max_examples=12)
def test_nothing_but_what_was_measured_has_a_label(
    fields: dict[str, Any], shapes: list[tuple[int, int]], right: float, wrong: float, seed: int
) -> None:
    settings = StepRolloutSettings.model_validate(fields | {"seed": seed})
    solutions = list({each.solution_id: each for each in (solution(*shape) for shape in shapes)}.values())
    run = Run(solutions, settings, completer(right, wrong))
    for row in run.labels:
        measured = {rollout.step for rollout in run.rollouts if rollout.solution_id == row.solution_id}
        steps = range(1, len(row.completions) + 1)
        assert row.probed == [step in measured or step == len(row.completions) for step in steps]
        for place, probed in enumerate(row.probed):
            numbers = (row.soft[place], row.low[place], row.high[place], row.labels[place], row.stops[place])
            assert all((number is not None) == probed for number in numbers)
            assert (row.num_rollouts[place] > 0) == probed
            assert not (probed and row.implied[place] is not None)
            soft, low, high = numbers[:3]
            if soft is not None and low is not None and high is not None:
                assert low <= soft <= high and row.labels[place] == (soft > settings.threshold)
        known = [a if a is not None else b for a, b in zip(row.labels, row.implied, strict=True)]
        assert row.first_error is not None
        assert row.first_error == next((at for at, label in enumerate(known, 1) if label is False), 0)
    assert label_steps(solutions, run.rollouts, "completer", settings) == run.labels


def test_the_judge_agrees_or_does_not_or_says_nothing() -> None:
    solutions = [solution(error, 4) for error in (1, 2, 3, 4)]
    judged = {
        "p1/4/1": StepVerdict(1, None, "key 1"),
        "p1/4/2": StepVerdict(3, None, "key 2"),
        "p1/4/3": StepVerdict(None, "no step number: 'none'", "key 3"),
    }
    run = Run(solutions, StepRolloutSettings())
    rows = label_steps(solutions, run.rollouts, "completer", StepRolloutSettings(), judged)
    assert [row.consensus for row in rows] == [True, False, None, None]
    assert [row.judge_first_error for row in rows] == [1, 3, None, None]
    assert [row.judge_key for row in rows] == ["key 1", "key 2", "key 3", None]
    assert rows[2].judge_failure == "no step number: 'none'"


def test_the_method_says_how_steps_were_chosen_and_when_rollouts_stopped() -> None:
    assert StepRolloutSettings().rule == "bisect, interval, at most 4, confirm 6, above 0.1"
    assert PLAIN.rule == "exhaustive, 8, above 0"
