"""One run of a trainer: its config, the command of it, and what a run that failed leaves."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assets.building.declared import Trained
from assets.building.versions import Versions
from assets.profile.profile import Profile
from datasets_registry.exporting.places import CONFIG, ROWS
from datasets_registry.manifest import Manifest
from datasets_registry.state import durable, run_name
from datasets_registry.version import CheckResult, Derivation, Version
from methods.templates import fill, only
from quality.checks.models import ModelCheck, check_manifest, lost_share
from training.settings.learning import TrainingSettings
from training.settings.online import samples_by_vllm


@dataclass(frozen=True)
class TrainerRun:
    """One run of a trainer: its config and folder, what starts it, and what a person is told."""

    derivation: Derivation
    output: Path
    config: Path
    command: list[str]
    announcement: list[str]


def prepare(model: Trained, versions: Versions, profile: Profile) -> TrainerRun:
    """Write the run's config from exactly today's inputs.

    Raises BadInput where code or prompt were edited since the graph was loaded.
    """
    recipe, how = versions.recipes[model.name], versions.derivation(model.name)
    recipe.require_current_code()
    exact, launch, module = exact_roles(model, how.inputs), profile.launch, model.trainer.module
    whole_name = versions.registry.records.line.stored(model.name)
    output = versions.registry.state.runs / f"{run_name(whole_name, how.recipe)}{launch.mark}"
    with only(recipe.texts):
        decided = _content(model)
    content = {**decided, **profile.tracking.config, **launch.config}
    content |= _sampler_engine(model) | _rollouts(model) | _card(profile)
    config = write_config(output, model.name, exact, content)
    waiting = launch.further_commands(module, config)
    return TrainerRun(
        how,
        output,
        config,
        launch.command(module, config),
        [
            _work(exact),
            *(f"waits until another machine runs `{command}`" for command in waiting),
        ],
    )


def _work(exact: Mapping[str, Any]) -> str:
    if "parts" in exact:
        return f"averaging {', '.join([exact['base'], *exact['parts']])}"
    return f"training on {exact['dataset']} from {exact['base']}"


def _card(profile: Profile) -> dict[str, Any]:
    """What a run may count on where it finds no card to ask."""
    return {"memory_gb": profile.card_gb} if profile.card_gb else {}


def _content(model: Trained) -> dict[str, Any]:
    """The fields of a run's config that decide the model and name no version."""
    system_text = fill(model.system_prompt) if model.system_prompt else None
    return {
        "settings": model.section.training.model_dump(mode="json"),
        "system_text": system_text,
        **model.more,
    }


def _sampler_engine(model: Trained) -> dict[str, Any]:
    """The run config's field for the engine that an online trainer samples by, where it does."""
    if not samples_by_vllm(model.section.training):
        return {}
    return {"sampler_engine": model.section.sampler_engine.model_dump(mode="json")}


def _rollouts(model: Trained) -> dict[str, Any]:
    """The run config's field that an online trainer's samples are not to be kept, where they are not."""
    return {} if model.section.rollouts else {"rollouts": False}


def exact_roles(model: Trained, inputs: Sequence[Version]) -> dict[str, Any]:
    """The fields of a run's config that name versions."""
    versions = {version.name: str(version) for version in inputs}
    section = model.section
    exact: dict[str, Any] = {"base": versions[section.base]}
    if section.dataset:
        exact["dataset"] = versions[section.dataset]
    if section.training.further_models:
        exact["parts"] = [versions[part] for part in section.training.further_models]
    if section.replayed:
        exact["replay"] = versions[section.replayed]
    if section.reward_models:
        exact["reward_models"] = [versions[model_name] for model_name in section.reward_models]
    if section.compared_with:
        exact["reference"] = versions[section.compared_with]
    return exact


def write_config(output: Path, name: str, exact: Mapping[str, Any], content: Mapping[str, Any]) -> Path:
    """The run's config file, which anybody can pass to the trainer by hand."""
    config = {"name": name, "output": str(output), **exact, **content}
    with durable(output / CONFIG) as temporary:
        temporary.write_text(json.dumps(config, indent=2))
    return output / CONFIG


def lacked_rows(output: Path, settings: TrainingSettings) -> bool:
    """Whether the run was refused since its dataset has too few rows, none of them lost by its settings."""
    rows = output / ROWS
    if not rows.exists():
        return False
    counts = json.loads(rows.read_text())
    return lost_share(counts) <= settings.max_lost_share and settings.lacks_rows(counts["trained"])


def failed_checks(
    checks: Sequence[ModelCheck], output: Path, settings: TrainingSettings
) -> list[CheckResult]:
    """The blocking checks that a run which was refused for its rows did not pass."""
    rows = output / ROWS
    if not rows.exists():
        return []
    manifest = Manifest(rows=json.loads(rows.read_text()), settings=settings.model_dump(mode="json"))
    results = [check_manifest(check, manifest) for check in checks if check.severity == "error"]
    return [result for result in results if not result.passed]
