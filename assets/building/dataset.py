"""Dataset assets: made once per recipe, audited, then published."""

from collections.abc import Container, Iterator, Mapping
from itertools import chain

import dagster as dg

from assets.building.automation import require_hours
from assets.building.check_specs import blocking, check_spec
from assets.building.declared import Dataset, Names
from assets.building.inputs import GivenInputs, GivenModels, GraphModel, OpenBackend, Report
from assets.building.opening import failures_as_sentences, open_ready, pool_of, reporter
from assets.building.review.carried import carried
from assets.building.review.waiting import waiting_asset
from assets.building.rounds.halting import NO_LABELS, stopped, without_rows
from assets.building.serving import require_served
from assets.building.versions import Recipes, Versions
from assets.profile.profile import Profile
from assets.runs.draws import draws_of
from assets.ui.keys import key_of
from assets.ui.metadata import check_results, column_schema, dataset_metadata, generation_metadata
from assets.ui.red import details_of
from assets.ui.summaries import TOLD, summary_of
from datasets_registry.registry import Registry
from datasets_registry.version import Version
from generation.request import drawing
from generation.spending import Meter
from methods.templates import only
from quality.auditing.publishing import publish


def dataset_asset(
    dataset: Dataset, recipes: Recipes, profile: Profile, backend: OpenBackend
) -> dg.AssetsDefinition:
    """An asset that commits what its method makes, runs the checks, and passes the version or not.

    A recipe whose inputs, settings and code made a passed version before is not run again.
    """
    recipe, method = recipes.recipes[dataset.name], dataset.method

    # Dagster takes a generic annotation beside check_specs for a tuple of outputs
    def materialize(context: dg.AssetExecutionContext) -> dg.MaterializeResult:  # type: ignore[type-arg]
        with failures_as_sentences():
            registry, report = open_ready(context, recipes, profile), reporter(context)
            spent: dict[str, float | str] = {}
            versions = recipes.versions(registry, context.run.run_id, draws=draws_of(context.run.tags))
            made, why = versions.made(recipe.name), stopped(versions, dataset.unless)
            if made:
                version = registry.reuse(*made)
                report(f"{version}: unchanged, nothing to do")
            elif why:
                version = without_rows(dataset, versions, recipe.checks, why)
                report(f"{version}: nothing is made, as {why}")
            elif agreement := carried(dataset, versions):
                version = agreement
                report(f"{version}: carried over from pairs that are nearly the same")
            else:
                if dataset.generates:
                    require_hours(context, profile.rebuild)
                    require_served([dataset], profile, registry.state)
                meter = Meter(budget=profile.budget)
                version = _make(dataset, versions, profile, report, backend, meter)
                spent = generation_metadata(meter.total)
                report(f"{version}: {version.num_rows} rows, {version.status}")
            return _result(registry, dataset, version, blocking(recipe.checks), why, spent)

    asset = dg.asset(
        key=key_of(recipes.key(recipe.name)),
        deps=[key_of(recipes.key(source)) for source in recipe.inputs],
        description=method.rows.grain,
        group_name=dataset.group,
        kinds={"parquet", "duckdb"},
        code_version=recipe.version,
        metadata={"dagster/column_schema": column_schema(method.rows)},
        pool=pool_of(profile, _asked(dataset)) if dataset.generates else None,
        check_specs=[check_spec(recipes.key(recipe.name), check) for check in recipe.checks],
    )(materialize)
    return waiting_asset(asset, materialize) if dataset.may_wait else asset


def _asked(dataset: Dataset) -> Iterator[str]:
    yield from (model for models in dataset.models.values() for model in models)


def _make(
    dataset: Dataset,
    versions: Versions,
    profile: Profile,
    report: Report,
    backend: OpenBackend,
    meter: Meter,
) -> Version:
    """Run the method on exactly today's inputs, and let the checks decide."""
    registry, how, method = versions.registry, versions.derivation(dataset.name), dataset.method
    exact = {version.name: version for version in how.inputs}
    inputs = GivenInputs(
        registry, {role: _versions_of(exact, names) for role, names in dataset.inputs.items()}
    )
    models = GivenModels(
        {
            role: tuple(
                GraphModel(
                    model,
                    profile.given(model.name),
                    registry,
                    dataset.name,
                    report,
                    meter,
                    backend,
                    dataset.marks_of(model.name),
                )
                for model in _versions_of(exact, names)
            )
            for role, names in dataset.models.items()
        }
    )
    with only(versions.recipes[dataset.name].texts), drawing(versions.draw(dataset.name)):
        rows = method.run(inputs, models, dataset.settings)
        if dataset.may_lack_rows:
            unread = iter(rows)
            first = next(unread, None)
            if first is None:
                return without_rows(dataset, versions, versions.recipes[dataset.name].checks, NO_LABELS)
            rows = chain([first], unread)
        return publish(registry, method.rows, rows, how, dataset.name)


def _result(
    registry: Registry,
    dataset: Dataset,
    version: Version,
    blocks: Container[str],
    why: str | None,
    spent: Mapping[str, float | str],
) -> dg.MaterializeResult[None]:
    """What Dagster keeps of a materialization; ``why`` rounds have stopped, where there are no rows.

    ``spent`` says what was generated for it.
    """
    row = dataset.method.rows
    figures = {**spent, **({"why": why} if why else summary_of(registry, row, version))}
    return dg.MaterializeResult(
        data_version=dg.DataVersion(version.learned_version),
        metadata=dataset_metadata(registry, row, version, figures, sampled=row not in TOLD),
        check_results=check_results(
            registry.records.line.stored(dataset.name),
            registry.checks(version),
            blocks,
            details_of(registry, version),
        ),
    )


def _versions_of(exact: Mapping[str, Version], dependencies: Names) -> tuple[Version, ...]:
    return tuple(exact[dependency] for dependency in dependencies)
