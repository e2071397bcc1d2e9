"""The model that a round hands on: its own policy, or the last healthy one before it."""

import dagster as dg

from assets.building.declared import Released
from assets.building.opening import failures_as_sentences, open_ready, reporter
from assets.building.rounds.halting import handed_on, stopped
from assets.building.versions import Recipes
from assets.profile.profile import Profile
from assets.ui.keys import key_of
from assets.ui.rounds import released_metadata, trained_as


def released_asset(model: Released, recipes: Recipes, profile: Profile) -> dg.AssetsDefinition:
    """An asset that records a model under another name, without a copy of its weights."""
    recipe, section = recipes.recipes[model.name], model.section

    @dg.asset(
        key=key_of(recipes.key(recipe.name)),
        deps=[key_of(recipes.key(source)) for source in recipe.inputs],
        description=_description(model),
        group_name=model.group,
        kinds={"safetensors"},
        code_version=recipe.version,
    )
    def materialize(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        with failures_as_sentences():
            registry, report = open_ready(context, recipes, profile), reporter(context)
            versions = recipes.versions(registry, context.run.run_id)
            why = stopped(versions, section.verdict)
            chosen = versions.passed(section.base if why else section.policy)
            made = versions.made(recipe.name)
            if made:
                version = registry.reuse(*made)
            else:
                how = versions.derivation(recipe.name)
                version = handed_on(registry, recipe.name, chosen, how, (), why or "handed on as it is")
            report(f"{version}: the weights of {chosen}{f', as {why}' if why else ''}")
            verdict = versions.passed(section.verdict)
            return dg.MaterializeResult(
                data_version=dg.DataVersion(version.data_version),
                metadata={
                    "version": version.number,
                    "weights": str(trained_as(registry, chosen)),
                    **released_metadata(registry, verdict),
                },
            )

    return materialize


def _description(model: Released) -> str:
    section = model.section
    if section.policy == section.base:
        return f"The model {section.policy} under the name of its rounds."
    return f"The model that the round hands on: {section.policy}, or {section.base} where the verdict stops."
