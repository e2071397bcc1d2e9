"""Train on several nodes of Ray: python -m training.launch.machines training.sft --config run.json

Each node is a bundle of one placement group, in which `training.launch` runs as it does by hand.
"""

import socket
import subprocess
import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from datasets_registry.boundary import CommandParser, run_command
from datasets_registry.state import REPOSITORY
from training.launch.nodes import Nodes, NotNow
from training.launch.run import LaunchedRun
from training.running.process import die_with_parent, end, take_no_input
from training.settings.run import read_config


class Meeting(NamedTuple):
    """Where the first node waits for the others."""

    address: str
    port: int


def main() -> int:
    """Start a launch on each node, print what they say, and end as the first that fails does."""
    arguments = _arguments()
    take_no_input()
    die_with_parent()
    launch = read_config(LaunchedRun, arguments.config).launch
    try:
        nodes = Nodes(launch.machines, arguments.unit, launch.processes // launch.machines)
        return _train(nodes, arguments)
    except NotNow as error:
        end(arguments.config, str(error), error.code)


def _train(nodes: Nodes, arguments: Namespace) -> int:
    """Wait for the nodes and train on them; an exit code."""
    nodes.wait()
    meeting = Meeting(*nodes.ask(0, meeting_point))
    commands = (command(arguments, rank, meeting) for rank in range(nodes.number))
    streams = {nodes.stream(rank, said, words, str(REPOSITORY)): rank for rank, words in enumerate(commands)}
    return nodes.followed(streams, _print)


def _arguments() -> Namespace:
    parser = CommandParser(description=__doc__)
    parser.add_argument("module", help="the trainer, such as training.sft")
    parser.add_argument(
        "--config", type=Path, required=True, help="a JSON file: see training/settings/run.py"
    )
    parser.add_argument("--unit", choices=("GPU", "CPU"), default="GPU", help="what each process asks for")
    return parser.parse_args()


def meeting_point() -> tuple[str, int]:
    """This node's address, and a port that is free there."""
    import ray

    with socket.socket() as free:
        free.bind(("", 0))
        return ray.util.get_node_ip_address(), free.getsockname()[1]


def command(arguments: Namespace, rank: int, meeting: Meeting) -> list[str]:
    """The command of a node, which is the one that a person would give there."""
    where = ["--main-address", meeting.address, "--main-port", str(meeting.port)]
    launch = [sys.executable, "-m", "training.launch", arguments.module]
    return [*launch, "--config", str(arguments.config), "--machine-rank", str(rank), *where]


def said(words: Sequence[str], folder: str) -> Iterator[str | int]:
    """The lines that a command prints in ``folder``, then its exit code."""
    process = subprocess.Popen(
        words,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        # Ray sends to what it drives, which a file cannot take
        for line in process.stdout or ():  # noqa: UP028
            yield line
        yield process.wait()
    finally:
        process.kill()


def _print(rank: int, line: str) -> None:
    """Print the first machine's lines as they are, among which are its messages to Dagster."""
    if rank == 0:
        sys.stdout.write(line)
        sys.stdout.flush()
    else:
        sys.stderr.write(f"machine {rank}: {line}")


if __name__ == "__main__":
    run_command(main)
