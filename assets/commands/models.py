"""trimtab models [show | export] NAME: which models there are, what one is, and one as a folder."""

from typing import Annotated

import typer

from assets.commands.model_exporting import export_command
from assets.commands.model_show import show_command
from assets.commands.planning import planned
from assets.printing import Json, open_state, print_rows
from datasets_registry.inspecting.listing import list_models

models_app = typer.Typer(rich_markup_mode=None)
models_app.command("show")(show_command)
models_app.command("export")(export_command)


@models_app.callback(invoke_without_command=True)
def models(
    context: typer.Context,
    stale: Annotated[bool, typer.Option("--stale", help="Only what a rebuild would train, and why.")] = False,
    as_json: Json = False,
) -> None:
    """Show the newest version of every model: base, dataset, loss, and newer passed data it is behind."""
    if context.invoked_subcommand:
        return
    columns = ["name", "version", "status", "base", "trained_on", "behind", "rows", "loss", "data_version"]
    registry = open_state()
    found = list_models(registry)
    if stale:
        why = {one.name: one.reason for one in planned(registry)[0]}
        found = [one | {"why": why[one["name"]]} for one in found if one["name"] in why]
        columns.insert(2, "why")
    print_rows(found, as_json, columns)
