"""trimtab runs: the runs of this state, how each stands, how long it took, its rate and its cost."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assets.cli.printing import Csv, Json, print_rows, say
from datasets_registry.errors import BadInput
from datasets_registry.state import State
from generation.progress import span
from generation.spending import count, dollars

if TYPE_CHECKING:
    from assets.runs.listed import ListedRun

_COLUMNS = (
    "run",
    "status",
    "began",
    "took",
    "assets",
    "calls",
    "tokens/s",
    "replicas",
    "asked again",
    "cost",
)


def runs(
    number: Annotated[int, typer.Option("--number", "-n", min=1, help="The newest so many.")] = 20,
    as_json: Json = False,
    as_csv: Csv = False,
) -> None:
    """List runs: how each stands, its time, rate and cost.

    Runs of every profile in the state folder, newest first. What a run in progress said last, and why one
    failed, stands below the table.
    """
    found = _newest(number)
    if as_json or as_csv:
        rows = [{**asdict(run), "assets": list(run.assets)} for run in found]
        return print_rows(rows, as_json, list(rows[0]) if rows else (), as_csv)
    if not found:
        return say("nothing was run in this state folder yet")
    shown = [_row(run) for run in found]
    columns = [column for column in _COLUMNS if any(row[column] for row in shown)]
    print_rows(shown, False, columns, can_go=[name for name in ("began", "calls") if name in columns])
    for run in found:
        if run.said:
            say(f"{run.run_id[:8]} {run.status}: {run.said}")
    return None


def _newest(number: int) -> "list[ListedRun]":
    """The newest runs of all histories of the state."""
    from assets.profile.history import homes, instance_at
    from assets.runs.listed import listed_runs

    found: list[ListedRun] = []
    for home in homes(State()):
        # such as a cluster's, whose history this machine has no address of
        try:
            with instance_at(home) as instance:
                found += listed_runs(instance, number)
        except BadInput as error:
            say(f"the runs of {home.name} are not shown: {error}", on_stderr=True)
    return sorted(found, key=lambda run: run.began or "9", reverse=True)[:number]


def _row(run: "ListedRun") -> dict[str, Any]:
    assets = [*run.assets[:3], *([f"{len(run.assets) - 3} more"] if len(run.assets) > 3 else [])]
    return {
        "run": run.run_id[:8],
        "status": run.status,
        "began": (run.began or "")[:16].replace("T", " "),
        "took": span(run.seconds) if run.seconds is not None else "",
        "assets": ", ".join(assets),
        "calls": run.calls or "",
        "tokens/s": count(run.tokens_per_second) if run.tokens_per_second else "",
        "replicas": run.replicas or "",
        "asked again": run.asked_again or "",
        "cost": dollars(run.usd) if run.usd else "",
    }
