"""Dagster as the doctor looks at it: its home, dead runs, and pool slots that nobody can free."""

import os
from collections.abc import Iterator
from pathlib import Path

import dagster as dg

from assets.building.opening import MODEL_POOL
from assets.doctor.finding import Finding, wrong
from assets.profile.history import instance_at, own_home
from assets.runs.dead import dead_runs, ended_holders

CLOSES = "`make dev` or `make demo` closes it and frees its slot"


def look_at_history() -> Iterator[Finding]:
    """What is so of the chosen profile's history; one that is not there yet is not made."""
    own, chosen = own_home(), os.environ.get("DAGSTER_HOME")
    home = Path(chosen) if chosen else own
    if not home.is_dir() and not chosen:
        yield Finding("dagster home", f"{home} is not there yet: `make dev` or `make demo` makes it")
        return
    if not home.is_dir() or not os.access(home, os.W_OK | os.X_OK):
        remedy = "make the folder, or unset DAGSTER_HOME: then the history stands in the state"
        yield wrong("dagster home", f"{home} is not a folder that can be written", remedy)
        return
    with instance_at(home) as instance:
        yield _home(home, own, instance)
        yield from _slots(instance)


def _home(home: Path, own: Path, instance: dg.DagsterInstance) -> Finding:
    if instance.global_op_concurrency_default_limit is None:
        remedy = "unset DAGSTER_HOME, or copy concurrency from the dagster.yaml of the checkout"
        what = f"{home} limits no pool, so that several trainings may share a card"
        return wrong("dagster home", what, remedy)
    note = "" if home == own else f" (DAGSTER_HOME; the state's own is {own})"
    return Finding("dagster home", f"{home}{note}")


def _slots(instance: dg.DagsterInstance) -> Iterator[Finding]:
    dead = dead_runs(instance)
    for run in dead:
        yield wrong("slots", f"run {run.run.run_id[:8]} has no process any more ({run.pid})", CLOSES)
    for run_id in ended_holders(instance):
        yield wrong("slots", f"run {run_id[:8]} has ended and still has a slot", CLOSES)
    if not dead:
        active = instance.event_log_storage.get_concurrency_info(MODEL_POOL).active_slot_count
        yield Finding("slots", f"{active} of the pool {MODEL_POOL} taken, and every run has its process")
