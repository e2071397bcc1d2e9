"""trimtab build [NAME…]: builds what is not up to date, with what stands upstream, and shows it."""

import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from assets.cli.planning.ahead import whole
from assets.cli.planning.plan import graph_of_profile
from assets.cli.printing import Json, console, print_json

if TYPE_CHECKING:
    from assets.estimates.forecast import Forecast
    from assets.orders.run import Outcome
    from assets.plan import Step


def known_names(incomplete: str) -> list[str]:
    """The names that the profile makes and that begin so, for the shell; none where it cannot be read."""
    from assets.building.grounds import Grounds
    from assets.pipelines.whole import declare
    from assets.profile.profile import load_profile
    from datasets_registry.errors import TrimtabError

    try:
        declared = Grounds(declare(load_profile())).ordered
    except TrimtabError:
        return []
    return [asset.name for asset in declared if asset.name.startswith(incomplete)]


Names = Annotated[
    list[str] | None,
    typer.Argument(
        help="Datasets and models of the profile; all where none is named.", autocompletion=known_names
    ),
]
Only = Annotated[bool, typer.Option("--only", help="Build these alone, from upstream versions as they are.")]
Redraw = Annotated[bool, typer.Option("--redraw", help="Take new samples for the named datasets alone.")]


def build_command(
    names: Names = None, only: Only = False, redraw: Redraw = False, as_json: Json = False
) -> None:
    """Build what is not up to date, with what stands upstream.

    TRIMTAB_PROFILE names the profile. What it made before of the same inputs, settings and code is found and
    not built, and stored completions are never generated again. The run is seen in `make dev`. `trimtab plan`
    says what would be built.
    """
    graph = graph_of_profile()
    # Dagster takes seconds to import, which a refusal of the profile need not wait for
    from assets.orders.closing import say, say_end, say_outcome, show
    from assets.orders.order import Order
    from assets.orders.run import carry_out

    order, shown = Order(tuple(dict.fromkeys(names or ())), only, redraw), console(on_stderr=as_json)

    def opening(steps: "Sequence[Step]", ahead: "Mapping[str, Forecast]") -> None:
        for step in steps:
            say(shown, f"to build: {step.name} ({step.reason})")
        if ahead:
            say(shown, f"ahead: {whole(ahead.values())}")

    # progress is no JSON
    with redirect_stdout(sys.stderr if as_json else sys.stdout):
        outcome = carry_out(order, graph, opening, partial(say, shown))
    if as_json:
        print_json(_record(outcome))
    else:
        say_outcome(outcome, shown)
        show(outcome.registry, shown, {*order.names, *(step.name for step in outcome.built)})
        say_end(outcome, shown)
    if outcome.exit_code:
        raise typer.Exit(outcome.exit_code)


def _record(outcome: "Outcome") -> dict[str, object]:
    newest = {step.name: outcome.registry.newest(step.name) for step in outcome.built}
    return {
        "order": str(outcome.order),
        "built": [
            {"version": str(version), "status": version.status} for version in newest.values() if version
        ],
        "held": {step.name: step.reason for step in outcome.held},
        "waiting": outcome.waiting,
        "failures": outcome.failures,
        "not_built": outcome.missing,
        "seconds": outcome.seconds,
    }
