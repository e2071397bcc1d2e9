"""The demo: plan, build what is not up to date, and show the results."""

import fcntl
import time
import warnings
from collections.abc import Container, Iterator, Sequence
from contextlib import contextmanager, suppress

import dagster as dg
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from assets.building.opening import open_registry
from assets.graph import Graph, build_graph
from assets.plan import Step, plan
from assets.preflight.ready import require_ready
from assets.profile.history import open_instance
from assets.profile.profile import Profile, load_profile
from assets.runs.dead import close_dead_runs
from assets.runs.here import STOPPED, run_here
from datasets_registry.boundary import INTERRUPTED
from datasets_registry.errors import BadInput, TrimtabError
from datasets_registry.inspecting.listing import list_datasets, list_models
from datasets_registry.plain_text import plain
from datasets_registry.registry import Registry
from datasets_registry.rows.evaluation import SuiteFigure
from datasets_registry.state import State
from generation.backends import close_kept

TAG = "trimtab/demo"


@contextmanager
def one_at_a_time(state: State) -> Iterator[None]:
    """Hold the state folder's demo lock; it goes with the process, however that ends."""
    with (state.root / ".demo.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BadInput(f"another `make demo` is running in {state.root}: wait until it ends") from error
        yield


def build(graph: Graph, instance: dg.DagsterInstance, steps: Sequence[Step]) -> list[str]:
    """Materialize the stale assets in one run in this process; returns the failures as sentences."""
    return run_here(graph.definitions, instance, [step.name for step in steps], {TAG: "yes"})


def show(registry: Registry, console: Console) -> None:
    """Print the closing tables of datasets and models."""
    datasets = Table("dataset", "version", "rows", "checks passed", title="Datasets", title_justify="left")
    for dataset in list_datasets(registry):
        passed = f"{dataset.checks_passed} of {dataset.checks}"
        warned = f" (warns: {', '.join(dataset.warnings)})" if dataset.warnings else ""
        datasets.add_row(dataset.name, str(dataset.version), str(dataset.rows), passed + warned)
    wins = win_rates(registry)
    models = Table(
        _of_names("model"),
        "version",
        _of_names("base"),
        _of_names("trained on"),
        "loss",
        *(("win rate against base",) if wins else ()),
        title="Models",
        title_justify="left",
    )
    for model in list_models(registry):
        cells = (
            model.name,
            str(model.version),
            model.base or "–",
            ", ".join(model.trained_on) or "–",
            "" if model.loss is None else f"{model.loss:.3f}",
            *((wins.get(model.name, "–"),) if wins else ()),
        )
        models.add_row(*(Text(plain(cell)) for cell in cells))
    console.print(datasets)
    console.print(models)


def _of_names(title: str) -> Column:
    """A column whose names are whole, however narrow the terminal."""
    return Column(title, overflow="fold")


def _say(console: Console, sentence: str, style: str = "") -> None:
    """Print a sentence as text: nothing in it is markup, or steers a terminal."""
    console.print(Text(plain(sentence), style=style))


def unbuilt(graph: Graph, registry: Registry) -> list[str]:
    """What is still to be built after a failure, and why."""
    with suppress(TrimtabError):
        return [f"{step.name} ({step.reason})" for step in plan(graph, registry)]
    return []


def still_waiting(graph: Graph, registry: Registry) -> list[str]:
    """What waits for people now, and for how many pairs; nothing of it is a failure."""
    with suppress(TrimtabError):
        return [f"{step.name}: {step.reason}" for step in plan(graph, registry) if step.waits]
    return []


def win_rates(registry: Registry) -> dict[str, str]:
    """Each model's win rates by suite with their 95 % intervals."""
    version = registry.newest("evaluation")
    rates: dict[str, list[str]] = {}
    for row in registry.rows(SuiteFigure, version) if version else []:
        if (row.metric, row.category) == ("win_rate", "all") and row.value is not None:
            interval = f"{row.low:.2f}–{row.high:.2f}"
            rates.setdefault(row.model, []).append(f"{row.suite} {row.value:.2f} ({interval})")
    return {model: ", ".join(figures) for model, figures in rates.items()}


AGAIN = """
What was finished is saved. Fix the cause and run `make demo` again: it resumes from there.
"""
# of what is built, the first that says most, and a query that shows it
QUERIES = {
    "preference_pairs": "SELECT label, count(*) FROM preference_pairs GROUP BY 1",
    "evaluation": "SELECT suite, metric, model, value, low, high FROM evaluation WHERE category = 'all'",
}


def next_steps(profile: Profile, built: Container[str]) -> str:
    """What a person may try next with what the profile builds."""
    steps = [
        "make dev                                     every asset in the Dagster UI, at http://127.0.0.1:3000"
    ]
    query = next((sql for name, sql in QUERIES.items() if name in built), None)
    if query:
        steps.append(f'.venv/bin/trimtab sql "{query}"')
    if profile.cai or profile.rlaif:
        edited = f"edit a principle in {profile.constitution}, then `make demo`"
        steps.append(f"{edited}: only what it changes is rebuilt")
    return "\n".join(["", "To try next:", *(f"  {step}" for step in steps), ""])


def demo(console: Console) -> int:
    """Plan, build and show; returns the exit code."""
    started = time.monotonic()
    warnings.filterwarnings("ignore", category=dg.PreviewWarning)
    profile = load_profile()
    graph = build_graph(profile)
    registry = open_registry(profile)
    with one_at_a_time(registry.state), open_instance() as instance:
        close_dead_runs(instance)
        planned = plan(graph, registry)
        steps = [step for step in planned if not step.held]
        held = [step for step in planned if step.held and not step.waits]
        _say(console, f"Trimtab: {profile.description}")
        for step in steps:
            _say(console, f"  to build: {step.name} ({step.reason})")
        recipes = graph.known.recipes
        require_ready(profile, registry.state, {step.name: recipes[step.name].inputs for step in steps})
        try:
            failures = build(graph, instance, steps) if steps else []
        finally:
            close_kept()
        missing = unbuilt(graph, registry) if failures else []
        waiting = still_waiting(graph, registry) if any(step.waits for step in planned) else []
    for step in held:
        _say(console, f"held: {step.name}: {step.reason}", style="red")
    for sentence in waiting:
        _say(console, f"waits: {sentence}", style="yellow")
    if not (steps or held):
        console.print("Everything is up to date: nothing was generated, nothing was trained.")
    for failure in failures:
        _say(console, f"failed: {failure}", style="red")
    for sentence in missing:
        _say(console, f"not built: {sentence}")
    show(registry, console)
    console.print(f"{(time.monotonic() - started) / 60:.1f} minutes.", highlight=False)
    console.print(AGAIN if failures else next_steps(profile, recipes), highlight=False, markup=False)
    if any(failure.endswith(f": {STOPPED}") for failure in failures):
        return INTERRUPTED
    return 1 if failures or held else 0
