"""Given models: found, downloaded or converted once; their content is seen by fingerprint."""

import dagster as dg

from assets.building.declared import Given
from assets.building.opening import MODEL_POOL, failures_as_sentences, open_registry, reporter
from assets.building.versions import Recipes
from assets.profile.profile import Profile
from assets.ui.keys import key_of
from datasets_registry.registry import Registry
from datasets_registry.version import Derivation, Version
from generation.models.folder import fingerprint, resolve_model


def given_asset(model: Given, recipes: Recipes, profile: Profile) -> dg.AssetsDefinition:
    """An asset that finds the model, and records a version where its content is new."""
    recipe, source = recipes.recipes[model.name], model.section.model

    @dg.asset(
        key=key_of(recipe.name),
        group_name=model.group,
        kinds={"safetensors"},
        description=f"The model {source} as given: weights, tokenizer and chat template.",
        code_version=recipe.version,
        pool=MODEL_POOL,
    )
    def materialize(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        with failures_as_sentences():
            registry = open_registry(profile)
            folder = resolve_model(source, registry.state.models)
            how = recipes.versions(registry, context.run.run_id).derivation(recipe.name)
            version = _same_content(registry, recipe.name, how, fingerprint(folder))
            if version is None:
                version = registry.commit_model(recipe.name, folder, fingerprint(folder), how)
                version = registry.record_checks(version, [])
            reporter(context)(f"{version}: {source}")
            return dg.MaterializeResult(
                data_version=dg.DataVersion(version.data_version),
                metadata={"version": version.number, "model": source, "folder": str(folder)},
            )

    return materialize


def _same_content(registry: Registry, model: str, how: Derivation, identity: str) -> Version | None:
    """The version with this content that this recipe made last, which is the newest again."""
    made = registry.made(model, how)
    if made is None or made[0].data_version != identity:
        return None
    return registry.reuse(*made)
