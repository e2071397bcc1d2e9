"""The demo: an order of the whole profile, with what to try next."""

from collections.abc import Container, Sequence

from rich.console import Console

from assets.graph import build_graph
from assets.orders.closing import say, say_end, say_outcome, show
from assets.orders.order import Order
from assets.orders.run import carry_out
from assets.plan import Step
from assets.profile.profile import Profile, load_profile
from datasets_registry.registry import Registry

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
    """Build all that is not up to date, and show it; returns the exit code."""
    profile = load_profile()
    graph = build_graph(profile)

    def opening(registry: Registry, steps: Sequence[Step]) -> None:
        say(console, f"Trimtab: {profile.description}")
        for step in steps:
            say(console, f"  to build: {step.name} ({step.reason})")

    outcome = carry_out(Order(), graph, opening)
    say_outcome(outcome, console)
    show(outcome.registry, console)
    say_end(outcome, console)
    if not outcome.failures:
        console.print(next_steps(profile, graph.known.recipes), highlight=False, markup=False)
    return outcome.exit_code
