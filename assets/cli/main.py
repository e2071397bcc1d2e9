"""The command line: trimtab --help shows its commands, each with --json."""

import sys

import typer

from assets.cli.datasets import datasets, pass_version, show, versions
from assets.cli.diff import diff
from assets.cli.explain import explain
from assets.cli.export_data import export_dataset
from assets.cli.import_data import import_dataset
from assets.cli.judges import judges, principles
from assets.cli.keep import keep_command
from assets.cli.ledger import ledger_app
from assets.cli.lineage import lineage
from assets.cli.models import models_app
from assets.cli.planning.plan import plan_command, profiles
from assets.cli.sql import sql
from assets.cli.verify import gc, verify
from datasets_registry.errors import TrimtabError

app = typer.Typer(
    help="Versioned alignment datasets, and the models rebuilt from them when the data changes.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)
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
    profiles,
):
    app.command()(command)
app.command("plan")(plan_command)
app.command("keep")(keep_command)
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
