"""trimtab plan: what is stale, why, and what it took before."""

from dataclasses import asdict
from typing import TYPE_CHECKING

from assets.cli.printing import Json, console, open_state, print_rows
from datasets_registry.registry import Registry
from generation.progress import span
from generation.spending import count, dollars

if TYPE_CHECKING:
    from assets.plan import Spent, Step


def planned(registry: Registry) -> "tuple[list[Step], int]":
    """What a rebuild of TRIMTAB_PROFILE would make, and how many assets there are."""
    # Dagster takes seconds to import, which other commands need not wait for
    from assets.graph import build_graph
    from assets.plan import plan
    from assets.profile.profile import load_profile

    graph = build_graph(load_profile())
    return plan(graph, registry), len(graph.recipes)


def plan_command(as_json: Json = False) -> None:
    """Show what a rebuild of TRIMTAB_PROFILE would make, why, and what each took so far.

    Nothing is run. What it took so far is the most that a rebuild takes again, as stored calls are found,
    and nothing is trained whose inputs come out the same.
    """
    from assets.plan import Spent, spent

    registry = open_state()
    steps, total = planned(registry)
    before = spent(registry)
    took = [before.get(one.name, Spent()) for one in steps]
    rows = [
        {"asset": one.name, "why": one.reason, "took": _told(it), **asdict(it)}
        for one, it in zip(steps, took, strict=True)
    ]
    if steps or as_json:
        print_rows(rows, as_json, ("asset", "why", "took"))
    if not as_json:
        console().print(f"{len(steps)} of {total} assets to build: {_total(took)}")


def _total(took: "list[Spent]") -> str:
    """All steps together, such as ``took 4.0 min of training and 1,200 calls (3.1 min)``."""
    training = span(sum(one.training_seconds for one in took))
    calls, seconds = sum(one.calls for one in took), span(sum(one.call_seconds for one in took))
    if not took:
        return "everything is up to date"
    return f"so far they took {training} of training and {calls:,} calls ({seconds})"


def _told(one: "Spent") -> str:
    """For example ``3.1 min of training`` or ``1,200 calls, 24 k tokens, $0.02, 2.5 min``."""
    if one.training_seconds:
        return f"{span(one.training_seconds)} of training"
    if not one.calls:
        return ""
    price = [dollars(one.usd)] if one.usd else []
    return ", ".join([f"{one.calls:,} calls", f"{count(one.tokens)} tokens", *price, span(one.call_seconds)])
