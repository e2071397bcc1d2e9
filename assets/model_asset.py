"""Model assets: trained in a process of their own by Dagster Pipes, once per recipe."""

import json
import shutil
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import dagster as dg
from dagster._core.errors import DagsterPipesExecutionError
from pydantic import BaseModel

from assets.automation import allow
from assets.dataset_asset import MODEL_POOL, failures_as_sentences, open_registry, reporter
from assets.policy import Policy
from assets.profile import Profile
from assets.recipe import Built, Recipe
from assets.shown import model_metadata
from datasets_registry.errors import ModelFailed
from datasets_registry.registry import Registry
from datasets_registry.state import REPOSITORY, durable
from datasets_registry.version import Derivation, Version
from generation.model_folder import fingerprint, resolve_model
from methods.templates import fill, template_path


def given_policy(
    name: str, policy: Policy, grain: str, profile: Profile
) -> tuple[Recipe, dg.AssetsDefinition]:
    """A model that is not trained here, found or converted once; its content is seen by fingerprint."""
    recipe = Recipe(name, settings={"model": policy.model})

    @dg.asset(
        name=recipe.name, group_name="models", kinds={"safetensors"}, description=grain,
        code_version=recipe.code_version, pool=MODEL_POOL,
    )  # fmt: skip
    def materialize(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        with failures_as_sentences():
            registry = open_registry(profile)
            folder = resolve_model(policy.model, registry.state.models)
            how = recipe.derivation(registry, context.run.run_id)
            version = registry.newest(recipe.name)
            if version is None or version.data_version != fingerprint(folder):
                version = registry.commit_model(recipe.name, folder, fingerprint(folder), how)
                version = registry.record_checks(version, [])
            reporter(context)(f"{version}: {policy.model}")
            return dg.MaterializeResult(
                data_version=dg.DataVersion(version.data_version),
                metadata={"version": version.number, "model": policy.model, "folder": str(folder)},
            )

    return recipe, materialize


def given_policies(profile: Profile) -> list[Built]:
    """The base policy, and judges that are models of their own."""
    base = "The base policy and judge: weights, tokenizer and chat template as given."
    judge = "A judge: weights, tokenizer and chat template as given."
    return [
        given_policy("base_policy", profile.policy, base, profile),
        *(given_policy(name, one, judge, profile) for name, one in profile.judge_models.items()),
    ]


def trained_model(
    name: str, trainer: ModuleType, base: str, dataset: str, settings: BaseModel, profile: Profile, *,
    grain: str, system_prompt: str | None = None,
) -> Built:  # fmt: skip
    """The model ``name`` that ``trainer`` makes of ``base`` and ``dataset`` alone."""
    recipe = Recipe(
        name, (base, dataset), settings=settings.model_dump(mode="json"),
        texts=(template_path(system_prompt),) if system_prompt else (), code=(trainer,),
    )  # fmt: skip
    kind = trainer.__name__.rpartition(".")[2]
    return recipe, model_asset(recipe, kind, settings, profile, grain=grain, system_prompt=system_prompt)


def model_asset(
    recipe: Recipe, trainer: str, settings: BaseModel, profile: Profile, *, grain: str,
    system_prompt: str | None,
) -> dg.AssetsDefinition:  # fmt: skip
    """Train ``training.<trainer>`` from the first two of ``recipe.inputs``, a base and a dataset.

    Further inputs must have passed, and are not trained on. ``system_prompt`` names what stands before
    each conversation.
    """

    @dg.asset(
        name=recipe.name, deps=list(recipe.inputs), description=grain, group_name="models",
        kinds={"pytorch", "safetensors"}, code_version=recipe.code_version, pool=MODEL_POOL,
    )  # fmt: skip
    def materialize(
        context: dg.AssetExecutionContext, pipes: dg.PipesSubprocessClient
    ) -> dg.MaterializeResult[None]:
        with failures_as_sentences():
            registry = open_registry(profile)
            how = recipe.derivation(registry, context.run.run_id)
            report = reporter(context)
            version = registry.find(recipe.name, how.recipe)
            if version:
                registry.reuse(version, how)
                report(f"{version}: unchanged, not trained")
            else:
                allow(context, profile.rebuild)
                output = registry.state.runs / f"{recipe.name}-{how.recipe[:16]}"
                config = write_config(output, recipe.name, how, settings, system_prompt)
                report(f"{recipe.name}: training on {how.inputs[1]} from {how.inputs[0]}")
                run_trainer(context, pipes, trainer, config, registry)
                version = register(registry, recipe.name, output, how)
                report(f"{version}: trained, {version.status}")
            return dg.MaterializeResult(
                data_version=dg.DataVersion(version.data_version),
                metadata=model_metadata(version, read_manifest(registry, version)),
            )

    return materialize


def run_trainer(
    context: dg.AssetExecutionContext, pipes: dg.PipesSubprocessClient, trainer: str, config: Path,
    registry: Registry,
) -> None:  # fmt: skip
    """Run ``training.<trainer>`` in a process of its own; raises ModelFailed with its sentence."""
    told = config.with_name("error.txt")
    told.unlink(missing_ok=True)
    try:
        pipes.run(
            context=context, cwd=str(REPOSITORY),
            command=[sys.executable, "-m", f"training.{trainer}", "--config", str(config)],
            env={
                "TRIMTAB_HOME": str(registry.state.root),
                "HF_DATASETS_CACHE": str(registry.state.cache / "datasets"),
            },
        )  # fmt: skip
    except DagsterPipesExecutionError as error:
        why = told.read_text() if told.exists() else f"{error}: see the run's stderr for the cause"
        raise ModelFailed(why) from error


def write_config(
    output: Path, name: str, how: Derivation, settings: BaseModel, system_prompt: str | None
) -> Path:
    """The run's config file, which anybody can pass to the trainer by hand."""
    base, dataset = how.inputs[:2]
    config: dict[str, Any] = {
        "name": name, "base": str(base), "dataset": str(dataset), "output": str(output),
        "settings": settings.model_dump(mode="json"),
        "system_text": fill(system_prompt) if system_prompt else None,
    }  # fmt: skip
    with durable(output / "run.json") as temporary:
        temporary.write_text(json.dumps(config, indent=2))
    return output / "run.json"


def register(registry: Registry, name: str, output: Path, how: Derivation) -> Version:
    """Move a finished model to its place by fingerprint, and record it as passed."""
    trained = output / "model"
    identity = json.loads((trained / "manifest.json").read_text())["fingerprint"]
    folder = registry.state.models / name / identity[:16]
    folder.parent.mkdir(parents=True, exist_ok=True)
    if not folder.exists():
        trained.rename(folder)
    version = registry.commit_model(name, folder, identity, how)
    version = registry.record_checks(version, [])
    shutil.rmtree(output, ignore_errors=True)
    return version


def read_manifest(registry: Registry, version: Version) -> dict[str, Any]:
    """The manifest of a trained model version."""
    manifest: dict[str, Any] = json.loads((registry.folder(version) / "manifest.json").read_text())
    return manifest
