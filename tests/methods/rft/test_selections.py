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
    """Draws for 20 sums."""
    settings = CandidateSettings(rule=StoppingRule(max_draws=8))
    rows = sample_candidates(sums(20), completing(solving(rate)), "m", "lab_policy", same_last_line, settings)
    return sorted(rows, key=lambda one: (one.problem_id, one.sample))


def draw(text: str, path: str | None, key: str, **fields: Any) -> Candidate:
    """An accepted draw."""
    return make(Candidate, completion=text, path=path, completion_key=key, **fields)


def test_what_is_kept_is_accepted_and_on_its_own_path() -> None:
    rows = pool()
    kept = list(select(rows, [], ALONE))
    accepted = {(one.problem_id, one.completion) for one in rows if one.accepted}
    assert {(one.problem_id, one.completion) for one in kept} == accepted
    assert len({(one.problem_id, one.path) for one in kept}) == len(kept)
    assert max(one.rank for one in kept) == 2
    rates = {one.problem_id: one.num_accepted / 8 for one in rows}
    assert all(one.pass_rate == rates[one.problem_id] and one.num_draws == 8 for one in kept)


def test_the_order_of_draws_decides_nothing() -> None:
    rows, turn = pool(), random.Random(0)
    expected = list(select(rows, [], ALONE))
    turn.shuffle(rows)
    assert list(select(sorted(rows, key=lambda one: one.problem_id), [], ALONE)) == expected


def test_of_equal_paths_the_one_farther_from_the_rest_stays() -> None:
    rows = [
        draw("so 2+2=4", "2+2=4", "1"),
        draw("now, adding up, one finds that 2+2=4", "2+2=4", "2"),
        draw("so 1+3=4", "1+3=4", "3"),
    ]
    for order in (rows, rows[::-1]):
        assert {one.completion_key for one in distinct(order, ALONE)} == {"2", "3"}


def test_the_best_of_a_path_and_the_best_paths_stay() -> None:
    rows = [draw(f"{n}+0=4", f"{n}", str(n), reward=float(n % 5)) for n in range(10)]
    rows.append(draw("9+0=4.", "9", "low", reward=0.5))
    kept = list(select(rows, [], SelectionSettings(with_gold=False, top_k=3, check_equations=False)))
    assert [one.reward for one in kept] == [4.0, 4.0, 3.0]
    assert "low" not in {one.completion_key for one in kept}
    above = SelectionSettings(with_gold=False, top_k=None, min_reward=3.0, check_equations=False)
    assert sorted(one.reward or 0 for one in select(rows, [], above)) == [3.0, 3.0, 4.0, 4.0]


def test_wrong_equations_and_cut_draws_teach_nothing() -> None:
    rows = [draw("2+2=5\nA:4", "2+2=5", "1"), draw("2+2=4", "2+2=4", "2", finish_reason="length")]
    assert list(select(rows, [], ALONE)) == []
    loose = SelectionSettings(with_gold=False, check_equations=False)
    assert [one.completion_key for one in select(rows, [], loose)] == ["1"]


def test_hinted_draws_count_only_where_nothing_else_is_accepted() -> None:
    failed = draw("A:5", None, "w", accepted=False, reason="5 is not 4")
    hinted = draw("2+2=4\nA:4", "2+2=4", "h", hinted=True)
    told = draw("Given that the answer is 4, 2+2=4", "2+2=4", "t", hinted=True, sample=1)
    (one,) = select([failed, hinted, told], [], ALONE)
    assert (one.kind, one.completion_key, one.pass_rate, one.num_draws) == ("rationalised", "h", 0.0, 1)
    assert [one.kind for one in select([draw("3+1=4", "3+1=4", "r"), hinted], [], ALONE)] == ["sampled"]
    assert list(select([failed, hinted], [], ALONE.model_copy(update={"with_rationalised": False}))) == []


def test_draws_of_several_samplers_are_one_pool_and_gold_joins() -> None:
    rows = [draw("2+2=4", "2+2=4", "1"), draw("1+3=4", "1+3=4", "2", policy="rft_policy")]
    kept = list(select(rows, [make(GoldSolution)], SelectionSettings()))
    assert sorted((one.rank, one.kind, one.policy) for one in kept if one.rank) == [
        (1, "sampled", kept[1].policy),
        (2, "sampled", kept[2].policy),
    ]
    assert {one.policy for one in kept} == {None, "lab_policy", "rft_policy"}


def test_a_draw_of_an_earlier_round_counts_once() -> None:
    now = draw("2+2=4", "2+2=4", "1")
    kept = list(select([now, now.model_copy(update={"answer": "5"}), draw("1+3=4", "1+3=4", "2")], [], ALONE))
    assert [one.num_draws for one in kept] == [2, 2]


def test_pairs_set_right_beside_wrong() -> None:
    rows = pool()
    pairs = list(verified_pairs(rows, VerifiedPairSettings(per_problem=4)))
    verdicts = {one.completion_key: one.accepted for one in rows}
    assert pairs and all(verdicts[one.chosen_key] and verdicts[one.rejected_key] is False for one in pairs)
    assert len({(one.problem_id, one.chosen, one.rejected) for one in pairs}) == len(pairs)
    mixed = {one.problem_id for one in rows if 0 < one.num_accepted < one.num_draws}
    assert {one.problem_id for one in pairs} == mixed


def test_length_matching_takes_the_rejected_of_like_length() -> None:
    right = draw("2+2=4", "2+2=4", "r", num_tokens=10)
    wrong = [
        draw(f"wrong {tokens}", None, str(tokens), accepted=False, reason="x", num_tokens=tokens)
        for tokens in (3, 11, 40)
    ]
    (pair,) = verified_pairs([right, *wrong], VerifiedPairSettings())
    assert pair.num_tokens_rejected == 11


def test_a_cut_draw_is_no_mistake() -> None:
    cut = draw("2+2", None, "c", accepted=False, reason="truncated", finish_reason="length")
    assert list(verified_pairs([draw("2+2=4", "2+2=4", "r"), cut], VerifiedPairSettings())) == []
