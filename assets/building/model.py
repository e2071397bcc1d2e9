"""Model assets: trained in a process of their own by Dagster Pipes, once per recipe."""

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import dagster as dg
from dagster._core.errors import DagsterPipesExecutionError
from pydantic import BaseModel

from assets.building.automation import allow
from assets.building.dataset import MODEL_POOL, failures_as_sentences, open_registry, reporter
from assets.building.recipe import Built, Recipe
from assets.building.roles import Roles
from assets.profile.policy import Policy
from assets.profile.profile import Profile
from assets.ui.metadata import check_results, model_metadata
from datasets_registry.errors import ModelFailed
from datasets_registry.manifest import Manifest
from datasets_registry.registry import Registry
from datasets_registry.state import REPOSITORY, durable
from datasets_registry.version import CheckResult, Derivation, Version
from generation.models.folder import fingerprint, resolve_model
from methods.templates import fill, template_path
from quality.checks.models import ModelCheck, TrainerKind, check_manifest, model_checks
from training.trainers import TRAINERS


def given_policy(
    name: str, policy: Policy, grain: str, profile: Profile
) -> tuple[Recipe, dg.AssetsDefinition]:
    """A model that is not trained here, found or converted once; its content is seen by fingerprint."""
    recipe = Recipe(name, settings={"model": policy.model})

    @dg.asset(
        name=recipe.name,
        group_name="models",
        kinds={"safetensors"},
        description=grain,
        code_version=recipe.code_version,
        pool=MODEL_POOL,
    )
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
    name: str,
    trainer: ModuleType,
    roles: Roles,
    settings: BaseModel,
    profile: Profile,
    *,
    grain: str,
    system_prompt: str | None = None,
    more: Mapping[str, Any] | None = None,
    texts: tuple[Path, ...] = (),
    code: tuple[ModuleType, ...] = (),
) -> Built:
    """The model ``name`` that ``trainer`` makes of exactly the versions of ``roles``.

    ``system_prompt`` names what stands before each conversation; ``more`` is what the run is told besides its
    settings and makes the model too, such as how answers are verified, by ``texts`` and ``code`` to which
    no import of the trainer leads.
    """
    more = more or {}
    asked = (template_path(system_prompt),) if system_prompt else ()
    recipe = Recipe(
        name,
        roles.inputs,
        settings=settings.model_dump(mode="json") | dict(more) | profile.launch.recipe,
        texts=(*asked, *texts),
        code=(trainer, *code),
    )
    system_text = fill(system_prompt) if system_prompt else None
    told = {"settings": settings.model_dump(mode="json"), "system_text": system_text, **more}
    return recipe, model_asset(recipe, trainer.__name__, roles, told, profile, grain=grain)


def model_asset(
    recipe: Recipe, module: str, roles: Roles, told: Mapping[str, Any], profile: Profile, *, grain: str
) -> dg.AssetsDefinition:
    """Run the trainer ``module`` once for each recipe; an input beyond its roles must have passed alone.

    ``told`` are the fields of its config that do not depend on versions.
    """
    checks = model_checks(_kind(module))

    @dg.asset(
        name=recipe.name,
        deps=list(recipe.inputs),
        description=grain,
        group_name="models",
        kinds={"pytorch", "safetensors"},
        code_version=recipe.code_version,
        pool=MODEL_POOL,
        check_specs=[
            dg.AssetCheckSpec(
                one.name,
                asset=recipe.name,
                blocking=one.severity == "error",
                description=f"Catches {one.catches}.",
            )
            for one in checks
        ],
    )
    # Dagster takes a generic annotation beside check_specs for a tuple of outputs
    def materialize(context: dg.AssetExecutionContext, pipes: dg.PipesSubprocessClient) -> Iterator[Any]:
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
                exact = roles.exact(how.inputs)
                how_run = {**profile.tracking.told, **profile.launch.told}
                config = write_config(output, recipe.name, exact, {**told, **how_run})
                report(f"{recipe.name}: training on {exact['dataset']} from {exact['base']}")
                for command in profile.launch.elsewhere(module, config):
                    report(f"{recipe.name}: waits until another machine runs `{command}`")
                try:
                    run_trainer(context, pipes, profile.launch.command(module, config), config, registry)
                except ModelFailed:
                    yield from check_results(recipe.name, failed_checks(checks, output, told))
                    raise
                version = register(registry, recipe.name, output, how, checks)
                report(f"{version}: trained, {version.status}")
            yield dg.MaterializeResult(
                data_version=dg.DataVersion(version.data_version),
                metadata=model_metadata(version, read_manifest(registry, version)),
                check_results=check_results(recipe.name, registry.checks(version)),
            )

    return materialize


def _kind(module: str) -> TrainerKind:
    return next((trainer.kind for trainer in TRAINERS.values() if trainer.source == module), "supervised")


def run_trainer(
    context: dg.AssetExecutionContext,
    pipes: dg.PipesSubprocessClient,
    command: list[str],
    config: Path,
    registry: Registry,
) -> None:
    """Run a trainer in processes of its own; raises ModelFailed with its sentence."""
    told = config.with_name("error.txt")
    told.unlink(missing_ok=True)
    try:
        pipes.run(
            context=context,
            cwd=str(REPOSITORY),
            command=command,
            env={
                "TRIMTAB_HOME": str(registry.state.root),
                "HF_DATASETS_CACHE": str(registry.state.cache / "datasets"),
            },
        )
    except DagsterPipesExecutionError as error:
        why = told.read_text() if told.exists() else f"{error}: see the run's stderr for the cause"
        raise ModelFailed(why) from error


def write_config(output: Path, name: str, exact: Mapping[str, Any], told: Mapping[str, Any]) -> Path:
    """The run's config file, which anybody can pass to the trainer by hand."""
    config = {"name": name, "output": str(output), **exact, **told}
    with durable(output / "run.json") as temporary:
        temporary.write_text(json.dumps(config, indent=2))
    return output / "run.json"


def failed_checks(checks: Sequence[ModelCheck], output: Path, told: Mapping[str, Any]) -> list[CheckResult]:
    """The blocking checks that a run which was refused for its rows did not pass."""
    rows = output / "rows.json"
    if not rows.exists():
        return []
    manifest = Manifest(rows=json.loads(rows.read_text()), settings=told["settings"])
    found = [check_manifest(one, manifest) for one in checks if one.severity == "error"]
    return [one for one in found if not one.passed]


def register(
    registry: Registry, name: str, output: Path, how: Derivation, checks: Sequence[ModelCheck]
) -> Version:
    """Move a finished model to its place by fingerprint, and record what its checks find."""
    trained = output / "model"
    manifest = Manifest.read(trained)
    identity = manifest.fingerprint
    folder = registry.state.models / name / identity[:16]
    folder.parent.mkdir(parents=True, exist_ok=True)
    if not folder.exists():
        trained.rename(folder)
    version = registry.commit_model(name, folder, identity, how)
    version = registry.record_checks(version, [check_manifest(one, manifest) for one in checks])
    shutil.rmtree(output, ignore_errors=True)
    return version


def read_manifest(registry: Registry, version: Version) -> dict[str, Any]:
    """The manifest of a trained model version."""
    manifest: dict[str, Any] = json.loads((registry.folder(version) / "manifest.json").read_text())
    return manifest
