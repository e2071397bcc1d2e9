"""Selections of rounds in one pool: each completion once, as its first round has it, the best of all."""

from collections.abc import Mapping, Sequence
from typing import Any

from datasets_registry.rows.rft import RftSelection
from datasets_registry.rows.rounds.pooled import PooledSelection
from methods.rounds.pool import POOLED_SELECTIONS, PoolSettings, role_of
from tests.methods.graphless import MemoryInputs, rows_of
from tests.rows import make


def selected(completion: str, rank: int = 1, **fields: Any) -> RftSelection:
    """A selection of the problem p1 whose path is its completion."""
    given = {"path": completion, "completion_key": f"k {completion}", "policy": "policy"}
    return make(RftSelection, **{"completion": completion, "rank": rank, **given, **fields})


def gold(**fields: Any) -> RftSelection:
    """A gold solution."""
    nothing = {"path": None, "completion_key": None, "policy": None, "sample": None, "reward": None}
    return make(RftSelection, **{"kind": "gold", "rank": 0, "completion": "gold", **nothing, **fields})


def pool(by_round: Mapping[int, Sequence[RftSelection]], **settings: Any) -> list[PooledSelection]:
    """The pool of these rounds."""
    inputs = MemoryInputs({role_of(number): rows for number, rows in by_round.items()})
    how = PoolSettings.model_validate({"rounds": max(by_round), "top_k": None} | settings)
    return rows_of(POOLED_SELECTIONS, how, inputs)


def test_a_completion_of_several_rounds_counts_once_as_of_the_first() -> None:
    rows = pool(
        {
            1: [selected("1+1=2", policy="round_01"), selected("2=1+1", 2, policy="round_01")],
            2: [selected("1+1=2 ", policy="round_02"), selected("3-1=2", 2, policy="round_02")],
        }
    )
    assert sorted((row.completion, row.round, row.policy) for row in rows) == [
        ("1+1=2", 1, "round_01"),
        ("2=1+1", 1, "round_01"),
        ("3-1=2", 2, "round_02"),
    ]
    assert sorted(row.rank for row in rows) == [1, 2, 3]


def test_the_best_of_all_rounds_are_kept_within_each_problem() -> None:
    by_round = {
        number: [
            selected(f"{problem} {number}", reward=number / 10, problem_id=problem)
            for problem in ("p1", "p2")
        ]
        for number in (1, 2, 3)
    }
    rows = pool(by_round, top_k=2)
    assert [(row.problem_id, row.rank, row.round) for row in rows] == [
        ("p1", 1, 3),
        ("p1", 2, 2),
        ("p2", 1, 3),
        ("p2", 2, 2),
    ]
    assert {row.round for row in pool(by_round, min_reward=0.25)} == {3}


def test_one_of_equal_paths_is_kept_unless_texts_are_compared() -> None:
    by_round = {1: [selected("1+1=2", path="1+1=2")], 2: [selected("1 + 1 = 2", path="1+1=2")]}
    assert len(pool(by_round)) == 1
    assert len(pool(by_round, distinct="text")) == 2


def test_the_gold_solution_is_there_once_or_not_at_all() -> None:
    by_round = {1: [gold(), selected("a")], 2: [gold()], 3: [gold(problem_id="p2")]}
    rows = pool(by_round)
    assert [(row.problem_id, row.rank, row.round) for row in rows if row.kind == "gold"] == [
        ("p1", 0, 0),
        ("p2", 0, 0),
    ]
    assert {row.kind for row in pool(by_round, with_gold=False)} == {"sampled"}


def test_hinted_samples_count_where_no_round_selected_another() -> None:
    hinted = selected("with a hint", kind="rationalised")
    assert [row.completion for row in pool({1: [hinted], 2: [selected("alone")]})] == ["alone"]
    assert [row.completion for row in pool({1: [hinted], 2: []})] == ["with a hint"]
    assert pool({1: [hinted]}, with_rationalised=False) == []


def test_a_further_round_changes_no_row_of_the_pool_but_adds() -> None:
    two = {1: [selected("a"), selected("b", 2)], 2: [selected("c")]}
    before = {(row.completion, row.round) for row in pool(two)}
    after = {(row.completion, row.round) for row in pool({**two, 3: [selected("a"), selected("d", 2)]})}
    assert after - before == {("d", 3)} and before < after
