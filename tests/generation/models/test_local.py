"""A model on disk is loaded without a word to the hub, also in a process that may go online."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from datasets_registry.state import REPOSITORY
from tests.generation.models.loopback_hub import loopback_hub
from tests.generation.models.test_hub import untold

# trainers are not among them: their process is offline
FOLDERS = ("assets", "quality", "methods", "generation", "datasets_registry")
LOAD = """
import sys
from pathlib import Path
from generation.engine import EngineSettings
from generation.models.lab import write_lab_model
from generation.models.shapes import shapes_of
from generation.request import Message, Request, SamplingParams
from generation.transformers_local.backend import TransformersBackend

folder = Path(sys.argv[1])
shapes_of(folder), write_lab_model(Path(sys.argv[2]) / "lab")
request = Request(messages=(Message(role="user", content="A"),), params=SamplingParams(max_tokens=2), seed=1)
((_, completion),) = TransformersBackend(folder, EngineSettings()).complete([request])
print(completion.finish_reason)
"""


def calls() -> list[tuple[str, ast.Call]]:
    """Every call of ``from_pretrained`` in the folders, and where."""
    found = []
    for path in (path for folder in FOLDERS for path in (REPOSITORY / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "from_pretrained":
                found.append((f"{path.relative_to(REPOSITORY)}:{node.lineno}", node))
    return found


@pytest.mark.parametrize(("place", "call"), [pytest.param(*found, id=found[0]) for found in calls()])
def test_whatever_is_loaded_is_loaded_from_this_disk(place: str, call: ast.Call) -> None:
    told = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
    # peft reads a folder of ours, over a base that is loaded already
    is_adapter = "PeftModel" in ast.unparse(call.func)
    assert is_adapter or told.get("local_files_only") == "True", place


def test_a_model_that_runs_asks_the_hub_for_nothing(tiny_model: Path, tmp_path: Path) -> None:
    with loopback_hub(tiny_model) as hub:
        run = subprocess.run(
            [sys.executable, "-c", LOAD, str(tiny_model), str(tmp_path)],
            env=untold()
            | {"HF_ENDPOINT": hub.address, "HF_HOME": str(tmp_path / "hf"), "PYTHONPATH": str(REPOSITORY)},
            capture_output=True,
            text=True,
            cwd=REPOSITORY,
        )
    assert run.stdout.strip() in ("length", "stop"), run.stderr
    assert hub.asked == []
