"""A model's own code never runs: a folder that names or has some is refused before it is loaded."""

import json
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from datasets_registry.errors import BadInput
from datasets_registry.registry import Registry
from datasets_registry.rows.cai import SftExample
from datasets_registry.state import REPOSITORY
from generation.models.code import code_in
from generation.models.folder import fingerprint
from generation.models.loading import load
from generation.models.shapes import UnknownShapes, shapes_of
from generation.models.sources import resolve_model
from generation.templates.opening import open_tokenizer
from tests.generation.models.loopback_hub import loopback_hub
from tests.generation.models.test_hub import NAME, resolved
from tests.rows import make
from tests.training.runs import NOTHING, commit, write

CONFIGS = (
    *("config.json", "tokenizer_config.json", "processor_config.json", "preprocessor_config.json"),
    *("generation_config.json", "video_preprocessor_config.json", "adapter/adapter_config.json"),
)
CLASSES = {
    "AutoConfig": "ran.Ran",
    "AutoModelForCausalLM": "ran.Ran",
    "AutoTokenizer": ["ran.Ran", "ran.Ran"],
}
PROGRAMS = ("modeling_own.py", "custom_generate/generate.py", "deep/er/tokenization.py", "_own.so", "x.pyc")
PICKLED = (
    "pytorch_model.bin",
    "training_args.bin",
    "optimizer.pt",
    "model.pkl",
    "a.pth",
    "b.ckpt",
    "c.joblib",
)


def named_in(copy: Path, file: str, **more: Any) -> None:
    """Let a config name code."""
    path = copy / file
    path.parent.mkdir(exist_ok=True)
    before = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps(before | more))


def armed(folder: Path, mark: Path) -> Path:
    """The folder with code that is named by both configs, and that would write the file ``mark``."""
    for file in ("config.json", "tokenizer_config.json"):
        named_in(folder, file, auto_map=CLASSES, model_type="own", tokenizer_class="Ran")
    (folder / "ran.py").write_text(f"open({str(mark)!r}, 'w').write('ran')\nclass Ran: pass\n")
    return folder


@pytest.mark.parametrize("file", CONFIGS)
def test_a_config_that_names_code_is_refused(file: str, copy: Path) -> None:
    named_in(copy, file, auto_map=CLASSES)
    with pytest.raises(BadInput, match=f"names code of its own .auto_map in {file}.: no model's code is run"):
        resolve_model(str(copy), copy.parent)


def test_code_is_seen_at_any_depth_and_kernels_of_a_repository_are_code(copy: Path) -> None:
    named_in(copy, "config.json", text_config={"sub": [{"auto_map": CLASSES}]})
    assert "auto_map in config.json" in str(code_in(copy))
    named_in(copy, "config.json", text_config={}, attn_implementation="somebody/kernels")
    assert "attn_implementation in config.json" in str(code_in(copy))
    named_in(copy, "config.json", attn_implementation="sdpa", auto_map=None)
    assert code_in(copy) is None


@pytest.mark.parametrize("file", PROGRAMS)
def test_a_program_in_a_folder_is_refused_by_its_name(file: str, copy: Path) -> None:
    (copy / file).parent.mkdir(parents=True, exist_ok=True)
    (copy / file).write_text("raise SystemExit")
    with pytest.raises(BadInput, match=rf"has code .{file}.: no model's code is run here"):
        resolve_model(str(copy), copy.parent)


@pytest.mark.parametrize("file", PICKLED)
def test_a_pickle_in_a_folder_is_refused_by_its_name(file: str, copy: Path) -> None:
    (copy / file).write_bytes(pickle.dumps("nothing"))
    with pytest.raises(BadInput, match=rf"has pickles .{file}., which can run code"):
        resolve_model(str(copy), copy.parent)


LOADERS: tuple[Callable[[Path], object], ...] = (
    open_tokenizer,
    shapes_of,
    lambda folder: load("AutoModelForCausalLM", folder, None, torch.float32),
    lambda folder: load("AutoModelForSequenceClassification", folder, None, torch.float32, num_labels=1),
    lambda folder: load("AutoModelForTokenClassification", folder, None, torch.float32),
)


@pytest.mark.parametrize("loader", LOADERS)
def test_each_loader_refuses_by_itself(loader: Callable[[Path], object], copy: Path, tmp_path: Path) -> None:
    armed(copy, tmp_path / "mark")
    with pytest.raises((BadInput, UnknownShapes), match="names code of its own .auto_map"):
        loader(copy)
    assert not (tmp_path / "mark").exists()


def trainer(script: str, config: Path) -> "subprocess.CompletedProcess[str]":
    """A trainer's process, with a person beside it who says yes to everything."""
    return subprocess.run(
        [sys.executable, "-c", script, "--config", str(config)],
        input="y\n" * 40,
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
    )


def test_a_person_who_says_yes_runs_nothing(registry: Registry, copy: Path, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    base = registry.commit_model("base_policy", armed(copy, mark), fingerprint(copy), NOTHING)
    registry.record_checks(base, [])
    path = write(tmp_path / "run", commit(registry, SftExample, [make(SftExample, "1")]))
    run = trainer("from training.sft import *; main(sft, '')", path)
    assert not mark.exists() and run.returncode == 2
    (line,) = run.stderr.splitlines()
    assert line.startswith("error: model directory") and "beside ran.py" in line


def test_nothing_in_a_trainer_can_ask_a_person(tmp_path: Path) -> None:
    (tmp_path / "run").touch()
    run = trainer("from training.running.run import *; main(lambda *_: print(input()), '')", tmp_path / "run")
    assert run.stdout == "" and run.returncode == 1 and "EOF" in run.stderr


def test_a_model_of_the_hub_with_code_is_refused_before_its_weights_come(copy: Path, tmp_path: Path) -> None:
    armed(copy, tmp_path / "mark")
    with loopback_hub(copy) as hub:
        error = resolved(hub, tmp_path / "models")["error"]
    assert error.startswith(f"model '{NAME}' names code of its own (auto_map in config.json)")
    assert not [asked for asked in hub.asked if asked.endswith((".safetensors", ".py"))]
    assert not [path for path in (tmp_path / "models").rglob("*") if path.suffix in (".safetensors", ".json")]
    assert not (tmp_path / "mark").exists()
