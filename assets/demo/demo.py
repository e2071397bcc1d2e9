"""The demo: an order of the whole profile, which says first what it shows, and closes with results."""

from collections.abc import Container, Iterator, Mapping, Sequence
from functools import partial

from rich.console import Console

from assets.demo import principles, reasoning
from assets.estimates.forecast import Forecast
from assets.graph import Graph, build_graph
from assets.orders.closing import say, say_end, say_outcome, show
from assets.orders.order import Order
from assets.orders.run import carry_out
from assets.plan import Step
from assets.profile.profile import Profile, load_profile
from datasets_registry.errors import TrimtabError
from datasets_registry.registry import Registry
from generation.progress import span

# of what is built, the first that says most, and a query that shows it
QUERIES = {
    "preference_pairs": "SELECT label, count(*) FROM preference_pairs GROUP BY 1",
    "debates": "SELECT kind, protocol, avg(credit) AS accuracy FROM debates GROUP BY ALL ORDER BY ALL",
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


def opening(profile: Profile, steps: Sequence[Step], ahead: Mapping[str, Forecast]) -> Iterator[str]:
    """What will be shown, how long it takes, and what is built for it."""
    yield f"Trimtab: {profile.description}"
    shown = [*reasoning.planned(profile), *principles.planned(profile)]
    if shown:
        yield "It closes with"
        yield from (f"  {sentence}" for sentence in shown)
    if steps:
        number = "1 asset is" if len(steps) == 1 else f"{len(steps)} assets are"
        yield f"{number} to be built, {_how_long(ahead)}:"
    for step in steps:
        yield f"  to build: {step.name} ({step.reason})"


def _how_long(ahead: Mapping[str, Forecast]) -> str:
    """In words, from what was seen here; the first time nothing was."""
    known = [each.seconds for each in ahead.values() if each.seconds is not None]
    if len(known) < len(ahead):
        usual = "`laptop` takes about a quarter of an hour on two idle cores"
        return f"and a time is said once a twentieth is done ({usual})"
    return f"which takes up to {span(sum(known))}, as such calls and trainings took before"


def results(graph: Graph, registry: Registry, console: Console) -> None:
    """Print what was found: results with their intervals, who is worse than its base, and the judge."""
    with_progress = partial(say, console)
    try:
        reasoned = reasoning.reasoning(graph.profile, registry, with_progress)
        kept = principles.principles(graph.profile, registry, with_progress)
    except TrimtabError as error:
        say(console, f"not measured: {error}", style="red")
        return
    sentences = [
        *map(str, [*reasoned, *kept]),
        *principles.worse_than_base(registry),
        *principles.judged(graph.profile, registry),
    ]
    if sentences:
        say(console, "\nResults, with 95 % intervals:")
    for sentence in sentences:
        say(console, f"  {sentence}")


def demo(console: Console) -> int:
    """Build all that is not up to date, and show it; returns the exit code."""
    profile = load_profile()
    graph = build_graph(profile)

    def begin(steps: Sequence[Step], ahead: Mapping[str, Forecast]) -> None:
        for sentence in opening(profile, steps, ahead):
            say(console, sentence)

    outcome = carry_out(Order(), graph, begin, partial(say, console))
    say_outcome(outcome, console)
    if not outcome.failures:
        results(graph, outcome.registry, console)
    show(outcome.registry, console)
    say_end(outcome, console)
    if not outcome.failures:
        console.print(next_steps(profile, graph.known.recipes), highlight=False, markup=False)
    return outcome.exit_code
