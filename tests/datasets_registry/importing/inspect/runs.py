"""Inspect's own runs of a mock model, whose logs tests import: runs.py FOLDER."""

import sys
import zipfile
from pathlib import Path
from typing import Any

from inspect_ai import Task, eval
from inspect_ai.dataset import Sample
from inspect_ai.model import ContentReasoning, ContentText, ModelOutput, ModelUsage, get_model
from inspect_ai.scorer import exact, includes
from inspect_ai.solver import generate, system_message, use_tools
from inspect_ai.tool import Tool, tool

MODEL = "mockllm/model"
# by the folder of the log: what the model answers at last
ANSWERS = {
    "right": "It is 2.",
    "json": "It is 2.",
    "wrong": "It is 3.",
    "limited": "It is 2.",
    "cut": "It is 2",
    "disputed": "It is 2.",
}


def add() -> Tool:
    """The tool that the model calls."""

    async def execute(x: int, y: int) -> str:
        """Adds two numbers.

        Args:
            x: One.
            y: The other.
        """
        return str(x + y)

    return execute


def outputs(name: str) -> list[ModelOutput]:
    """A thought with a call of ``add``, and the answer."""
    call = ModelOutput.for_tool_call(MODEL, "add", {"x": 1, "y": 1})
    call.message.content = [ContentReasoning(reasoning="I add."), ContentText(text="A moment.")]
    answer = ModelOutput.from_content(MODEL, ANSWERS[name])
    if name == "cut":
        answer.choices[0].stop_reason = "max_tokens"
    for output in (call, answer):
        # without it the mock would count by a tokenizer from the web
        output.usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)
    return [call, answer]


def run(folder: Path, name: str) -> Path:
    """The log of one sample, which is answered after the result of a tool."""
    scorers: Any = [includes(), exact()] if name == "disputed" else includes()
    task = Task(
        dataset=[Sample(input="1+1?", target="2", id=name)],
        solver=[system_message("Be brief."), use_tools(tool(add)()), generate()],
        scorer=scorers,
        message_limit=3 if name == "limited" else None,
    )
    model = get_model(MODEL, custom_outputs=outputs(name))
    kind: Any = "json" if name == "json" else "eval"
    (log,) = eval(task, model=model, log_dir=str(folder / name), log_format=kind, display="none")
    assert log.status == "success", log.error
    return Path(log.location)


def damage(log: Path, damaged: Path) -> None:
    """Write the log again, its sample cut off; zipfile reads zstd only where Inspect is imported."""
    damaged.parent.mkdir()
    with zipfile.ZipFile(log) as whole, zipfile.ZipFile(damaged, "w") as copy:
        for name in whole.namelist():
            copy.writestr(name, b"{" if name.startswith("samples/") else whole.read(name))


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    logs = {name: run(folder, name) for name in ANSWERS}
    damage(logs["right"], folder / "damaged" / "damaged.eval")
