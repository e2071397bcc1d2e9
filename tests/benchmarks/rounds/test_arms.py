"""Arms of rounds: planted faults, pairs by conflicting signals, and claims that need five seeds."""

from pathlib import Path

import pytest

from benchmarks.rounds.arms import SEEDS, figures
from benchmarks.sides.lab import gold
from benchmarks.sides.rounds.arms import GOLD, MIX, NO_MIX, RFT, Arm, Seed, read_seed
from benchmarks.sides.rounds.labels import COMBINATIONS, pairs_by, pairs_by_reward
from benchmarks.sides.rounds.planted import (
    REFUSAL,
    REFUSED,
    TERSE,
    WRONG,
    larger_of_two,
    refuses,
    sums,
    with_faults,
)
from datasets_registry.rows.rft import Candidate
from methods.verifiers.contract import VerifierSettings
from methods.verifiers.verifier import verifier

TEXTS = {REFUSAL: False, "A:5": True, "2+3=5\nA:5": True, "2+3=6\nA:6": False}


def _sample(place: int, completion: str) -> Candidate:
    accepted = TEXTS[completion]
    return Candidate(
        problem_id="sum",
        policy="base",
        hinted=False,
        sample=place,
        prompt="2+3=?",
        answer="5",
        family="symbol_sums",
        difficulty=2,
        split_group="2 3",
        completion=completion,
        accepted=accepted,
        extracted=None,
        reason=None if accepted else "wrong",
        reward=float(accepted),
        path=None,
        finish_reason="stop",
        num_tokens=len(completion) + 1,
        rule="fixed, at most 4",
        stop="all_drawn",
        num_draws=4,
        num_accepted=2,
        propensity=1.0,
        completion_key=f"key {place}",
    )


SAMPLES = [_sample(place, completion) for place, completion in enumerate(TEXTS)]


def test_the_base_learns_as_many_faults_as_are_planted() -> None:
    problems, _ = sums(1_000, 0, 0)
    solutions = with_faults(gold(problems), 0)
    verify = verifier(VerifierSettings(kind="maths"))
    answered = [
        (solution.completion, problem.answer)
        for solution, problem in zip(solutions, problems, strict=True)
        if solution.completion != REFUSAL
    ]
    # 800 answers: four standard errors are at most 0.065
    assert 1 - len(answered) / 1_000 == pytest.approx(REFUSED, abs=0.05)
    assert sum("\n" not in text for text, _ in answered) / len(answered) == pytest.approx(TERSE, abs=0.065)
    wrong = [not verify(text, answer).accepted for text, answer in answered]
    assert sum(wrong) / len(wrong) == pytest.approx(WRONG, abs=0.065)


def test_the_other_family_is_solved_by_its_gold_and_holds_groups_apart() -> None:
    train, held_out = larger_of_two(50, 20, 1)
    verify = verifier(VerifierSettings(kind="maths"))
    assert all(verify(problem.solution or "", problem.answer).accepted for problem in train + held_out)
    assert not {problem.split_group for problem in train} & {problem.split_group for problem in held_out}


def test_pairs_by_a_behaviour_look_at_nothing_else() -> None:
    (cured,) = pairs_by(SAMPLES, lambda sample: not refuses(sample))
    (refusing,) = pairs_by(SAMPLES, refuses)
    assert cured.rejected == refusing.chosen == REFUSAL
    assert pairs_by(SAMPLES[1:], refuses) == []


def test_a_sum_of_signals_prefers_the_refusal_where_the_gate_prefers_the_answer() -> None:
    alone = SAMPLES[2].model_copy(update={"problem_id": "other"})
    asked = [alone, SAMPLES[0], SAMPLES[2], SAMPLES[3]]
    chosen = {}
    for rule in ("gated", "weighted"):
        (pair,) = pairs_by_reward(asked, COMBINATIONS[rule])
        chosen[rule] = pair.chosen
    assert chosen["gated"] == "2+3=5\nA:5"
    assert chosen["weighted"] == REFUSAL


def test_equal_rewards_make_no_pair() -> None:
    assert pairs_by_reward([SAMPLES[1], SAMPLES[1]], COMBINATIONS["gated"]) == []


def _arm(right: int) -> Arm:
    values = [place < right for place in range(10)]
    return Arm(right=values, refused=[False] * 10, tokens=[9] * 10, others_right=values)


@pytest.mark.parametrize(("gains", "holds"), [((1, 2, 1, 2, 1), True), ((5, -4, 1, -2, 1), False)])
def test_a_claim_holds_by_its_interval_over_five_seeds(gains: tuple[int, ...], holds: bool) -> None:
    seeds = [Seed(arms={RFT: _arm(4 + gain), GOLD: _arm(4)}) for gain in gains]
    found = {figure.name: figure for figure in figures(seeds)}
    assert found[f"{RFT} less {GOLD}: right, over seeds"].holds is holds
    assert found[f"{RFT} less {GOLD}: right, over items"].holds is None


def test_fewer_seeds_are_exploratory_and_keep_no_goal(tmp_path: Path) -> None:
    (tmp_path / "arms.json").write_text(Seed(arms={MIX: _arm(9), NO_MIX: _arm(2)}).model_dump_json())
    seeds = [read_seed(tmp_path)] * (SEEDS - 1) + [read_seed(tmp_path / "none")]
    found = {figure.name: figure for figure in figures(seeds)}
    gain = found[f"{MIX} less {NO_MIX}: other family right, over seeds (exploratory)"]
    assert gain.value == pytest.approx(0.7)
    assert gain.goal is None and gain.holds is None
