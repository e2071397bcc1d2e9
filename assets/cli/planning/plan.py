"""trimtab plan: what is stale, why, and what it cost before."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from assets.cli.planning.ahead import said, whole
from assets.cli.planning.costs import print_costs
from assets.cli.printing import Json, open_state, print_rows, say
from assets.cli.screen.values import HASH
from generation.progress import span
from generation.spending import count, dollars

if TYPE_CHECKING:
    from assets.estimates.prices import Priced
    from assets.graph import Graph
    from assets.plan import Spent, Step
    from datasets_registry.registry import Registry


def graph_of_profile() -> "Graph":
    """The graph of TRIMTAB_PROFILE."""
    from assets.profile.profile import load_profile

    profile = load_profile()
    # Dagster takes seconds to import, which other commands need not wait for, nor does a refusal
    from assets.graph import build_graph

    return build_graph(profile)


def planned(graph: "Graph", registry: "Registry") -> "list[Step]":
    """What a rebuild of ``graph`` would make."""
    from assets.plan import plan

    return plan(graph, registry)


def plan_command(
    whole_profile: Annotated[
        bool, typer.Option("--all", help="List all that the profile makes, up to date or not.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show what a rebuild would make, why, and its cost so far.

    Nothing is run. TRIMTAB_PROFILE names the profile. `took` is what an asset took so far, and `ahead` what
    it takes now: calls that are not stored, tokens, price and time, by calls that were seen before. A model
    whose inputs come out the same is not trained again. Where models have a price, the most that is asked of
    them is counted in dollars. Where the profile names a [card], hours, memory and disk are counted from
    shapes, settings and rows.
    """
    graph = graph_of_profile()
    from assets.building.serving import unserved
    from assets.estimates.prices import prices_of
    from assets.plan import Spent, forecast, kept_versions, taken

    registry = open_state(begins=True).of(graph.known.line)
    steps = planned(graph, registry)
    known = taken(graph, registry)
    before, ahead = known.spent, known.on_card
    prices = prices_of(graph.profile, graph.declared, registry)
    took = [before.get(step.name, Spent()) for step in steps]
    to_build = [step.name for step in steps if not step.held]
    worked = [step.name for step in steps if not (step.held or step.taken)]
    forecasts = forecast(graph, registry, worked, known=known)
    rows = [
        {
            "asset": step.name,
            "why": f"held: {step.reason}" if step.held else step.reason,
            "held": step.held,
            "took": _as_text(cost),
            "ahead": said(forecasts.get(step.name)),
            **({"forecast": asdict(forecasts[step.name])} if step.name in forecasts else {}),
            **(priced(prices.get(step.name)) if prices else {}),
            **asdict(cost),
            **({"takes": asdict(ahead[step.name])} if step.name in ahead else {}),
        }
        for step in (_of_all(steps, graph) if whole_profile else steps)
        for cost in [before.get(step.name, Spent())]
    ]
    if as_json:
        print_rows(rows, True, ())
    elif rows:
        told = [column for column in ("took", "ahead", "costs") if any(row.get(column) for row in rows)]
        shown = [{**row, "why": _shortened(str(row["why"]))} for row in rows]
        print_rows(shown, False, ("asset", "why", *told))
    if (usd := sum(prices[name].usd for name in to_build if name in prices)) and not as_json:
        say(f"calls of models that have a price cost at most {dollars(usd)}")
    if ahead and to_build and not as_json:
        print_costs(to_build, ahead)
    if not as_json:
        for version, waiver in kept_versions(graph, registry).items():
            say(f"{version} is {waiver} ({waiver.summary})")
        for sentence in unserved(graph.declared, graph.profile, registry.state):
            say(f"to be refused: {sentence}")
        if others := _others(registry, graph):
            say(f"this state is also used by {others}")
        held = f", {len(steps) - len(to_build)} held" if len(steps) > len(to_build) else ""
        say(f"{len(to_build)} of {len(graph.recipes)} assets to build{held}: {_total(took)}")
        if forecasts:
            say(f"ahead: {whole(forecasts.values())}")


def _of_all(steps: "Sequence[Step]", graph: "Graph") -> "Sequence[Step]":
    """The steps among the assets that are up to date, inputs first."""
    from assets.plan import Step

    by_name = {step.name: step for step in steps}
    return [by_name.get(recipe.name, Step(recipe.name, "up to date")) for recipe in graph.recipes]


def _shortened(reason: str) -> str:
    """The reason with hashes by their first digits."""
    return HASH.sub(lambda digits: digits[0][:12], reason)


def priced(price: "Priced | None") -> dict[str, object]:
    """The columns of what an asset costs at most, such as ``at most $4.20, $4.00 of it by batch``."""
    if price is None:
        return {"costs": "", "costs_usd": 0.0}
    by_batch = f", {dollars(price.by_batch)} of it by batch" if price.by_batch else ""
    return {"costs": f"at most {dollars(price.usd)}{by_batch}", "costs_usd": price.usd}


def profiles(as_json: Json = False) -> None:
    """Show the profiles that build in this state folder."""
    from assets.profile.uses import uses

    rows = [use.model_dump(mode="json") for use in uses(open_state().state)]
    if rows or as_json:
        print_rows(rows, as_json, ("name", "description", "last_used"))
    else:
        say("no profile has built in this state folder yet: `trimtab plan` shows what this one would build")


def _others(registry: "Registry", graph: "Graph") -> str:
    """The other profiles that use the state, with the day of each one's last use."""
    from assets.profile.uses import name_of_use, uses

    profile = graph.profile
    own = (str(profile.path.resolve()) if profile.path else None, name_of_use(profile))
    others = [use for use in uses(registry.state) if (use.path, use.name) != own]
    return ", ".join(f"{use.name} (last on {use.last_used:%Y-%m-%d})" for use in others)


def _total(took: "list[Spent]") -> str:
    """All steps together, such as ``took 4.0 min of training and 1,200 calls (3.1 min)``."""
    training = span(sum(cost.training_seconds for cost in took))
    calls, seconds = sum(cost.calls for cost in took), span(sum(cost.call_seconds for cost in took))
    if not took:
        return "everything is up to date"
    if not any(cost.training_seconds or cost.calls for cost in took):
        return "nothing was spent on them so far"
    return f"so far they took {training} of training and {calls:,} calls ({seconds})"


def _as_text(cost: "Spent") -> str:
    """For example ``3.1 min of training`` or ``1,200 calls, 24 k tokens, $0.02, 2.5 min``."""
    if cost.training_seconds:
        return f"{span(cost.training_seconds)} of training"
    if not cost.calls:
        return ""
    price = [dollars(cost.usd)] if cost.usd else []
    return ", ".join(
        [f"{cost.calls:,} calls", f"{count(cost.tokens)} tokens", *price, span(cost.call_seconds)]
    )
