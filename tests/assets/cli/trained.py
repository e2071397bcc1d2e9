"""A registry with a policy that was really trained, and the commands that tests run on it."""

import json
import shutil
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from assets.building.model import register
from assets.cli.commands import app
from datasets_registry.registry import Registry
from datasets_registry.rows.cai import SftExample
from datasets_registry.rows.evaluation import SuiteAnswer, SuiteFigure
from datasets_registry.rows.prompts import HelpfulPrompt
from datasets_registry.state import State
from datasets_registry.version import CheckResult, Derivation, Version
from generation.models.folder import fingerprint
from quality.checks.models import model_checks
from tests.rows import make
from tests.training.runs import SETTINGS, write
from training.sft import sft

WARNS = CheckResult(
    check="short_share",
    passed=False,
    severity="warning",
    value=0.9,
    threshold=0.5,
    description="short_share is 0.9, must be at most 0.5; catches answers of one word",
)


def derived(*inputs: Version, **settings: object) -> Derivation:
    """A derivation from these inputs."""
    return Derivation(code_version="1", settings=settings, inputs=inputs)


def train_policy(root: Path, tiny_model: Path) -> Registry:
    """A state with sft_policy@1, trained on cai_sft@1 from a given base_policy@1, and its evaluations."""
    registry = Registry(State().prepare())
    base = _base(registry, shutil.copytree(tiny_model, root / "given"))
    data = _data(registry)
    settings = SETTINGS | {"max_steps": 2, "lora_rank": 4, "max_lost_share": 0.5}
    path = write(root / "run", str(data), name="sft_policy", settings=settings)
    sft(path, lambda line: None)
    _note_a_path(root / "run" / "model" / "manifest.json", root)
    how = derived(base, data, verifier="maths")
    policy = register(registry, "sft_policy", root / "run", how, model_checks("supervised"))
    _evaluate(registry, base, policy)
    return registry


def _base(registry: Registry, folder: Path) -> Version:
    """A given model whose files say where it lay."""
    for name, key in (("config.json", "_name_or_path"), ("tokenizer_config.json", "name_or_path")):
        path = folder / name
        path.write_text(json.dumps(json.loads(path.read_text()) | {key: str(folder)}))
    (folder / "LICENSE").write_text("Do as you like.")
    (folder / "README.md").write_text("---\nlicense: mit\n---\n")
    version = registry.commit_model("base_policy", folder, fingerprint(folder), derived(model=str(folder)))
    return registry.record_checks(version, [])


def _note_a_path(manifest: Path, root: Path) -> None:
    """Let the manifest say where something lay, as a later setting may."""
    content = json.loads(manifest.read_text())
    manifest.write_text(
        json.dumps(content | {"settings": content["settings"] | {"notes": [f"see {root}/notes"]}})
    )


def _data(registry: Registry) -> Version:
    prompts = [make(HelpfulPrompt, f"p{number}", licence="CC-BY-4.0") for number in range(4)]
    source = registry.record_checks(registry.commit(HelpfulPrompt, prompts, derived()), [])
    rows = [make(SftExample, f"p{number}", prompt=f"say {number}") for number in range(4)]
    rows.append(make(SftExample, "p5", completion="too long " * 60))
    finding = f"cannot be measured: no {registry.state.objects}/ab/abc.parquet"
    unmeasured = WARNS.model_copy(update={"check": "leakage", "value": None, "description": finding})
    return registry.record_checks(registry.commit(SftExample, rows, derived(source)), [WARNS, unmeasured])


def _evaluate(registry: Registry, *models: Version) -> None:
    answers = [make(SuiteAnswer, model=model.name) for model in models]
    answered = registry.record_checks(registry.commit(SuiteAnswer, answers, derived(*models)), [])
    figures = [make(SuiteFigure, model=model.name, value=0.25, num_items=7) for model in models]
    registry.record_checks(registry.commit(SuiteFigure, figures, derived(answered)), [])


def run(*arguments: object) -> Result:
    """The finished command, which succeeded."""
    result = ended(*arguments)
    assert result.exit_code == 0, result.output
    return result


def ended(*arguments: object) -> Result:
    """The finished command, whatever its exit code."""
    return CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)


def details_of(name: str) -> Any:
    """What `models show` prints for programs."""
    return json.loads(run("models", "show", name, "--json").stdout)
