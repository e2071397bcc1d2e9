"""A model on disk is loaded without a word to the hub and without its code, whoever asks for it."""

import ast
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from datasets_registry.state import REPOSITORY
from generation.engine import EngineSettings
from generation.vllm_offline.parameters import engine_arguments
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


# that load a model, tokenizer, config, processor or template, or are told how a trainer does
LOADERS = ("from_pretrained", "from_config", "LLM", "AsyncLLM", "create_model_from_path")
TRAINERS = ("SFTConfig", "DPOConfig", "KTOConfig", "ORPOConfig", "RewardConfig", "GRPOConfig", "RLOOConfig")
# read JSON alone; the first would keep the word as a setting
NO_CODE = ("transformers.GenerationConfig.from_pretrained", "dg.DagsterInstance.from_config")


def calls(folders: Sequence[str], names: Sequence[str]) -> list[Any]:
    """Every call of a function or method of these names in the folders, and where."""
    found = []
    for path in (path for folder in folders for path in (REPOSITORY / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in names:
                place = f"{path.relative_to(REPOSITORY)}:{node.lineno}"
                found.append(pytest.param(place, node, id=place))
    return found


def said(call: ast.Call) -> dict[str | None, str]:
    """The arguments of a call that have a name."""
    return {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}


@pytest.mark.parametrize(("place", "call"), calls(FOLDERS, ["from_pretrained"]))
def test_whatever_is_loaded_is_loaded_from_this_disk(place: str, call: ast.Call) -> None:
    assert said(call).get("local_files_only") == "True", place


@pytest.mark.parametrize(
    ("place", "call"), calls((*FOLDERS, "training", "benchmarks"), (*LOADERS, *TRAINERS))
)
def test_no_code_of_a_model_is_trusted(place: str, call: ast.Call) -> None:
    name = ast.unparse(call.func)
    if name not in NO_CODE:
        assert said(call).get("trust_remote_code") == "False", place


def test_every_trainer_of_trl_is_among_them() -> None:
    found = {parameter.values[1].func for parameter in calls(["training"], TRAINERS)}
    assert {ast.unparse(function) for function in found} == {*TRAINERS}


def test_vllm_is_told_too() -> None:
    arguments = engine_arguments(Path("model"), EngineSettings(), 64, 0, cpu=True)
    assert arguments["trust_remote_code"] is False


@pytest.mark.parametrize(
    ("place", "call"), calls((*FOLDERS, "training"), ("run", "Popen", "check_output", "check_call", "call"))
)
def test_no_process_that_is_started_can_ask_a_person(place: str, call: ast.Call) -> None:
    if ast.unparse(call.func).startswith("subprocess."):
        assert said(call).keys() & {"stdin", "input"}, place


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
