"""The profile `cluster`, built by a cluster on this machine and by this machine alone, and both compared."""

import os
import shutil
import subprocess
import sys
import time
import uuid
from argparse import Namespace
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import dagster as dg
from rich.console import Console

from assets.cluster.kept import watching
from assets.cluster.service import Service
from assets.cluster.services import services
from assets.orders.closing import say, show
from assets.profile.history import instance_at
from assets.screen.table import laid_out
from datasets_registry.boundary import CommandParser, run_command
from datasets_registry.errors import ModelFailed
from datasets_registry.inspecting.listing import list_datasets, list_models
from datasets_registry.plain_text import plain_line
from datasets_registry.registry import Registry
from datasets_registry.state import REPOSITORY, State

PROFILE = "cluster"
# the same profile on this machine alone
ALONE = """
extends = "cluster"
launch = "none"

[models.base_policy]
backend = "transformers"
engine = { replicas = 1 }
"""
JOB = "__ASSET_JOB"
# what other batches may change in a last digit, where a replica died or was slow, and what is made of it
DRAWN = ("candidates", "verified_pairs", "rft_")
POLL_SECONDS = 1.0
# of what only the cluster has
CLUSTERS_OWN = ("DAGSTER_HOME", "TRIMTAB_CATALOG", "TRIMTAB_STORE", "RAY_ADDRESS")


def main() -> int:
    """Build, compare, and stop every service; an exit code."""
    arguments = _arguments()
    console = Console(width=None if sys.stdout.isatty() else 120)
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    # one thread, since another number sums in another order
    os.environ.update(
        TRIMTAB_PROFILE=PROFILE, OMP_NUM_THREADS="1", DAGSTER_DISABLE_TELEMETRY="1", PATH=programs
    )
    try:
        with watching():
            with services(arguments.folder, partial(say, console)) as daemon:
                clusters = _on_cluster(daemon, arguments.folder, console)
            alone = _alone(arguments.folder, console)
        return compare(clusters, alone, console)
    finally:
        shutil.rmtree(arguments.folder, ignore_errors=True)


def _on_cluster(daemon: Service, folder: Path, console: Console) -> dict[str, str]:
    """What a run that Dagster's daemon launches on the cluster makes; shown too."""
    started = time.monotonic()
    _built(daemon, folder, console)
    say(console, f"built by the cluster in {time.monotonic() - started:.0f} s")
    with _opened(State()) as registry:
        show(registry, console)
        return data_versions(registry)


def _arguments() -> Namespace:
    parser = CommandParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="an empty folder for all that the services write")
    return parser.parse_args()


def _built(daemon: Service, folder: Path, console: Console) -> None:
    """Launch a run of the whole graph and follow it; raises ModelFailed where it fails."""
    run_id = str(uuid.uuid4())
    program = str(Path(sys.executable).with_name("dagster"))
    words = [program, "job", "launch", "-m", "assets.definitions", "-j", JOB, "--run-id", run_id]
    launch = Service("dagster job launch", words, folder)
    if launch.process.wait():
        launch.require_alive()
    with instance_at(folder / "dagster") as instance:
        run = _followed(instance, run_id, daemon, console)
        if run.status is not dg.DagsterRunStatus.SUCCESS:
            raise ModelFailed(f"run {run_id[:8]} ended as {run.status.value}: {_failure(instance, run_id)}")


def _followed(instance: dg.DagsterInstance, run_id: str, daemon: Service, console: Console) -> dg.DagsterRun:
    """The run once it has ended; a line for each asset that it makes."""
    cursor: str | None = None
    while True:
        run = instance.get_run_by_id(run_id)
        page = instance.get_records_for_run(run_id, cursor)
        cursor = page.cursor
        for record in page.records:
            event = record.event_log_entry.dagster_event
            if event and event.is_step_materialization and event.asset_key:
                say(console, f"  made by a Ray job: {event.asset_key.to_user_string()}")
        if run is not None and run.is_finished:
            return run
        daemon.require_alive()
        time.sleep(POLL_SECONDS)


def _failure(instance: dg.DagsterInstance, run_id: str) -> str:
    entries = instance.all_logs(run_id)
    said = [entry.user_message for entry in entries if entry.dagster_event and entry.dagster_event.is_failure]
    return plain_line(said[0]) if said else "Dagster's history says no more"


def _alone(folder: Path, console: Console) -> dict[str, str]:
    """What the same profile makes on this machine without any service."""
    profile = folder / "alone.toml"
    profile.write_text(ALONE)
    for name in CLUSTERS_OWN:
        os.environ.pop(name, None)
    os.environ.update(TRIMTAB_HOME=str(folder / "alone"), TRIMTAB_PROFILE=str(profile))
    say(console, "\nthe same profile on this machine alone, to compare")
    words = [sys.executable, "-m", "assets.cli", "build"]
    done = subprocess.run(words, cwd=REPOSITORY, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        said = plain_line((done.stdout + done.stderr)[-500:])
        raise ModelFailed(f"`trimtab build` ended with {done.returncode}: {said}")
    with _opened(State()) as registry:
        return data_versions(registry)


@contextmanager
def _opened(state: State) -> Iterator[Registry]:
    registry = Registry(state)
    try:
        yield registry
    finally:
        registry.engine.dispose()


def data_versions(registry: Registry) -> dict[str, str]:
    """The data version of the newest version of each dataset and model."""
    datasets = {entry.name: entry.data_version for entry in list_datasets(registry)}
    return datasets | {entry.name: entry.data_version for entry in list_models(registry)}


def compare(clusters: Mapping[str, str], alone: Mapping[str, str], console: Console) -> int:
    """Print both versions of each name side by side; 1 where one differs that may not, and 0 otherwise."""
    rows = [
        (name, version[:16], alone.get(name, "–")[:16], "equal" if version == alone.get(name) else "differs")
        for name, version in clusters.items()
    ]
    say(console, "\nData versions")
    for part in laid_out(
        ("dataset or model", "cluster", "this machine", ""), rows, console.width, breaks=False
    ):
        console.print(part)
    return int(any(row[-1] != "equal" and not row[0].startswith(DRAWN) for row in rows))


if __name__ == "__main__":
    run_command(main)
