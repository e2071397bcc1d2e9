"""Dataset assets: made once per recipe, audited, then published."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import dagster as dg
import duckdb

from assets.building.automation import allow
from assets.building.inputs import Materials, OpenBackend, open_local
from assets.building.recipe import Recipe
from assets.profile.profile import Profile
from assets.ui.metadata import check_results, column_schema, dataset_metadata
from datasets_registry.errors import TrimtabError
from datasets_registry.registry import Registry
from datasets_registry.rows.row import Row
from datasets_registry.state import State
from datasets_registry.store.staging import Rows
from datasets_registry.version import Version
from datasets_registry.views.scanning import scanning
from quality.auditing.publishing import publish
from quality.checks.check import create_view

MODEL_POOL = "gpu"
Build = Callable[[Materials], Rows]
Metadata = Callable[[Sequence[Any]], dict[str, Any]]
Query = Callable[["duckdb.DuckDBPyConnection"], dict[str, Any]]


@contextmanager
def failures_as_sentences() -> Iterator[None]:
    """Show a TrimtabError as its sentence in the UI, and do not retry it."""
    try:
        yield
    except TrimtabError as error:
        raise dg.Failure(description=str(error), allow_retries=False) from error


def reporter(context: dg.AssetExecutionContext) -> Callable[[str], None]:
    """Progress lines to Dagster's log, and to the terminal of whoever started the run."""

    def report(line: str) -> None:
        context.log.info(line)
        print(line, file=sys.stdout, flush=True)

    return report


def open_registry(profile: Profile) -> Registry:
    """The registry, after making sure that its disk can take more."""
    state = State().prepare(profile.min_free_gb)
    os.environ.setdefault("MPLCONFIGDIR", str(state.cache / "matplotlib"))
    return Registry(state)


def dataset_asset(
    recipe: Recipe,
    row: type[Row],
    build: Build,
    profile: Profile,
    *,
    group: str,
    generates: bool = False,
    shown: Metadata | None = None,
    queried: Query | None = None,
    backend: OpenBackend = open_local,
) -> dg.AssetsDefinition:
    """An asset that commits ``build``'s rows, runs their checks, and passes them or not.

    A recipe whose inputs, settings and code made a passed version before is not run again. What the UI
    shows comes of all rows by ``shown``, or of SQL over the view ``this`` by ``queried`` where they are many.
    """

    @dg.asset(
        name=recipe.name,
        deps=list(recipe.inputs),
        description=row.grain,
        group_name=group,
        kinds={"parquet", "duckdb"},
        code_version=recipe.code_version,
        metadata={"dagster/column_schema": column_schema(row)},
        pool=MODEL_POOL if generates else None,
        check_specs=[
            dg.AssetCheckSpec(
                one.name,
                asset=recipe.name,
                blocking=one.severity == "error",
                description=f"Catches {one.catches}.",
            )
            for one in recipe.checks
        ],
    )
    # Dagster takes a generic annotation beside check_specs for a tuple of outputs
    def materialize(context: dg.AssetExecutionContext) -> dg.MaterializeResult:  # type: ignore[type-arg]
        with failures_as_sentences():
            registry = open_registry(profile)
            how = recipe.derivation(registry, context.run.run_id)
            report = reporter(context)
            version = registry.find(recipe.name, how.recipe)
            if version:
                registry.reuse(version, how)
                report(f"{version}: unchanged, nothing to do")
            else:
                if generates:
                    allow(context, profile.rebuild)
                materials = Materials(recipe.name, profile, registry, how, report, backend)
                version = publish(registry, row, build(materials), how, recipe.name)
                report(f"{version}: {version.num_rows} rows, {version.status}")
            return result(registry, row, version, shown, queried)

    return materialize


def result(
    registry: Registry, row: type[Row], version: Version, shown: Metadata | None, queried: Query | None
) -> dg.MaterializeResult[None]:
    """What Dagster keeps of a materialization."""
    metadata = dataset_metadata(version, next(registry.batches(version)))
    if shown:
        metadata |= shown(registry.rows(row, version))
    if queried:
        with scanning(registry.state) as connection:
            create_view(connection, "this", registry, [version])
            metadata |= queried(connection)
    return dg.MaterializeResult(
        data_version=dg.DataVersion(version.data_version),
        metadata=metadata,
        check_results=check_results(version.name, registry.checks(version)),
    )
