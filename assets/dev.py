"""Dagster's UI and daemon on the chosen profile's history: python -m assets.dev --port 3000."""

import os
import sys
from pathlib import Path

from datasets_registry.boundary import CommandParser, run_command


def prepare() -> None:
    """Choose the history, and close what a killed run left open in it."""
    # within which an interrupt is one line too, as imports take seconds
    from assets.profile.history import open_instance
    from assets.profile.profile import load_profile

    # a profile that cannot be read is said here, and not by Dagster, which would start without its graph
    load_profile()
    from assets.runs.dead import close_dead_runs

    with open_instance() as instance:
        for dead in close_dead_runs(instance):
            print(f"closed run {dead.run.run_id[:8]}: {dead.sentence}", flush=True)


def main() -> None:
    """Become `dg dev` once all is prepared."""
    parser = CommandParser(description=__doc__)
    parser.add_argument("--port", type=int, default=3000, help="the port of the UI")
    port = parser.parse_args().port
    prepare()
    program = str(Path(sys.executable).with_name("dg"))
    os.execv(program, [program, "dev", "--port", str(port)])


if __name__ == "__main__":
    run_command(main)
