"""Dagster's home on a cluster, written and checked: python -m assets.cluster.home /shared/dagster"""

import logging
import os
import time
import uuid
from pathlib import Path

import dagster as dg

from assets.building.opening import CLUSTER_POOL
from assets.preflight.cluster import jobs, node_sizes
from assets.profile.history import BASE, instance_at
from datasets_registry.boundary import CommandParser, run_command
from datasets_registry.errors import BadInput, first_line
from datasets_registry.plain_text import plain_line
from datasets_registry.state import durable

TEMPLATE = Path(__file__).with_name("dagster.yaml")
# the URL of Dagster's history
VARIABLE = "TRIMTAB_HISTORY"
DRIVER = "postgresql+psycopg2://"
_MOST_CHARACTERS = 200


def main() -> None:
    """Write the home, write an event to its history, and let the cluster's pool have a slot for each node."""
    parser = CommandParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="a folder that all nodes see")
    parser.add_argument(
        "--slots", type=int, help="assets that may use the cluster at once; one a node if not set"
    )
    arguments = parser.parse_args()
    require_driver(os.environ.get(VARIABLE, ""))
    home = write_home(arguments.folder.resolve())
    with instance_at(home) as instance:
        write_event(instance)
        address = jobs().get_address()
        slots = arguments.slots or max(len(node_sizes("CPU")), 1)
        instance.event_log_storage.set_concurrency_slots(CLUSTER_POOL, slots)
    print(f"{home}: events are kept, runs are jobs of {address}, and {slots} assets may use it at once")
    print(f"export DAGSTER_HOME={home}")


def require_driver(url: str) -> None:
    """Raise BadInput for the URL of a history that Dagster could not write to."""
    if not url.startswith(DRIVER):
        given = f"begins with {url.partition('://')[0]}://" if url else "is not set"
        raise BadInput(
            f"{VARIABLE} {given}: set it to {DRIVER}USER:PASSWORD@HOST/DATABASE, as Dagster's events need "
            "psycopg2 and SQLAlchemy takes another driver for postgresql://"
        )


def write_home(folder: Path) -> Path:
    """Write Dagster's settings for a cluster to ``folder``; it."""
    with durable(folder / "dagster.yaml") as temporary:
        settings = TEMPLATE.read_text(encoding="utf-8").replace(BASE, f"base_dir: {folder}")
        temporary.write_text(settings, encoding="utf-8")
    return folder


def write_event(instance: dg.DagsterInstance) -> None:
    """Write an event to the history, read it and remove it; raises BadInput where that cannot be done."""
    run_id, storage = str(uuid.uuid4()), instance.event_log_storage
    event = dg.EventLogEntry(  # type: ignore[no-untyped-call]
        error_info=None, level=logging.INFO, user_message="written", run_id=run_id, timestamp=time.time()
    )
    try:
        storage.store_event(event)
        written = [entry.user_message for entry in storage.get_logs_for_run(run_id)]
        storage.delete_events(run_id)
    # SQLAlchemy, its driver and Dagster each raise what they like
    except Exception as error:
        why = plain_line(first_line(error), _MOST_CHARACTERS)
        raise BadInput(
            f"Dagster cannot write to its history ({why}): check the server and {VARIABLE}, which begins "
            f"with {DRIVER}"
        ) from error
    if written != ["written"]:
        raise BadInput(f"Dagster's history does not give back what is written: check {VARIABLE}")


if __name__ == "__main__":
    run_command(main)
