"""The commands: trimtab --help shows them in groups, each has --json."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from importlib.metadata import version as installed
from typing import TYPE_CHECKING, Annotated, cast

import typer
from typer.core import TyperGroup
from typer.main import get_command

from assets.cli.experiments.option import all_in_experiment, in_experiment
from datasets_registry.errors import BadInput

if TYPE_CHECKING:
    from typer._click import Command, Context, HelpFormatter
    from typer._click.shell_completion import CompletionItem

_WHAT = "Versioned alignment datasets, and the models rebuilt from them when the data changes."
# where each command is, so that one is imported alone; what is slow it imports where it runs, so that its
# help is quick
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
    "runs": ("assets.cli.viewing.runs", "runs"),
    "verify": ("assets.cli.verify", "verify"),
    "gc": ("assets.cli.upkeep.gc", "gc"),
    "profiles": ("assets.cli.planning.plan", "profiles"),
    "backends": ("assets.cli.planning.backends", "backends"),
    "doctor": ("assets.cli.planning.doctor", "doctor"),
    "plan": ("assets.cli.planning.plan", "plan_command"),
    "build": ("assets.cli.planning.build", "build_command"),
    "init": ("assets.cli.starting.init", "init"),
    "keep": ("assets.cli.planning.keep", "keep_command"),
    "pass": ("assets.cli.datasets", "pass_version"),
    "tag": ("assets.cli.upkeep.tag", "tag_command"),
    "rm": ("assets.cli.upkeep.remove", "remove_command"),
    "pull": ("assets.cli.upkeep.pull", "pull_command"),
    "export": ("assets.cli.export_data", "export_dataset"),
    "import": ("assets.cli.import_data", "import_dataset"),
    "models": ("assets.cli.models", "models_app"),
    "ledger": ("assets.cli.ledger", "ledger_app"),
}

# the first screen, in the first lines of the commands' own help, which takes seconds to import
GROUPS: Mapping[str, Mapping[str, str]] = {
    "Build": {
        "init": "Write a short, commented profile for a purpose.",
        "plan": "Show what a rebuild would make, why, and its cost so far.",
        "build": "Build what is not up to date, with what stands upstream.",
        "profiles": "Show the profiles that build in this state folder.",
        "backends": "Show what the models' servers serve, ignore or refuse.",
        "keep": "Let versions of earlier code count as made by today's.",
        "pass": "Pass a version by hand although a blocking check is red.",
    },
    "Look": {
        "datasets": "List every dataset: newest version, rows and checks.",
        "models": "List models: base, data, loss, and newer data to train on.",
        "versions": "List all versions of a dataset or model, oldest first.",
        "show": "Show one version: status, columns, checks, inputs, rows.",
        "explain": "Trace a row to its inputs, principle and model calls.",
        "diff": "Compare two versions, and explain flipped labels.",
        "lineage": "Show what a version was made from, or what uses it.",
        "sql": "Query datasets, models and completions with DuckDB SQL.",
        "runs": "List runs: how each stands, its time, rate and cost.",
        "ledger": "Sum stored completions and their cost by model and asset.",
        "studio": "Look at datasets, models and labels in a browser.",
    },
    "Review": {
        "review": "Show how far people's review is, and what the gate says.",
        "judges": "Show judges' certificates, or figures on suites or debates.",
        "principles": "Show what each principle did, or one's weakest rows.",
    },
    "Evaluate": {
        "evaluate": "Measure a model on the profile's suites.",
        "compare": "Compare two evaluated models, item by item.",
        "report": "Write a page about a model's evaluation.",
    },
    "Bring in, take out": {
        "import": "Import a file or Hub dataset as a version of a dataset.",
        "export": "Write a dataset version as files, with a dataset card.",
    },
    "Keep in order": {
        "doctor": "Show what is wrong here, and what to do for each.",
        "verify": "Hash stored data and models again, and rerun the checks.",
        "pull": "Fetch versions from the bucket, so that SQL shows them.",
        "tag": "Give a version a name, such as paper; list tags without one.",
        "rm": "Remove versions that nothing stands on.",
        "gc": "List files that nothing needs; --remove deletes them.",
    },
}
# those that look at, or build, what an experiment has
IN_EXPERIMENTS = (
    *("plan", "build", "keep", "pass", "datasets", "versions", "show", "explain", "diff", "lineage", "sql"),
    *("studio", "judges", "principles", "evaluate", "compare", "report", "export", "models", "review"),
    *("tag", "rm", "pull"),
)
SUMMARIES = {name: summary for group in GROUPS.values() for name, summary in group.items()}


class Overview(TyperGroup):
    """Every command by group; one is imported when it is asked for."""

    def list_commands(self, ctx: "Context") -> list[str]:
        """The names, in the order of their groups."""
        return list(SUMMARIES)

    def get_command(self, ctx: "Context", cmd_name: str) -> "Command | None":
        """The command, imported now."""
        if cmd_name not in COMMANDS:
            return None
        return cast(TyperGroup, get_command(app_of([cmd_name]))).commands[cmd_name]

    def format_commands(self, ctx: "Context", formatter: "HelpFormatter") -> None:
        """Write each group with its commands, all in the same two columns."""
        width = max(map(len, SUMMARIES))
        for title, group in GROUPS.items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(width), summary) for name, summary in group.items()])

    def shell_complete(self, ctx: "Context", incomplete: str) -> "list[CompletionItem]":
        """The commands that begin so, with what they do."""
        from typer._click.shell_completion import CompletionItem

        begun = (name for name in SUMMARIES if name.startswith(incomplete))
        return [CompletionItem(name, help=SUMMARIES[name]) for name in begun]


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"trimtab {installed('trimtab')}")
        raise typer.Exit


Version = Annotated[
    bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
]


def overview() -> typer.Typer:
    """The command line as `trimtab --help` shows it."""
    app = typer.Typer(
        cls=Overview,
        help=_WHAT,
        epilog="`trimtab COMMAND --help` says more of each. Begin with `trimtab plan`.",
        no_args_is_help=True,
        rich_markup_mode=None,
        context_settings={"max_content_width": 120},
    )

    @app.callback()
    def first(version: Version = False) -> None:
        pass

    return app


def app_of(names: Iterable[str]) -> typer.Typer:
    """The command line with these commands alone."""
    app = typer.Typer(
        help=_WHAT,
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
            app.add_typer(all_in_experiment(command) if name in IN_EXPERIMENTS else command, name=name)
        else:
            app.command(name)(in_experiment(command) if name in IN_EXPERIMENTS else command)
    return app


def asked(arguments: list[str]) -> typer.Typer:
    """The command that ``arguments`` ask for; the overview where they begin with an option, such as --help.

    Raises BadInput where there is no such command.
    """
    name = arguments[0]
    if name.startswith("-"):
        return overview()
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
