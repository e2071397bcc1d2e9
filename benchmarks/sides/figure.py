"""A measured figure with its goal, and how a benchmark reports: a table, or JSON, and its exit code."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from functools import partial
from pathlib import Path
from statistics import median
from typing import NoReturn

from pydantic import BaseModel, ConfigDict, TypeAdapter
from rich.console import Console
from rich.table import Table

from datasets_registry.boundary import CommandParser, run_command


class Figure(BaseModel):
    """One figure; ``interval`` is the smallest and largest of the repeats, ``goal`` a bound on ``value``."""

    model_config = ConfigDict(frozen=True)

    name: str
    value: float | None
    unit: str
    interval: tuple[float, float] | None = None
    goal: str | None = None
    holds: bool | None = None


Measure = Callable[[bool], Iterable[Figure]]
"""What measures, quickly or in full."""
KeptMeasure = Callable[[bool, Path | None], Iterable[Figure]]
"""The same where results are kept in a folder, if one is given, so that a killed run goes on."""


def at_most(name: str, value: float, unit: str, goal: float) -> Figure:
    """A figure that must not exceed ``goal``."""
    return Figure(name=name, value=value, unit=unit, goal=f"<= {goal:g}", holds=value <= goal)


def exactly(name: str, value: int, goal: int, unit: str = "count") -> Figure:
    """A count that must be ``goal``."""
    return Figure(name=name, value=value, unit=unit, goal=f"== {goal}", holds=value == goal)


def repeated(name: str, values: Sequence[float], unit: str, goal: str | None = None) -> Figure:
    """The median of ``values`` and whether it keeps ``goal``: a sign, a space and a number."""
    value, holds = median(values), None
    if goal:
        sign, bound = goal.split()
        holds = {"<=": value <= float(bound), ">=": value >= float(bound), "==": value == float(bound)}[sign]
    interval = (min(values), max(values)) if len(values) > 1 else None
    return Figure(name=name, value=value, unit=unit, interval=interval, goal=goal, holds=holds)


def run(measure: Measure, description: str | None) -> NoReturn:
    """Parse ``--json`` and ``--quick``, measure, print; exits 1 where a goal is missed."""
    run_command(partial(_run, {"all": measure}, description, {}))


def run_parts(
    parts: Mapping[str, Measure],
    description: str | None,
    kept: Mapping[str, KeptMeasure] | None = None,
    quick_whole: Callable[[Sequence[str]], Iterable[Figure]] | None = None,
) -> NoReturn:
    """The same for a benchmark of several parts, one after another; ``--only`` names one of them.

    Results of the parts in ``kept`` stay in ``--folder``. ``quick_whole`` measures all parts quickly, where
    they do not go one after another.
    """
    run_command(partial(_run, parts, description, kept or {}, quick_whole))


def _run(
    parts: Mapping[str, Measure],
    description: str | None,
    kept: Mapping[str, KeptMeasure],
    quick_whole: Callable[[Sequence[str]], Iterable[Figure]] | None = None,
) -> int:
    parser = CommandParser(description=description)
    parser.add_argument("--json", action="store_true", help="print a list of figures for programs")
    parser.add_argument("--quick", action="store_true", help="a version under 60 s, for sanity")
    names = (*parts, *kept)
    parser.add_argument("--only", choices=names, metavar="PART", help=f"measure one of {', '.join(names)}")
    if kept:
        parser.add_argument("--folder", type=Path, help="where results are kept; removed if not given")
    arguments = parser.parse_args()
    if quick_whole and arguments.quick and not arguments.only:
        return show(list(quick_whole(names)), as_json=arguments.json)
    chosen = [arguments.only] if arguments.only else names
    with nothing_printed():
        figures = [
            figure
            for part in chosen
            for figure in (
                parts[part](arguments.quick)
                if part in parts
                else kept[part](arguments.quick, arguments.folder)
            )
        ]
    return show(figures, as_json=arguments.json)


def show(figures: Sequence[Figure], *, as_json: bool) -> int:
    """Print a table, or JSON; the exit code, 1 where a goal is missed."""
    if as_json:
        print(TypeAdapter(Sequence[Figure]).dump_json(figures, indent=2).decode())
    else:
        Console().print(_table(figures))
    return int(any(figure.holds is False for figure in figures))


@contextmanager
def nothing_printed() -> Iterator[None]:
    """Let what libraries and other processes print within go to stderr, so that --json is JSON alone."""
    sys.stdout.flush()
    printed = os.dup(1)
    os.dup2(2, 1)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        os.dup2(printed, 1)
        os.close(printed)


def _table(figures: Sequence[Figure]) -> Table:
    table = Table("figure", "value", "unit", "interval", "goal", "holds")
    for figure in figures:
        value = "not run" if figure.value is None else f"{figure.value:.4g}"
        interval = "" if figure.interval is None else f"{figure.interval[0]:.4g}–{figure.interval[1]:.4g}"
        holds = {True: "yes", False: "MISSED", None: ""}[figure.holds]
        table.add_row(figure.name, value, figure.unit, interval, figure.goal or "", holds)
    return table
