"""How a build ends on a terminal: what is held or failed, and tables of the datasets and models."""

from collections.abc import Container, Sequence

from rich.console import Console
from rich.text import Text

from assets.orders.run import Outcome
from assets.screen.table import Rows, laid_out
from datasets_registry.inspecting.listing import list_datasets, list_models
from datasets_registry.plain_text import plain
from datasets_registry.registry import Registry
from datasets_registry.rows.evaluation import SuiteFigure

# a title, headings and rows
Table = tuple[str, Sequence[str], Rows]


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
    for title, headings, rows in (_datasets(registry, names), _models(registry, names)):
        if rows:
            say(console, f"\n{title}")
            # a name is broken nowhere
            for part in laid_out(headings, rows, console.width, breaks=False):
                console.print(part)


def _datasets(registry: Registry, names: Container[str] | None) -> Table:
    rows = []
    for dataset in list_datasets(registry):
        if names is None or dataset.name in names:
            passed = f"{dataset.checks_passed} of {dataset.checks}"
            warned = f" (warns: {', '.join(dataset.warnings)})" if dataset.warnings else ""
            rows.append((f"{dataset.name}@{dataset.version}", str(dataset.rows), passed + warned))
    return "Datasets", ("dataset", "rows", "checks passed"), rows


def _models(registry: Registry, names: Container[str] | None) -> Table:
    wins, rows = win_rates(registry), []
    for model in list_models(registry):
        if names is None or model.name in names:
            trained_on = ", ".join(model.trained_on) or "–"
            loss = "" if model.loss is None else f"{model.loss:.3f}"
            won = (wins.get(model.name, "–"),) if wins else ()
            rows.append((f"{model.name}@{model.version}", model.base or "–", trained_on, loss, *won))
    won = ("win rate against base",) if wins else ()
    return "Models", ("model", "base", "trained on", "loss", *won), rows


def win_rates(registry: Registry) -> dict[str, str]:
    """Each model's win rates by suite with their 95 % intervals."""
    version = registry.newest("evaluation")
    rates: dict[str, list[str]] = {}
    for row in registry.rows(SuiteFigure, version) if version else []:
        if (row.metric, row.category) == ("win_rate", "all") and row.value is not None:
            interval = f"{row.low:.2f}–{row.high:.2f}"
            rates.setdefault(row.model, []).append(f"{row.suite} {row.value:.2f} ({interval})")
    return {model: ", ".join(figures) for model, figures in rates.items()}
