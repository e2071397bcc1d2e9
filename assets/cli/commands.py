"""The commands: trimtab --help shows them, each with --json."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import cache
from importlib import import_module

import typer

from datasets_registry.errors import BadInput

# where each command is, so that one is imported alone: all of them take seconds
COMMANDS: Mapping[str, tuple[str, str]] = {
    "datasets": ("assets.cli.datasets", "datasets"),
    "versions": ("assets.cli.datasets", "versions"),
    "show": ("assets.cli.datasets", "show"),
    "diff": ("assets.cli.diff", "diff"),
    "explain": ("assets.cli.explain", "explain"),
    "lineage": ("assets.cli.lineage", "lineage"),
    "sql": ("assets.cli.sql", "sql"),
    "principles": ("assets.cli.judges", "principles"),
    "judges": ("assets.cli.judges", "judges"),
    "evaluate": ("assets.cli.evaluating.evaluate", "evaluate"),
    "compare": ("assets.cli.evaluating.compare", "compare"),
    "report": ("assets.cli.evaluating.report", "report"),
    "review": ("assets.cli.reviewing.review", "review_app"),
    "studio": ("assets.cli.viewing.studio", "studio"),
    "verify": ("assets.cli.verify", "verify"),
    "gc": ("assets.cli.verify", "gc"),
    "profiles": ("assets.cli.planning.plan", "profiles"),
    "backends": ("assets.cli.planning.backends", "backends"),
    "doctor": ("assets.cli.planning.doctor", "doctor"),
    "plan": ("assets.cli.planning.plan", "plan_command"),
    "keep": ("assets.cli.planning.keep", "keep_command"),
    "pass": ("assets.cli.datasets", "pass_version"),
    "export": ("assets.cli.export_data", "export_dataset"),
    "import": ("assets.cli.import_data", "import_dataset"),
    "models": ("assets.cli.models", "models_app"),
    "ledger": ("assets.cli.ledger", "ledger_app"),
}


def app_of(names: Iterable[str]) -> typer.Typer:
    """The command line with these commands alone."""
    app = typer.Typer(
        help="Versioned alignment datasets, and the models rebuilt from them when the data changes.",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
    )
    # with one command alone, typer would take its name for an argument
    app.callback()(lambda: None)
    for name in names:
        module, attribute = COMMANDS[name]
        command = getattr(import_module(module), attribute)
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=name)
        else:
            app.command(name)(command)
    return app


def asked(arguments: list[str]) -> typer.Typer:
    """The command that ``arguments`` ask for; all of them where they begin with an option, such as --help.

    Raises BadInput where there is no such command.
    """
    name = arguments[0]
    if name.startswith("-"):
        return _whole()
    if name not in COMMANDS:
        near = get_close_matches(name, COMMANDS, n=1)
        meant = f"did you mean `trimtab {near[0]}`? " if near else ""
        raise BadInput(f"no command {name!r}: {meant}`trimtab --help` shows what there is")
    return app_of([name])


@cache
def _whole() -> typer.Typer:
    return app_of(COMMANDS)


def __getattr__(name: str) -> typer.Typer:
    if name == "app":
        return _whole()
    raise AttributeError(name)
