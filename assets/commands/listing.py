"""trimtab datasets | versions | models: what there is."""

from typing import Annotated

import typer

from assets.commands.planning import planned
from assets.printing import Json, open_state, print_rows
from datasets_registry.listing import list_datasets, list_models, list_versions


def datasets(as_json: Json = False) -> None:
    """Show the newest version of every dataset, with its checks."""
    columns = ("name", "version", "rows", "status", "checks_passed", "checks", "warnings")
    print_rows(list_datasets(open_state()), as_json, columns)


def models(
    stale: Annotated[bool, typer.Option("--stale", help="Only what a rebuild would train, and why.")] = False,
    as_json: Json = False,
) -> None:
    """Show the newest version of every model: base, dataset, loss, and newer passed data it is behind."""
    columns = ["name", "version", "status", "base", "trained_on", "behind", "rows", "loss", "data_version"]
    registry = open_state()
    found = list_models(registry)
    if stale:
        why = {one.name: one.reason for one in planned(registry)[0]}
        found = [one | {"why": why[one["name"]]} for one in found if one["name"] in why]
        columns.insert(2, "why")
    print_rows(found, as_json, columns)


def versions(dataset: str, as_json: Json = False) -> None:
    """Show every version of a dataset or model, oldest first."""
    columns = (
        "name",
        "version",
        "rows",
        "status",
        "checks_passed",
        "checks",
        "data_version",
        "created_at",
    )
    print_rows(list_versions(open_state(), dataset), as_json, columns)
