"""Logs that Inspect itself has written are read: traces with their tools, and what scorers say of them."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from datasets_registry.errors import BadInput
from datasets_registry.rows.conversation import json_object
from datasets_registry.rows.imported import Demonstration, UnpairedPreference
from tests.datasets_registry.samples import imported, reasons

RUNS = "tests.datasets_registry.importing.inspect.runs"


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a folder for each log; Inspect has event loops and warnings of its own."""
    folder = tmp_path_factory.mktemp("logs")
    subprocess.run([sys.executable, "-m", RUNS, str(folder)], check=True)
    return folder


def log_in(folder: Path) -> Path:
    """The only file."""
    (path,) = folder.iterdir()
    return path


def test_a_trace_comes_through_with_tools_thought_call_and_result(logs: Path) -> None:
    found = imported(log_in(logs / "right"))
    (row,) = found.rows
    assert isinstance(row, Demonstration) and found.format.name == "inspect"
    assert [(turn.role, turn.content) for turn in row.messages] == [
        ("system", "Be brief."),
        ("user", "1+1?"),
        ("assistant", "A moment."),
        ("tool", "2"),
    ]
    asked, result = row.messages[2:]
    (call,) = asked.tool_calls or []
    (tool,) = row.tools or []
    assert asked.reasoning == "I add." and (result.tool_call_id, result.name) == (call.id, "add")
    assert (call.name, json_object(call.arguments)) == ("add", {"x": 1, "y": 1})
    assert (tool.name, tool.description) == ("add", "Adds two numbers.")
    assert (json_object(tool.parameters) or {})["required"] == ["x", "y"]
    assert (row.completion, row.source) == ("It is 2.", "mockllm/model")
    assert {"id", "task", "target"} <= set(found.unused())
    (again,) = imported(log_in(logs / "json")).rows
    assert isinstance(again, Demonstration)
    assert (again.tools, again.messages[0], again.completion) == (row.tools, row.messages[0], row.completion)


def test_a_wrong_trace_is_learned_from_only_as_undesirable(logs: Path, tmp_path: Path) -> None:
    ((_, reason),) = reasons(imported(log_in(logs / "wrong")))
    assert reason.startswith("scored as wrong: take --like unpaired_preferences")
    for name in ("right", "wrong"):
        shutil.copy(log_in(logs / name), tmp_path / f"{name}.eval")
    rows = imported(tmp_path, UnpairedPreference).rows
    labels = [
        (row.completion, row.accepted, row.source) for row in rows if isinstance(row, UnpairedPreference)
    ]
    assert labels == [("It is 2.", True, "includes"), ("It is 3.", False, "includes")]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("limited", "the sample ended at a limit: message"),
        ("cut", "the last answer was cut off: max_tokens"),
        ("disputed", "scorers differ on whether the sample is right"),
    ],
)
def test_a_trace_without_a_whole_answer_or_a_plain_verdict_is_rejected(
    logs: Path, name: str, reason: str
) -> None:
    assert [said for _, said in reasons(imported(log_in(logs / name)))] == [reason]


def test_a_damaged_sample_is_rejected_and_a_damaged_log_is_a_sentence(logs: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="the first is a sample that Inspect cannot read"):
        imported(log_in(logs / "damaged"))
    damaged = tmp_path / "damaged.eval"
    damaged.write_bytes(log_in(logs / "right").read_bytes()[:-200])
    with pytest.raises(BadInput, match=r"damaged\.eval cannot be read as a log of Inspect: "):
        imported(damaged)


def test_without_the_library_the_command_that_installs_it_is_named(
    logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "inspect_ai.log", None)
    with pytest.raises(BadInput, match=r"`pip install -c constraints\.txt -e '\.\[inspect\]'`"):
        imported(log_in(logs / "right"))
