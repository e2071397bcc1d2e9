"""The commands: trimtab --help shows them, each with --json."""

import typer

from assets.cli.datasets import datasets, pass_version, show, versions
from assets.cli.diff import diff
from assets.cli.explain import explain
from assets.cli.export_data import export_dataset
from assets.cli.import_data import import_dataset
from assets.cli.judges import judges, principles
from assets.cli.ledger import ledger_app
from assets.cli.lineage import lineage
from assets.cli.models import models_app
from assets.cli.planning.doctor import doctor
from assets.cli.planning.keep import keep_command
from assets.cli.planning.plan import plan_command, profiles
from assets.cli.sql import sql
from assets.cli.verify import gc, verify

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
    doctor,
):
    app.command()(command)
app.command("plan")(plan_command)
app.command("keep")(keep_command)
app.command("pass")(pass_version)
app.command("export")(export_dataset)
app.command("import")(import_dataset)
app.add_typer(models_app, name="models")
app.add_typer(ledger_app, name="ledger")
