"""`--experiment NAME` of commands: whose datasets and models they build or look at."""

import os
from collections.abc import Callable
from copy import copy
from functools import wraps
from inspect import Parameter, signature
from typing import Annotated, Any, TypeVar

import typer
from typer.models import CommandInfo, TyperInfo

R = TypeVar("R", CommandInfo, TyperInfo)
Named = Annotated[
    str | None,
    typer.Option("--experiment", help="Of this experiment; main is the line of no experiment."),
]


def in_experiment(command: Callable[..., Any]) -> Callable[..., Any]:
    """The command with the option, which for its time stands in place of TRIMTAB_EXPERIMENT."""

    @wraps(command)
    def run(*arguments: Any, experiment: str | None = None, **options: Any) -> Any:
        # settings take a moment to import, which `--help` need not wait for
        from assets.profile.chosen import EXPERIMENT

        before = os.environ.get(EXPERIMENT)
        try:
            if experiment is not None:
                os.environ[EXPERIMENT] = experiment
            return command(*arguments, **options)
        finally:
            os.environ.pop(EXPERIMENT, None)
            if before is not None:
                os.environ[EXPERIMENT] = before

    own = signature(command, eval_str=True)
    option = Parameter("experiment", Parameter.KEYWORD_ONLY, default=None, annotation=Named)
    run.__signature__ = own.replace(parameters=[*own.parameters.values(), option])  # type: ignore[attr-defined]
    return run


def all_in_experiment(app: typer.Typer) -> typer.Typer:
    """The commands of a group, and what it does by itself, each with the option."""
    placed = copy(app)
    placed.registered_commands = [_with_option(command) for command in app.registered_commands]
    if app.registered_callback:
        placed.registered_callback = _with_option(app.registered_callback)
    return placed


def _with_option(registered: R) -> R:
    placed = copy(registered)
    if placed.callback:
        placed.callback = in_experiment(placed.callback)
    return placed
