"""Model assets: trained in a process of their own by Dagster Pipes, once per recipe."""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import dagster as dg

from assets.building.automation import require_hours
from assets.building.check_specs import blocking, check_spec
from assets.building.declared import Trained
from assets.building.inputs import Report
from assets.building.opening import failures_as_sentences, open_ready, pool_of_trainers, reporter
from assets.building.rounds.halting import handed_on, stopped
from assets.building.trainer.finished import is_finished, put_away
from assets.building.trainer.process import run_trainer
from assets.building.trainer.ray_job import run_job
from assets.building.training_run import TrainerRun, failed_checks, lacked_rows, prepare
from assets.building.versions import Recipes, Versions
from assets.profile.models import TrainedModel
from assets.profile.profile import Profile
from assets.ui.keys import key_of
from assets.ui.metadata import check_results, dataset_metadata, model_metadata
from assets.ui.red import model_details_of
from datasets_registry.errors import ModelFailed
from datasets_registry.exporting.places import ROLLOUTS
from datasets_registry.manifest import Manifest
from datasets_registry.registry import Registry
from datasets_registry.rows.rounds.rollouts import Rollout
from datasets_registry.version import Derivation, Version
from quality.auditing.publishing import publish
from quality.checks.models import ModelCheck, check_manifest, model_checks


def model_asset(model: Trained, recipes: Recipes, profile: Profile) -> dg.AssetsDefinition:
    """Run the model's trainer once for each recipe, on exactly the versions that fill its roles."""
    recipe, checks = recipes.recipes[model.name], model_checks(model.trainer.kind)
    section = model.section

    @dg.asset(
        key=key_of(recipes.key(recipe.name)),
        deps=[key_of(recipes.key(source)) for source in recipe.inputs],
        description=f"A model: {section.base} after training.{section.trainer}{_learned_from(section)}.",
        group_name=model.group,
        kinds={"pytorch", "safetensors"},
        code_version=recipe.version,
        pool=pool_of_trainers(profile),
        check_specs=[check_spec(recipes.key(recipe.name), check) for check in checks],
    )
    # Dagster takes a generic annotation beside check_specs for a tuple of outputs
    def materialize(context: dg.AssetExecutionContext, pipes: dg.PipesSubprocessClient) -> Iterator[Any]:
        with failures_as_sentences():
            registry, report = open_ready(context, recipes, profile), reporter(context)
            versions = recipes.versions(registry, context.run.run_id)
            made, why = versions.made(recipe.name), stopped(versions, model.unless)
            if made:
                version = registry.reuse(*made)
                report(f"{version}: unchanged, not trained")
            elif why:
                version = _its_base(model, versions, checks, why, report)
            else:
                require_hours(context, profile.rebuild)
                run = prepare(model, versions, profile)
                for line in run.announcement:
                    report(f"{recipe.name}: {line}")
                try:
                    if is_finished(registry.state, run.output):
                        report(f"{recipe.name}: trained already, and not recorded yet")
                    else:
                        _train(context, pipes, run, profile, registry)
                except ModelFailed as failure:
                    if not (model.may_lack_rows and lacked_rows(run.output, section.training)):
                        failed = failed_checks(checks, run.output, section.training)
                        yield from check_results(recipes.key(recipe.name), failed, blocking(checks))
                        raise
                    version = _its_base(model, versions, checks, str(failure), report)
                else:
                    version = register(registry, recipe.name, run.output, run.derivation, checks)
                    report(f"{version}: trained, {version.status}")
                    for event in _rollout_events(registry, version):
                        context.log_event(event)
            manifest = Manifest.read(registry.small_files(version))
            details = model_details_of(version, checks, manifest.rows.get("given", 0))
            yield dg.MaterializeResult(
                data_version=dg.DataVersion(version.data_version),
                metadata=model_metadata(version, manifest),
                check_results=check_results(
                    recipes.key(recipe.name), registry.checks(version), blocking(checks), details
                ),
            )

    return materialize


def _train(
    context: dg.AssetExecutionContext,
    pipes: dg.PipesSubprocessClient,
    run: TrainerRun,
    profile: Profile,
    registry: Registry,
) -> None:
    if profile.launch.on == "ray":
        run_job(context, registry, profile, run.command, run.config, reporter(context))
    else:
        run_trainer(context, pipes, run.command, run.config, registry)


def _its_base(
    model: Trained, versions: Versions, checks: Sequence[ModelCheck], why: str, report: Report
) -> Version:
    """A version of the model with the weights of its base, which has nothing to learn."""
    base, how = versions.passed(model.section.base), versions.derivation(model.name)
    version = handed_on(versions.registry, model.name, base, how, checks, why)
    report(f"{version}: the weights of {base}, as {why}")
    return version


def _learned_from(section: TrainedModel) -> str:
    parts = section.training.further_models
    return f" with {', '.join(parts)}" if parts else f" on {section.dataset}"


def register(
    registry: Registry, name: str, output: Path, how: Derivation, checks: Sequence[ModelCheck]
) -> Version:
    """Move a finished model to its place by fingerprint, and record what its checks find.

    What it was trained on as it came is committed first, so that no passed model lacks its rollouts.
    """
    folder = put_away(registry.state, name, output)
    manifest = Manifest.read(folder)
    version = registry.commit_model(name, folder, manifest.fingerprint, how)
    register_rollouts(registry, version, output / ROLLOUTS, how)
    version = registry.record_checks(version, [check_manifest(check, manifest) for check in checks])
    shutil.rmtree(output, ignore_errors=True)
    return version


def rollouts_of(model: str) -> str:
    """The dataset of what ``model`` saw in its training; all of them together are the view `rollouts`."""
    return f"{Rollout.dataset}/{model.replace('/', '_')}"


def register_rollouts(registry: Registry, model: Version, path: Path, how: Derivation) -> Version | None:
    """Commit what an online trainer saw, with lineage to all that the model has and the model itself.

    None where its run kept nothing.
    """
    if not path.exists():
        return None
    import pyarrow.parquet as pq

    lineage = how.model_copy(update={"inputs": (*how.inputs, model)})
    with pq.ParquetFile(path) as file:
        return publish(registry, Rollout, file.iter_batches(), lineage, rollouts_of(model.name))


def _rollout_events(registry: Registry, model: Version) -> Iterator[dg.AssetMaterialization]:
    """What the UI shows of the rollouts that were committed with ``model``."""
    rollouts = registry.latest(rollouts_of(model.name))
    if rollouts is not None and model in registry.derivation(rollouts).inputs:
        metadata = dataset_metadata(registry, Rollout, rollouts)
        key = key_of(registry.records.line.stored(rollouts.name))
        yield dg.AssetMaterialization(key, Rollout.grain, metadata)
