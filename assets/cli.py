"""The command line: trimtab --help shows its commands, each with --json."""

import sys

import typer

from assets.commands.auditing import judges, principles
from assets.commands.diff import diff
from assets.commands.explain import explain
from assets.commands.exporting import export_dataset
from assets.commands.importing import import_dataset
from assets.commands.ledger import ledger_app
from assets.commands.lineage import lineage
from assets.commands.listing import datasets, versions
from assets.commands.models import models_app
from assets.commands.passing import pass_version
from assets.commands.planning import plan_command
from assets.commands.show import show
from assets.commands.sql import sql
from assets.commands.upkeep import gc, verify
from datasets_registry.errors import TrimtabError

app = typer.Typer(
    help="Versioned alignment datasets, and the models rebuilt from them when the data changes.",
    no_args_is_help=True, add_completion=False, rich_markup_mode=None,
)  # fmt: skip
for command in (
    datasets,
    versions,
    show,
    diff,
    explain,
    lineage,
    sql,
    principles,
    judges,
    verify,
    gc,
):
    app.command()(command)
app.command("plan")(plan_command)
app.command("pass")(pass_version)
app.command("export")(export_dataset)
app.command("import")(import_dataset)
app.add_typer(models_app, name="models")
app.add_typer(ledger_app, name="ledger")


def main() -> None:
    """Run the command line; errors are one line with the remedy, exit code 2."""
    try:
        app()
    except TrimtabError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
