"""Decompositions by a model: what it names is asked, and what splits nothing is a reason and costs little."""

from pathlib import Path

import pytest

from generation.request import Completion, Request
from generation.scripted import ScriptedBackend
from methods.oversight.amplification.answers import AMPLIFIED_ANSWERS, amplification_templates
from methods.oversight.amplification.decomposing import CYCLE, EMPTY, NOT_SPLIT, TOO_MANY, UNPARSABLE
from methods.oversight.amplification.growing import grow, model_splitter
from methods.oversight.amplification.settings import AmplificationSettings
from methods.oversight.amplification.tree import DOOMED, PART_FAILED, SPENT, Node, Tree
from methods.oversight.asked import Asked
from tests.methods.graphless import MemoryInputs, ModelsByRole, ScriptedModel, unused_prompts
from tests.methods.oversight.amplification.amplifying import (
    BY_MODEL,
    ONE,
    amplified,
    counting,
    halves,
    largest_of_two,
    problem,
    root,
    text_of,
)

FOUR = problem("7:3:9:5?", "9", difficulty=4)


def test_a_model_names_the_parts_and_composes_their_answers(tmp_path: Path) -> None:
    def answers(request: Request) -> str:
        text = text_of(request)
        if "Smaller questions" not in text:
            return largest_of_two(request)
        said = [line.removeprefix("> ") for line in text.splitlines() if line.startswith("> ")]
        return f"Of these the largest counts.\nAnswer: {max(said[2::2], key=int)}"

    settings = AmplificationSettings(**BY_MODEL)
    rows = amplified([FOUR], tmp_path, answers, settings, halves)
    top = root(rows)
    assert top.answer == "9" and top.correct and top.num_parts == 2 and top.decomposition_key
    assert top.completion == "Of these the largest counts.\nAnswer: 9"
    assert [row.question for row in rows if row.depth == 1] == ["7:3?", "9:5?"]


@pytest.mark.parametrize(
    ("said", "failure"),
    [
        ("- 7:3?\n- 7:3:9:5?", CYCLE),
        ("1. 7:3?\n2. 9:5?", None),
        ("", EMPTY),
        ("Let me think about it.", UNPARSABLE),
        ("- 7:3?\nand so on", UNPARSABLE),
        ("\n".join(f"- 1:{number}?" for number in range(5)), TOO_MANY),
        ("None.", NOT_SPLIT),
        (Completion(text="- 7:3?\n- 9:", finish_reason="length"), UNPARSABLE),
    ],
)
def test_a_decomposition_that_splits_nothing_is_a_reason_and_costs_no_answers(
    said: str | Completion, failure: str | None, tmp_path: Path
) -> None:
    asked: list[str] = []
    settings = AmplificationSettings(**BY_MODEL | {"depth": 1})
    rows = amplified([FOUR], tmp_path, counting(asked, largest_of_two), settings, lambda request: said)
    assert root(rows).failure == failure and (failure is None) == (root(rows).answer is not None)
    # the direct answer alone
    assert failure is None or (len(rows), len(asked)) == (1, 1)


def test_a_cycle_further_down_is_found_and_the_rest_of_its_tree_is_not_asked(tmp_path: Path) -> None:
    def goes_round(request: Request) -> str:
        back = "> 7:3?" in text_of(request)
        return "- 7:3:9:5?" if back else halves(request)

    asked: list[str] = []
    settings = AmplificationSettings(**BY_MODEL | {"depth": 3})
    rows = {
        row.question: row
        for row in amplified([FOUR], tmp_path, counting(asked, largest_of_two), settings, goes_round)
    }
    assert rows["7:3?"].failure == CYCLE and rows[FOUR.prompt].failure == PART_FAILED
    assert rows["9:5?"].failure == DOOMED and len(asked) == 1


def test_a_cycle_is_one_in_other_case_and_spacing_too(tmp_path: Path) -> None:
    larger = problem("What is the largest of 7, 3, 9?", "9")
    settings = AmplificationSettings(**BY_MODEL)
    rows = amplified([larger], tmp_path, largest_of_two, settings, lambda _: f"- {larger.prompt.upper()}")
    assert root(rows).failure == CYCLE


def test_a_tree_that_failed_is_split_no_further(tmp_path: Path) -> None:
    def goes_round(request: Request) -> str:
        return "- 1:8:2:7:3:6:4:5?" if "> 1:8:2:7?" in text_of(request) else halves(request)

    asked: list[str] = []
    settings = AmplificationSettings(**BY_MODEL | {"depth": 3})
    eight = problem("1:8:2:7:3:6:4:5?", "8")
    rows = amplified([eight], tmp_path, largest_of_two, settings, counting(asked, goes_round))
    assert root(rows).failure == PART_FAILED and len(asked) == 3


def test_an_equal_question_is_split_once_and_costs_each_tree_once() -> None:
    calls: list[int] = []
    backend = ScriptedBackend(halves)

    def complete(stage: str, requests: list[Request]) -> list[Completion]:
        calls.append(len(requests))
        return backend.in_order(stage, requests)

    settings = AmplificationSettings(**BY_MODEL)
    trees = [Tree(FOUR, Node(prompt), None) for prompt in (FOUR.prompt, "7:3:1:2?", "7:3:7:3?")]
    grow(trees, model_splitter(Asked(complete, "m", "d"), settings), settings)  # type: ignore[arg-type]
    assert calls == [3, 3]
    # two lines of two words, and "none" for each part that is another
    assert [tree.spent for tree in trees] == [6, 6, 5]


def test_decompositions_count_towards_the_tokens_of_a_tree(tmp_path: Path) -> None:
    asked: list[str] = []
    # each is reserved 256 tokens, of which the first takes four: one of its parts may still be split
    settings = AmplificationSettings(**BY_MODEL | {"depth": 2, "tokens": 272})
    within = AmplificationSettings(**BY_MODEL | {"depth": 2, "tokens": 600})
    rows = amplified([FOUR], tmp_path, counting(asked, largest_of_two), settings, halves)
    failures = {row.question: row.failure for row in rows}
    assert failures == {FOUR.prompt: PART_FAILED, "7:3?": DOOMED, "9:5?": SPENT} and len(asked) == 1
    assert root(amplified([FOUR], tmp_path, largest_of_two, within, halves)).answer is not None


def test_every_declared_template_is_filled(tmp_path: Path) -> None:
    settings = AmplificationSettings(**BY_MODEL)
    models = ModelsByRole(
        {
            "policy": (ScriptedModel("policy", tmp_path, largest_of_two),),
            "decomposer": (ScriptedModel("decomposer", tmp_path, halves),),
        }
    )
    assert len(amplification_templates(settings)) == 2 and not amplification_templates(ONE)
    inputs = MemoryInputs({"problems": [FOUR]})
    assert unused_prompts(AMPLIFIED_ANSWERS, settings, inputs, models) == set()
