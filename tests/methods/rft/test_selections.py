"""Selections: distinct paths, the tie-break, top k, gold and rationalised ones; pairs of right and wrong."""

import random
from typing import Any

from datasets_registry.rows.rft import Candidate, GoldSolution
from generation.scripted import completing
from methods.rft.candidates import CandidateSettings
from methods.rft.sampling import sample_candidates
from methods.rft.selections import SelectionSettings, distinct, select
from methods.rft.stopping import StoppingRule
from methods.rft.verified_pairs import VerifiedPairSettings, verified_pairs
from tests.methods.solving import same_last_line, solving, sums
from tests.rows import make

ALONE = SelectionSettings(with_gold=False)


def pool(rate: float = 0.5) -> list[Candidate]:
    """Samples for 20 sums."""
    settings = CandidateSettings(rule=StoppingRule(max_draws=8))
    rows = sample_candidates(sums(20), completing(solving(rate)), "m", "lab_policy", same_last_line, settings)
    return sorted(rows, key=lambda row: (row.problem_id, row.sample))


def sample(text: str, path: str | None, key: str, **fields: Any) -> Candidate:
    """An accepted sample."""
    return make(Candidate, completion=text, path=path, completion_key=key, **fields)


def test_what_is_kept_is_accepted_and_on_its_own_path() -> None:
    rows = pool()
    kept = list(select(rows, [], ALONE))
    accepted = {(row.problem_id, row.completion) for row in rows if row.accepted}
    assert {(row.problem_id, row.completion) for row in kept} == accepted
    assert len({(row.problem_id, row.path) for row in kept}) == len(kept)
    assert max(row.rank for row in kept) == 2
    rates = {row.problem_id: row.num_accepted / 8 for row in rows}
    assert all(row.pass_rate == rates[row.problem_id] and row.num_draws == 8 for row in kept)


def test_the_order_of_samples_decides_nothing() -> None:
    rows, turn = pool(), random.Random(0)
    expected = list(select(rows, [], ALONE))
    turn.shuffle(rows)
    assert list(select(sorted(rows, key=lambda row: row.problem_id), [], ALONE)) == expected


def test_of_equal_paths_the_one_farther_from_the_rest_stays() -> None:
    rows = [
        sample("so 2+2=4", "2+2=4", "1"),
        sample("now, adding up, one finds that 2+2=4", "2+2=4", "2"),
        sample("so 1+3=4", "1+3=4", "3"),
    ]
    for order in (rows, rows[::-1]):
        assert {row.completion_key for row in distinct(order, ALONE)} == {"2", "3"}


def test_the_best_of_a_path_and_the_best_paths_stay() -> None:
    rows = [sample(f"{n}+0=4", f"{n}", str(n), reward=float(n % 5)) for n in range(10)]
    rows.append(sample("9+0=4.", "9", "low", reward=0.5))
    kept = list(select(rows, [], SelectionSettings(with_gold=False, top_k=3, check_equations=False)))
    assert [row.reward for row in kept] == [4.0, 4.0, 3.0]
    assert "low" not in {row.completion_key for row in kept}
    above = SelectionSettings(with_gold=False, top_k=None, min_reward=3.0, check_equations=False)
    assert sorted(row.reward or 0 for row in select(rows, [], above)) == [3.0, 3.0, 4.0, 4.0]


def test_wrong_equations_and_cut_samples_teach_nothing() -> None:
    rows = [sample("2+2=5\nA:4", "2+2=5", "1"), sample("2+2=4", "2+2=4", "2", finish_reason="length")]
    assert list(select(rows, [], ALONE)) == []
    loose = SelectionSettings(with_gold=False, check_equations=False)
    assert [row.completion_key for row in select(rows, [], loose)] == ["1"]


def test_hinted_samples_count_only_where_nothing_else_is_accepted() -> None:
    failed = sample("A:5", None, "w", accepted=False, reason="5 is not 4", pass_rate=0.0)
    hinted = sample("2+2=4\nA:4", "2+2=4", "h", hinted=True)
    revealing = sample("Given that the answer is 4, 2+2=4", "2+2=4", "t", hinted=True, sample=1)
    (row,) = select([failed, hinted, revealing], [], ALONE)
    assert (row.kind, row.completion_key, row.pass_rate, row.num_draws) == ("rationalised", "h", 0.0, 1)
    assert [row.kind for row in select([sample("3+1=4", "3+1=4", "r"), hinted], [], ALONE)] == ["sampled"]
    assert list(select([failed, hinted], [], ALONE.model_copy(update={"with_rationalised": False}))) == []


def test_samples_of_several_samplers_are_one_pool_and_gold_joins() -> None:
    rows = [sample("2+2=4", "2+2=4", "1"), sample("1+3=4", "1+3=4", "2", policy="rft_policy")]
    kept = list(select(rows, [make(GoldSolution)], SelectionSettings()))
    assert sorted((row.rank, row.kind, row.policy) for row in kept if row.rank) == [
        (1, "sampled", kept[1].policy),
        (2, "sampled", kept[2].policy),
    ]
    assert {row.policy for row in kept} == {None, "lab_policy", "rft_policy"}


def test_a_sample_of_an_earlier_round_counts_once() -> None:
    now = sample("2+2=4", "2+2=4", "1")
    kept = list(
        select([now, now.model_copy(update={"answer": "5"}), sample("1+3=4", "1+3=4", "2")], [], ALONE)
    )
    assert [row.num_draws for row in kept] == [2, 2]


def test_pairs_set_right_beside_wrong() -> None:
    rows = pool()
    pairs = list(verified_pairs(rows, VerifiedPairSettings(per_problem=4)))
    verdicts = {row.completion_key: row.accepted for row in rows}
    assert pairs and all(verdicts[pair.chosen_key] and verdicts[pair.rejected_key] is False for pair in pairs)
    assert len({(pair.problem_id, pair.chosen, pair.rejected) for pair in pairs}) == len(pairs)
    mixed = {row.problem_id for row in rows if 0 < row.num_accepted < row.num_draws}
    assert {pair.problem_id for pair in pairs} == mixed


def test_length_matching_takes_the_rejected_of_like_length() -> None:
    right = sample("2+2=4", "2+2=4", "r", num_tokens=10)
    wrong = [
        sample(f"wrong {tokens}", None, str(tokens), accepted=False, reason="x", num_tokens=tokens)
        for tokens in (3, 11, 40)
    ]
    (pair,) = verified_pairs([right, *wrong], VerifiedPairSettings())
    assert pair.num_tokens_rejected == 11


def test_a_cut_sample_is_not_a_mistake() -> None:
    cut = sample("2+2", None, "c", accepted=False, reason="truncated", finish_reason="length")
    assert list(verified_pairs([sample("2+2=4", "2+2=4", "r"), cut], VerifiedPairSettings())) == []
