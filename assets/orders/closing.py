"""How a build ends on a terminal: what is held or failed, and tables of the datasets and models."""

from collections.abc import Container

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from assets.orders.run import Outcome
from datasets_registry.inspecting.listing import list_datasets, list_models
from datasets_registry.plain_text import plain
from datasets_registry.registry import Registry
from datasets_registry.rows.evaluation import SuiteFigure


def say(console: Console, sentence: str, style: str = "") -> None:
    """Print a sentence as text: nothing in it is markup, or steers a terminal."""
    console.print(Text(plain(sentence), style=style))


def say_outcome(outcome: Outcome, console: Console) -> None:
    """Print what is held, waits, failed or is left, where anything is."""
    for step in outcome.held:
        say(console, f"held: {step.name}: {step.reason}", style="red")
    for sentence in outcome.waiting:
        say(console, f"waits: {sentence}", style="yellow")
    if not (outcome.built or outcome.held):
        say(console, "Everything is up to date: nothing was generated, nothing was trained.")
    for sentence in outcome.failures:
        say(console, f"failed: {sentence}", style="red")
    for sentence in outcome.missing:
        say(console, f"not built: {sentence}")


def say_end(outcome: Outcome, console: Console) -> None:
    """Print how long it took, and after a failure how to go on."""
    say(console, f"{outcome.seconds / 60:.1f} minutes.")
    if outcome.failures:
        again = f"Fix the cause and run `{outcome.order}` again: it resumes from there."
        say(console, f"\nWhat was finished is saved. {again}")


def show(registry: Registry, console: Console, names: Container[str] | None = None) -> None:
    """Print tables of the newest datasets and models, of ``names`` alone where they are given."""
    tables = [_datasets(registry, names), _models(registry, names)]
    for table in tables:
        if table.row_count:
            console.print(table)


def _datasets(registry: Registry, names: Container[str] | None) -> Table:
    table = Table(
        _whole("dataset"),
        *map(_folded, ("version", "rows", "checks passed")),
        title="Datasets",
        title_justify="left",
    )
    for dataset in list_datasets(registry):
        if names is None or dataset.name in names:
            passed = f"{dataset.checks_passed} of {dataset.checks}"
            warned = f" (warns: {', '.join(dataset.warnings)})" if dataset.warnings else ""
            _add(table, dataset.name, str(dataset.version), str(dataset.rows), passed + warned)
    return table


def _models(registry: Registry, names: Container[str] | None) -> Table:
    wins = win_rates(registry)
    table = Table(
        _whole("model"),
        *map(_folded, ("version", "base", "trained on", "loss")),
        *((_folded("win rate against base"),) if wins else ()),
        title="Models",
        title_justify="left",
    )
    for model in list_models(registry):
        if names is None or model.name in names:
            _add(
                table,
                model.name,
                str(model.version),
                model.base or "–",
                ", ".join(model.trained_on) or "–",
                "" if model.loss is None else f"{model.loss:.3f}",
                *((wins.get(model.name, "–"),) if wins else ()),
            )
    return table


def _add(table: Table, *cells: str) -> None:
    table.add_row(*(Text(plain(cell)) for cell in cells))


def _whole(title: str) -> Column:
    """A column of names that are never cut: others give way."""
    return Column(title, no_wrap=True, overflow="fold")


def _folded(title: str) -> Column:
    """A column whose texts are whole, and on several lines where the terminal is narrow."""
    return Column(title, overflow="fold")


def win_rates(registry: Registry) -> dict[str, str]:
    """Each model's win rates by suite with their 95 % intervals."""
    version = registry.newest("evaluation")
    rates: dict[str, list[str]] = {}
    for row in registry.rows(SuiteFigure, version) if version else []:
        if (row.metric, row.category) == ("win_rate", "all") and row.value is not None:
            interval = f"{row.low:.2f}–{row.high:.2f}"
            rates.setdefault(row.model, []).append(f"{row.suite} {row.value:.2f} ({interval})")
    return {model: ", ".join(figures) for model, figures in rates.items()}
