"""trimtab doctor: what is wrong with the state, Dagster or this machine, and what to do."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from assets.cli.printing import Json, print_rows
from datasets_registry.state import State

if TYPE_CHECKING:
    from assets.doctor.finding import Finding
    from assets.graph import Graph
    from datasets_registry.registry import Registry

COLUMNS = ("about", "is", "what", "remedy")


def doctor(as_json: Json = False) -> None:
    """Show what is wrong here, and what to do for each.

    It looks at state, Dagster, disk, GPU, keys, servers and libraries.

    Nothing is written or built. Exits with code 1 where something is wrong.
    """
    findings = _look()
    rows = [{**asdict(finding), "is": "well" if finding.well else "WRONG"} for finding in findings]
    well = all(finding.well for finding in findings)
    # where all is well there is nothing to remedy
    print_rows(rows, as_json, COLUMNS[:-1] if well else COLUMNS)
    if not well:
        raise typer.Exit(1)


def _look() -> "list[Finding]":
    # Dagster takes seconds to import, which other commands need not wait for
    from assets.doctor.finding import Finding, refusals
    from assets.doctor.history import look_at_history
    from assets.doctor.machine import look_at_libraries, look_at_machine
    from assets.doctor.servers import look_at_servers
    from assets.doctor.store import look_at_store
    from assets.graph import build_graph
    from assets.profile.profile import load_profile

    state, profile = State(), None
    findings: list[Finding] = []
    with refusals("profile", findings):
        profile = load_profile()
        findings.append(Finding("profile", profile.description))
    store, registry = look_at_store(state)
    findings += store
    if profile:
        graph = None
        with refusals("plan", findings):
            graph = build_graph(profile)
            findings += look_at_machine(profile, state, _to_build(graph, registry))
        findings += look_at_servers(profile, graph.declared if graph else (), state)
        with refusals("dagster home", findings):
            findings += look_at_history()
    return [*findings, look_at_libraries()]


def _to_build(graph: "Graph", registry: "Registry | None") -> Mapping[str, tuple[str, ...]]:
    """What the plan would build, each with its inputs; everything where nothing is built yet."""
    from assets.plan import plan

    recipes = graph.known.recipes
    names = [step.name for step in plan(graph, registry) if not step.held] if registry else [*recipes]
    return {name: recipes[name].inputs for name in names}
