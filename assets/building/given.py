"""Given models: found, downloaded or converted once; their content is seen by fingerprint."""

from collections.abc import Callable, Sequence
from pathlib import Path

import dagster as dg

from assets.building.declared import Given
from assets.building.opening import MODEL_POOL, failures_as_sentences, open_ready, reporter
from assets.building.versions import Recipes
from assets.profile.models import GivenModel
from assets.profile.profile import Profile
from assets.ui.keys import key_of
from datasets_registry.cards.markdown import cell
from datasets_registry.errors import OverBudget
from datasets_registry.hosted import read_hosted
from datasets_registry.inspecting.origins import hub_commit
from datasets_registry.registry import Registry
from datasets_registry.version import Derivation, Version
from generation.capabilities.probing import KINDS, most, probe_stated
from generation.capabilities.stored import stored_beside
from generation.engine import server_of
from generation.models.folder import fingerprint
from generation.models.loading import require_sound
from generation.models.sources import resolve_model
from generation.spending import Meter
from generation.templates.pinning import Steady, steady_folder


def given_asset(model: Given, recipes: Recipes, profile: Profile) -> dg.AssetsDefinition:
    """An asset that finds the model, and records a version where its content is new."""
    recipe, section = recipes.recipes[model.name], model.section

    @dg.asset(
        key=key_of(recipes.key(recipe.name)),
        group_name=model.group,
        kinds={section.backend} if section.hosted else {"safetensors"},
        description=cell(_described(section)),
        code_version=recipe.version,
        pool=MODEL_POOL,
    )
    def materialize(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        with failures_as_sentences():
            registry, report = open_ready(context, recipes, profile), reporter(context)
            how = recipes.versions(registry, context.run.run_id).derivation(recipe.name)
            before = registry.newest(recipe.name, how.recipe)
            folder, pins = _found(section, registry, lambda line: report(f"{recipe.name}: {line}"))
            for line in (_moved(registry, before, section, folder), _told(pins)):
                if line:
                    report(f"{recipe.name}: {line}")
            version = register_given(registry, recipe.name, how, folder)
            stated = _stated(section, folder)
            serves = _serves(recipe.name, section, folder, profile, registry.state.models, report)
            report(f"{version}: {section.known_as}{f' at {stated}' if stated else ''}")
            return dg.MaterializeResult(
                data_version=dg.DataVersion(version.data_version),
                metadata={
                    "version": version.number,
                    "model": section.known_as,
                    "folder": str(folder),
                    **({"stated" if section.hosted else "commit": stated} if stated else {}),
                    **({"template": _told(pins)} if pins else {}),
                    **({"server": serves} if serves else {}),
                },
            )

    return materialize


def _described(section: GivenModel) -> str:
    if section.hosted:
        return f"The model {section.known_as} as its server states it; its weights are the server's."
    return f"The model {section.model} as given: weights, tokenizer and chat template."


def _found(section: GivenModel, registry: Registry, report: Callable[[str], None]) -> Steady:
    """The model's folder: what its server states of it, or its files with a template that is held fast."""
    models = registry.state.models
    if section.hosted:
        from generation.backends import HOSTED
        from generation.remote.stating import stated_folder

        server = server_of(section.backend, section.engine)
        backend = HOSTED[section.backend]
        return Steady(stated_folder(models, server, section.engine, backend, section.thinking))
    given = resolve_model(section.model, models, section.revision, report)
    return steady_folder(given, models, section.thinking, section.system)


def _serves(
    name: str,
    section: GivenModel,
    folder: Path,
    profile: Profile,
    models: Path,
    report: Callable[[str], None],
) -> str | None:
    """What a hosted model's server serves: probed once for each fingerprint, where the budget allows it."""
    if not section.hosted or section.backend not in KINDS:
        return None
    probe = stored_beside(folder, section.backend, section.engine)
    if probe is None or len(probe.names("unknown")) == len(probe.capabilities):
        plan = most(section.price)
        try:
            Meter(section.price, profile.budget).allow(f"{name}: the probe of its server", plan)
        except OverBudget as error:
            report(f"{error}; the server is not probed")
            return None
        report(f"{name}: probing what {section.known_as} serves; {plan}")
        probe = probe_stated(models, folder, section.backend, section.engine)
    report(f"{name}: on {probe.at:%Y-%m-%d} {section.known_as} {probe.summary}")
    return probe.summary


def _stated(section: GivenModel, folder: Path) -> str | None:
    """The commit, or the version that the server states, that ``folder`` stands for."""
    hosted = read_hosted(folder)
    return hosted.stated if hosted else hub_commit(folder, section.model)


def _told(pins: Sequence[str]) -> str | None:
    """What of the model's chat template was held fast, if anything was."""
    return f"its chat template is held fast, so that {' and '.join(pins)}" if pins else None


def register_given(registry: Registry, model: str, how: Derivation, folder: Path) -> Version:
    """The version with the content of ``folder``, new or the one that this recipe made last.

    Raises BadInput where weights are missing, of another model or no numbers; nothing is registered then.
    """
    identity, made = fingerprint(folder), registry.made(model, how)
    if made and made[0].data_version == identity and registry.place(made[0]).resolve() == folder.resolve():
        return registry.reuse(*made)
    if read_hosted(folder) is None:
        require_sound(folder)
    return registry.record_checks(registry.commit_model(model, folder, identity, how), [])


def _moved(registry: Registry, before: Version | None, section: GivenModel, folder: Path) -> str | None:
    """That a branch, a tag or an alias names another model than before, if it does."""
    earlier = _stated(section, registry.small_files(before)) if before else None
    commit = _stated(section, folder)
    if earlier is None or commit is None or earlier == commit:
        return None
    if section.hosted:
        return f"{section.known_as} moved from {earlier} to {commit}: what it made is made again"
    return (
        f"{section.revision or 'the main branch'} moved from {earlier} to {commit}: `revision` pins a commit"
    )
