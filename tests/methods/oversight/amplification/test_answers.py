"""Amplified answers: trees level by level, equal questions once, budgets, cycles, kills and refusals."""

from pathlib import Path
from typing import Any

import pytest

from datasets_registry.errors import BadInput
from datasets_registry.rows.oversight.amplified import AmplifiedAnswer
from generation.request import Completion, Request, SamplingParams
from generation.scripted import ScriptedBackend
from methods.oversight.amplification.answers import make_amplified_answers
from methods.oversight.amplification.growing import answer, by_rules, grow
from methods.oversight.amplification.labels import AMPLIFIED_LABELS
from methods.oversight.amplification.settings import AmplificationSettings, LabelSettings
from methods.oversight.amplification.tree import DOOMED, NO_ANSWER, PART_FAILED, SPENT, Node, Tree
from methods.oversight.amplification.votes import NEVER_GOLD, reader
from methods.oversight.asked import Asked
from methods.verifiers.contract import VerifierSettings
from tests.methods.graphless import MemoryInputs, ModelsByRole, ScriptedModel, rows_of
from tests.methods.oversight.amplification.amplifying import (
    BY_MODEL,
    ONE,
    SHORT,
    adds_two,
    amplified,
    counting,
    halves,
    largest_of_two,
    problem,
    root,
    text_of,
)

FOUR = problem("7:3:9:5?", "9", difficulty=4)
EIGHT = problem("1:8:2:7:3:6:4:5?", "8", difficulty=8)


def test_a_policy_of_two_numbers_is_right_on_eight_through_their_halves(tmp_path: Path) -> None:
    rows = amplified([EIGHT], tmp_path)
    top = root(rows)
    assert [(row.depth, row.question) for row in sorted(rows, key=lambda row: (row.depth, row.place))] == [
        (0, "1:8:2:7:3:6:4:5?"),
        (1, "1:8:2:7?"),
        (1, "3:6:4:5?"),
        (2, "1:8?"),
        (2, "3:6?"),
        (2, "2:7?"),
        (2, "4:5?"),
    ]
    assert top.asked == "8:6?" and top.answer == top.gold == "8" and top.correct and top.least_share == 1.0
    assert top.direct_answer == "1" and top.direct_correct is False
    parents = {row.node_id for row in rows}
    assert all(row.parent_id in parents for row in rows if row.depth)
    # beyond its depth a question is asked as it is
    shallow = root(amplified([EIGHT], tmp_path, settings=ONE.model_copy(update={"depth": 1})))
    assert shallow.asked == "1:3?" and shallow.answer == "3" and shallow.correct is False


def test_a_sum_joins_the_lines_of_its_parts_to_a_worked_solution(tmp_path: Path) -> None:
    settings = ONE.model_copy(update={"depth": 3})
    rows = amplified([problem("1+2+3+4=?", "10")], tmp_path, adds_two, settings)
    assert root(rows).completion == "1+2=3\n3+3=6\n6+4=10\nA:10" and root(rows).correct
    (label,) = rows_of(AMPLIFIED_LABELS, LabelSettings(), MemoryInputs({"amplified_answers": rows}))
    assert label.completion == root(rows).completion and label.agrees and label.depth == 2
    assert label.num_questions == 3 and label.completion_key == root(rows).completion_key


def test_windows_bound_what_is_in_memory_and_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    problems = [FOUR, EIGHT, problem("7:3:9:5:1:2:4:6?", "9")]
    whole = amplified(problems, tmp_path / "whole", counting(asked, largest_of_two))
    num_asked = len(asked)
    monkeypatch.setattr("methods.oversight.amplification.answers.WINDOW", 1)
    assert amplified(problems, tmp_path / "windows", counting(asked, largest_of_two)) == whole
    # what another window asked before is in the ledger
    assert len(asked) == 2 * num_asked
    models = ModelsByRole({"policy": (ScriptedModel("policy", tmp_path, counting(asked, largest_of_two)),)})
    next(iter(make_amplified_answers(MemoryInputs({"problems": problems}), models, ONE)))
    assert len(asked) < 3 * num_asked


def test_a_sum_of_other_terms_counts_for_nothing(tmp_path: Path) -> None:
    def strays(request: Request) -> str:
        return "10+4=14\nA:14" if text_of(request) == "1+3=?" else adds_two(request)

    rows = {row.question: row for row in amplified([problem("1+3+2=?", "6")], tmp_path, strays)}
    assert [vote.failure for vote in rows["1+3=?"].votes] == ["it answers another question"]
    assert rows["1+3+2=?"].failure == PART_FAILED


def test_one_wrong_leaf_makes_every_answer_above_it_wrong(tmp_path: Path) -> None:
    def errs(request: Request) -> str:
        return "A:1" if text_of(request) == "1:8?" else largest_of_two(request)

    rows = {row.question: row for row in amplified([EIGHT], tmp_path, errs)}
    assert [rows[text].answer for text in ("1:8?", "1:8:2:7?", EIGHT.prompt)] == ["1", "7", "7"]
    assert rows["3:6:4:5?"].answer == "6" and rows[EIGHT.prompt].correct is False


def test_the_least_share_of_votes_on_the_way_decides_whether_there_is_a_label(tmp_path: Path) -> None:
    def wavers(request: Request) -> str:
        return "A:3" if text_of(request) == "7:3?" and request.sample == 3 else largest_of_two(request)

    settings = AmplificationSettings(votes=4, answers=SHORT)
    rows = amplified([FOUR, EIGHT], tmp_path, wavers, settings)
    shares = {row.question: (row.share, row.least_share) for row in rows}
    assert shares["7:3?"] == (0.75, 0.75) and shares[FOUR.prompt] == (1.0, 0.75)
    inputs = MemoryInputs({"amplified_answers": rows})
    kept = {
        share: {
            label.problem_id for label in rows_of(AMPLIFIED_LABELS, LabelSettings(min_share=share), inputs)
        }
        for share in (0.75, 0.8)
    }
    assert kept == {0.75: {FOUR.problem_id, EIGHT.problem_id}, 0.8: {EIGHT.problem_id}}


@pytest.mark.parametrize(
    ("said", "failure"),
    [
        ("A:8", "the question does not admit this answer"),
        ("1+1=3\nA:7", "an equation does not hold"),
        ("I do not know", "no final answer"),
        ("Answer: 7\nAnswer: 3", "two different final answers: 7 and 3"),
        ("A:7.5", "the answer is no number"),
        (Completion(text="A:7", finish_reason="length"), "truncated"),
        (Completion(finish_reason="error", error="down"), "error: down"),
    ],
)
def test_a_vote_that_cannot_be_right_counts_for_nothing(
    said: str | Completion, failure: str, tmp_path: Path
) -> None:
    def answers(request: Request) -> str | Completion:
        return said if text_of(request) == "7:3?" else largest_of_two(request)

    rows = {row.question: row for row in amplified([FOUR], tmp_path, answers)}
    assert [vote.failure for vote in rows["7:3?"].votes] == [failure]
    unchecked = amplified([FOUR], tmp_path, answers, ONE.model_copy(update={"checked": False}))
    refuted = failure in ("the question does not admit this answer", "an equation does not hold")
    assert (root(unchecked).failure is None) == refuted
    assert rows["7:3?"].failure == NO_ANSWER and rows["7:3?"].share is None
    top = rows[FOUR.prompt]
    assert (top.failure, top.answer, top.completion, top.asked) == (PART_FAILED, None, None, None)
    failed = MemoryInputs({"amplified_answers": [*rows.values()]})
    assert rows_of(AMPLIFIED_LABELS, LabelSettings(min_share=0), failed) == []


def test_a_letter_that_no_choice_has_is_a_vote_with_a_reason() -> None:
    read = reader(VerifierSettings(kind="choice"))
    assert read("Answer: Z") == (None, NEVER_GOLD) and read("Answer: B") == ("B", None)


def test_a_level_of_all_trees_is_one_call_and_an_equal_question_is_asked_once() -> None:
    calls: list[list[str]] = []
    backend = ScriptedBackend(largest_of_two)

    def complete(stage: str, requests: list[Request]) -> list[Completion]:
        calls.append([text_of(request) for request in requests])
        return backend.in_order(stage, requests)

    # trees share parts on one level, and one tree is a part of another
    eights = [problem(prompt, "9") for prompt in ("7:3:9:5:1:2:4:6?", "7:3:9:5:1:2:8:6?")]
    problems = [FOUR, problem("7:3:1:2?", "7"), *eights]
    trees = [Tree(each, Node(each.prompt), None) for each in problems]
    grow(trees, by_rules, ONE)
    answer(trees, Asked(complete, "m", "policy"), ONE, reader(ONE.verifier))  # type: ignore[arg-type]
    # a composition that another level or tree asks too is not asked again
    assert [len(call) for call in calls] == [5, 3, 7]
    assert len({text for call in calls for text in call}) == 15


def test_an_equal_question_costs_its_tree_once() -> None:
    # of 24 tokens, eight are reserved for a question, and each answer takes one
    tree = Tree(EIGHT, Node("7:3:7:3:7:3:7:3?"), 24)
    settings = ONE.model_copy(update={"tokens": 24})
    grow([tree], by_rules, settings)
    complete = ScriptedBackend(largest_of_two).in_order
    answer([tree], Asked(complete, "m", "policy"), settings, reader(ONE.verifier))
    assert tree.root.answer == "7" and tree.root.asked == "7:7?" and tree.spent == 2


def test_a_killed_run_that_is_resumed_asks_nothing_twice(tmp_path: Path) -> None:
    asked: list[str] = []
    settings = AmplificationSettings(**BY_MODEL | {"votes": 3})

    def run(folder: Path, stop_at: int | None) -> list[AmplifiedAnswer]:
        policy, decomposer = (counting(asked, script, stop_at) for script in (largest_of_two, halves))
        return amplified([FOUR, EIGHT], folder, policy, settings, decomposer)

    for stop_at in (2, 7, 30):
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path / "killed", stop_at)
    resumed, num_asked = run(tmp_path / "killed", None), len(asked)
    assert len(set(asked)) == num_asked and run(tmp_path / "killed", None) == resumed
    assert len(asked) == num_asked and run(tmp_path / "whole", None) == resumed
    assert len(asked) == 2 * num_asked


def test_a_tree_stays_within_its_tokens(tmp_path: Path) -> None:
    # eight tokens are reserved for each question, and each answer takes one
    budget = {tokens: ONE.model_copy(update={"tokens": tokens}) for tokens in (24, 36)}
    rows = {row.question: row for row in amplified([EIGHT], tmp_path, settings=budget[24])}
    assert [rows[text].failure for text in ("1:8?", "2:7?", "3:6?", "4:5?")] == [None, None, None, SPENT]
    assert rows["1:8:2:7?"].failure == DOOMED and rows["3:6:4:5?"].failure == PART_FAILED
    assert rows[EIGHT.prompt].failure == PART_FAILED
    top = root(amplified([EIGHT], tmp_path, settings=budget[36]))
    assert top.failure is None and top.correct


@pytest.mark.parametrize(
    ("prompt", "fields", "said"),
    [
        ("Ann has 3 apples. How many?", {}, "no rule splits 'Ann has 3 apples. How many"),
        ("7:3?", {}, "'7:3\\?' has the least size and no parts"),
        ("7:3:9:5?", {"children": 1}, "children is 1, and '7:3:9:5\\?' is split into 2 parts: raise"),
        ("7:3:9:5?", {"tokens": 23}, "one decomposition of '7:3:9:5\\?' may take 24: 2 part"),
        ("7:3:9:5?", {"difficulties": (8,)}, "of difficulties \\[8\\] to amplify are requested, but only 0"),
    ],
)
def test_what_cannot_be_amplified_is_refused_before_anything_is_asked(
    prompt: str, fields: dict[str, Any], said: str, tmp_path: Path
) -> None:
    def never(request: Request) -> str:
        raise AssertionError(request)

    settings = AmplificationSettings.model_validate(dict(ONE) | fields)
    with pytest.raises(BadInput, match=said):
        amplified([FOUR, problem(prompt, "7")], tmp_path, never, settings)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"depth": 0}, "depth"),
        ({"children": 0}, "children"),
        ({"tokens": 1_000}, "tokens is 1000, and one decomposition may take 1536"),
        ({"answers": SamplingParams(temperature=0)}, "votes is 3 at temperature 0"),
        ({"verifier": {"kind": "code"}}, "reads no answer that others can be composed of"),
        ({"decompositions": SHORT}, "decompositions are those of a model"),
        (BY_MODEL | {"tokens": 271}, "one decomposition may take 272"),
    ],
)
def test_settings_that_amplify_nothing_are_refused(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        AmplificationSettings.model_validate(fields)
