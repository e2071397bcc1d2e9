"""The forms for trainers: labelled rows alone, every turn, and a sentence for what they have no place for."""

import json
from pathlib import Path
from typing import Any

import pytest

from datasets_registry.cards.forms import Form
from datasets_registry.errors import BadInput
from datasets_registry.exporting.exporting import export
from datasets_registry.exporting.loading import trl_dataset
from datasets_registry.registry import Registry
from datasets_registry.rows.cai import HelpfulAnswer, SftExample
from datasets_registry.rows.conversation import Tool, ToolCall
from datasets_registry.rows.evaluation import SuiteAnswer
from datasets_registry.rows.imported import (
    ChatMessage,
    Demonstration,
    HumanPreference,
    Problem,
    StepwiseSupervision,
    UnpairedPreference,
)
from datasets_registry.rows.prm import StepLabels
from datasets_registry.rows.rft import Candidate
from datasets_registry.rows.rlaif import PreferencePair
from datasets_registry.rows.row import Row
from tests.datasets_registry.exporting.test_exporting import committed
from tests.datasets_registry.samples import imported
from tests.rows import make

ADD = Tool(name="add", description="Adds", parameters='{"type": "object", "properties": {"a": {}}}')
TURNS = [
    ChatMessage(role="system", content="Be brief."),
    ChatMessage(role="user", content="1 + 1?"),
    ChatMessage(
        role="assistant",
        content="",
        reasoning="I add.",
        tool_calls=[ToolCall(id="c1", name="add", arguments='{"a": [1, 1.5, "x"]}')],
        trainable=True,
    ),
    ChatMessage(role="tool", content="2", tool_call_id="c1", name="add"),
    ChatMessage(role="assistant", content="2"),
    ChatMessage(role="user", content="And why?"),
]
CALL = {"name": "add", "arguments": {"a": [1, 1.5, "x"]}}
ADDS = {
    "type": "function",
    "function": {
        "name": "add",
        "description": "Adds",
        "parameters": {"type": "object", "properties": {"a": {}}},
    },
}


def loaded(folder: Path) -> list[dict[str, Any]]:
    """The training rows of an exported folder, as the library loads them."""
    import datasets

    rows = datasets.load_dataset(str(folder), cache_dir=str(folder.parent / "cache"))["train"]
    return list(rows)


def lines(folder: Path) -> list[dict[str, Any]]:
    """The lines of an exported folder."""
    return [json.loads(line) for line in (folder / "train.jsonl").read_text(encoding="utf-8").splitlines()]


def test_labelled_pairs_alone_are_learned_and_the_others_counted(registry: Registry, tmp_path: Path) -> None:
    history = [ChatMessage(role="user", content="Hi"), ChatMessage(role="assistant", content="Hello.")]
    rows = [
        make(PreferencePair, "p1", history=history),
        make(PreferencePair, "p2", label="tie", chosen=None, rejected=None),
        make(PreferencePair, "p3", label="unjudged", failure="cut", chosen=None, rejected=None),
        make(PreferencePair, "p4", chosen="same", rejected="same"),
    ]
    version = committed(registry, *rows)
    contents = export(registry, version, "trl", tmp_path / "out").contents
    assert contents.rows == 1
    assert contents.rows_left_out == {"tie": 1, "unjudged": 1, "equal answers": 1}
    (pair,) = loaded(tmp_path / "out")
    assert pair == {
        "prompt": [
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": "Hello."},
            {"role": "user", "content": "prompt p1"},
        ],
        "chosen": [{"role": "assistant", "content": "one"}],
        "rejected": [{"role": "assistant", "content": "two"}],
    }
    assert list(trl_dataset(registry, version)) == [pair]
    card = (tmp_path / "out" / "README.md").read_text()
    assert "1 of its 4 rows" in card and "| tie | 1 |" in card and "TRL's type preference" in card
    assert "Columns that are not in the files: pair_id, prompt_id, kind" in card


def test_tools_calls_thought_and_system_come_through(registry: Registry, tmp_path: Path) -> None:
    row = make(HumanPreference, messages=TURNS, tools=[ADD])
    plain = make(HumanPreference, "p2", messages=[ChatMessage(role="user", content="2024-01-01")])
    version = committed(registry, row, plain)
    contents = export(registry, version, "trl", tmp_path / "out").contents
    first, second = sorted(loaded(tmp_path / "out"), key=lambda pair: -len(pair["prompt"]))
    assert first["tools"] == [ADDS] and second["tools"] is None
    assert first["prompt"][0] == {"role": "system", "content": "Be brief."}
    assert first["prompt"][2] == {
        "role": "assistant",
        "content": "",
        "reasoning_content": "I add.",
        "tool_calls": [{"type": "function", "id": "c1", "function": CALL}],
    }
    assert first["prompt"][3] == {"role": "tool", "content": "2", "tool_call_id": "c1", "name": "add"}
    assert second["prompt"] == [{"role": "user", "content": "2024-01-01"}]
    notes = " ".join(contents.notes)
    assert "1 rows mark turns before the answer as trainable" in notes
    assert "1 rows have thought as `reasoning_content`, which not every chat template reads." in notes


def test_answers_keep_their_own_thought_and_calls(registry: Registry, tmp_path: Path) -> None:
    calls = TURNS[2].tool_calls
    pair = make(HumanPreference, chosen="", rejected="", chosen_tool_calls=calls, rejected_reasoning="No.")
    export(registry, committed(registry, pair), "trl", tmp_path / "pairs")
    (learned,) = loaded(tmp_path / "pairs")
    assert learned["chosen"][0]["tool_calls"] == [{"type": "function", "id": "c1", "function": CALL}]
    assert learned["rejected"] == [{"role": "assistant", "content": "", "reasoning_content": "No."}]
    shown = make(Demonstration, completion="", reasoning="I add.", tool_calls=calls, tools=[ADD])
    contents = export(registry, committed(registry, shown), "messages", tmp_path / "out").contents
    last = lines(tmp_path / "out")[0]["messages"][-1]
    assert last["reasoning_content"] == "I add." and last["tool_calls"][0]["id"] == "c1"
    assert "1 rows have thought" in " ".join(contents.notes)


@pytest.mark.parametrize("form", ["trl", "messages"])
def test_what_is_exported_for_trainers_is_imported_with_its_turns(
    registry: Registry, tmp_path: Path, form: Form
) -> None:
    row = make(Demonstration, messages=TURNS, tools=[ADD], reasoning="I know.")
    export(registry, committed(registry, row), form, tmp_path / "out")
    found = imported(tmp_path / "out")
    (again,) = found.rows
    assert isinstance(again, Demonstration) and not found.rejections
    assert (again.tools, again.completion, again.reasoning) == ([ADD], "an answer", "I know.")
    kept = {"trainable"}
    assert [turn.model_dump(exclude=kept) for turn in again.messages] == [
        turn.model_dump(exclude=kept) for turn in TURNS
    ]


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        (make(HumanPreference, messages=TURNS), HumanPreference),
        (make(Candidate), UnpairedPreference),
        (make(StepLabels), StepwiseSupervision),
    ],
)
def test_each_of_trls_types_is_recognised(
    registry: Registry, tmp_path: Path, row: Row, kind: type[Row]
) -> None:
    export(registry, committed(registry, row), "trl", tmp_path / "out")
    found = imported(tmp_path / "out")
    assert found.format.row is kind and len(found.rows) == 1


def test_calls_that_no_template_can_read_are_counted(registry: Registry, tmp_path: Path) -> None:
    broken = TURNS[2].model_copy(update={"tool_calls": [ToolCall(id="c", name="add", arguments="{1")]})
    rows = [make(Demonstration), make(Demonstration, "d2", messages=[TURNS[1], broken, *TURNS[3:]])]
    contents = export(registry, committed(registry, *rows), "trl", tmp_path / "out").contents
    assert contents.rows_left_out == {"arguments of a tool call that are not a JSON object": 1}


def test_failed_and_truncated_answers_teach_nothing(registry: Registry, tmp_path: Path) -> None:
    rows = [
        make(HelpfulAnswer),
        make(HelpfulAnswer, "p2", finish_reason="length"),
        make(HelpfulAnswer, "p3", failure="empty"),
    ]
    version = committed(registry, *rows)
    contents = export(registry, version, "trl", tmp_path / "out").contents
    assert (contents.rows, contents.rows_left_out) == (1, {"cut off": 1, "failed": 1})


def test_verdicts_are_unpaired_and_services_learn_the_wanted(registry: Registry, tmp_path: Path) -> None:
    rows = [
        make(Candidate, sample=0),
        make(Candidate, sample=1, accepted=False, completion="5"),
        make(Candidate, sample=2, accepted=None),
        make(Candidate, sample=3, hinted=True),
        make(Candidate, sample=4, finish_reason="length"),
    ]
    version = committed(registry, *rows)
    contents = export(registry, version, "trl", tmp_path / "out").contents
    assert contents.rows_left_out == {"no verdict": 1, "shown a hint": 1, "cut off": 1}
    assert [row["label"] for row in loaded(tmp_path / "out")] == [True, False]
    hosted = export(registry, version, "messages", tmp_path / "hosted").contents
    assert (hosted.rows, hosted.rows_left_out["not wanted"]) == (1, 1)


def test_steps_have_the_label_that_was_measured_or_is_implied(registry: Registry, tmp_path: Path) -> None:
    rows = [
        make(StepLabels, labels=[None, False, None], implied=[True, None, False]),
        make(StepLabels, solution_id="s2", labels=[None, None, False]),
        make(StepLabels, solution_id="s4", labels=[True, False, None]),
        make(StepLabels, solution_id="s3", failure="too long"),
    ]
    contents = export(registry, committed(registry, *rows), "trl", tmp_path / "out").contents
    assert contents.rows_left_out == {"no label of the first step": 1, "failed": 1}
    whole, cut = loaded(tmp_path / "out")
    assert (whole["prompt"], whole["labels"]) == ("prompt p1", [True, False, False])
    assert whole["completions"] == rows[0].completions
    assert (cut["completions"], cut["labels"]) == (rows[0].completions[:2], [True, False])
    assert "1 rows end before their first step without a label." in contents.notes


def test_problems_keep_gold_and_splits(registry: Registry, tmp_path: Path) -> None:
    import datasets

    rows = [make(Problem, answer="007"), make(Problem, "e", split="evaluation")]
    export(registry, committed(registry, *rows), "trl", tmp_path / "out")
    both = datasets.load_dataset(str(tmp_path / "out"), cache_dir=str(tmp_path / "cache"))
    assert {name: one["answer"] for name, one in both.items()} == {"train": ["007"], "evaluation": ["4"]}
    assert both["train"][0]["prompt"] == [{"role": "user", "content": "prompt p1"}]


def test_services_get_conversations_with_tools_and_weights(registry: Registry, tmp_path: Path) -> None:
    version = committed(registry, make(Demonstration, messages=TURNS, tools=[ADD]), make(Demonstration, "d2"))
    contents = export(registry, version, "messages", tmp_path / "out").contents
    first, second = sorted(lines(tmp_path / "out"), key=lambda line: -len(line["messages"]))
    assert first["tools"] == [ADDS] and "tools" not in second
    assert [turn.get("weight") for turn in first["messages"]] == [None, None, None, None, 0, None, None]
    assert first["messages"][2]["tool_calls"][0]["function"]["arguments"] == '{"a": [1, 1.5, "x"]}'
    assert first["messages"][-1] == {"role": "assistant", "content": "an answer"}
    assert "1 rows have thought as `reasoning_content`" in " ".join(contents.notes)


def test_services_are_told_that_rejected_answers_are_missing(registry: Registry, tmp_path: Path) -> None:
    version = committed(registry, make(PreferencePair))
    contents = export(registry, version, "messages", tmp_path / "out").contents
    assert lines(tmp_path / "out")[0]["messages"][-1]["content"] == "one"
    assert "The rejected answers are not in the files" in (tmp_path / "out" / "README.md").read_text()
    assert contents.notes


def test_rows_that_no_trainer_learns_from_are_refused(registry: Registry, tmp_path: Path) -> None:
    measured = committed(registry, make(SuiteAnswer))
    with pytest.raises(BadInput, match="no trainer learns from rows of evaluation_answers: export pairs"):
        export(registry, measured, "trl", tmp_path / "out")
    with pytest.raises(BadInput, match="rows of problems are prompts and have no answers to learn"):
        export(registry, committed(registry, make(Problem)), "messages", tmp_path / "out")
    ties = committed(registry, make(PreferencePair, label="tie", chosen=None, rejected=None))
    with pytest.raises(BadInput, match="no row of preference_pairs@1 is one to learn from .1 × tie"):
        export(registry, ties, "trl", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_split_without_rows_to_learn_from_is_no_dataset(registry: Registry) -> None:
    version = committed(registry, make(SftExample))
    with pytest.raises(BadInput, match="no row to learn from in its split 'evaluation'"):
        trl_dataset(registry, version, "evaluation")
