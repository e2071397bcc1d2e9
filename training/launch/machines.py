"""Train on several nodes of Ray: python -m training.launch.machines training.sft --config run.json

Each node is a bundle of one placement group, in which `training.launch` runs as it does by hand.
"""

import socket
import subprocess
import sys
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from datasets_registry.boundary import CommandParser, run_command
from datasets_registry.errors import BadInput
from datasets_registry.state import REPOSITORY
from training.launch.run import LaunchedRun
from training.running.process import die_with_parent, take_no_input
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
    ray = _connected()
    from ray.util.placement_group import placement_group
    from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

    each = {arguments.unit: float(launch.processes // launch.machines)}
    # each on a node of its own, all at once or none
    group = placement_group([each] * launch.machines, strategy="STRICT_SPREAD")
    print(f"{launch.machines} nodes with {each} each are asked for", file=sys.stderr, flush=True)
    ray.get(group.ready())

    def on(rank: int, function: Any, **more: Any) -> Any:
        place = PlacementGroupSchedulingStrategy(group, placement_group_bundle_index=rank)
        told = {**_resources(each), "scheduling_strategy": place, "max_retries": 0, **more}
        return ray.remote(function).options(**told)

    meeting = Meeting(*ray.get(on(0, meeting_point).remote()))
    commands = [command(arguments, rank, meeting) for rank in range(launch.machines)]
    streams = {
        on(rank, said, num_returns="streaming").remote(words, str(REPOSITORY)): rank
        for rank, words in enumerate(commands)
    }
    return _followed(ray, streams)


def _arguments() -> Namespace:
    parser = CommandParser(description=__doc__)
    parser.add_argument("module", help="the trainer, such as training.sft")
    parser.add_argument(
        "--config", type=Path, required=True, help="a JSON file: see training/settings/run.py"
    )
    parser.add_argument("--unit", choices=("GPU", "CPU"), default="GPU", help="what each process asks for")
    return parser.parse_args()


def _connected() -> Any:
    try:
        import ray
    except ImportError as error:
        raise BadInput("several nodes are asked of Ray, which is not installed: `make cluster`") from error
    try:
        ray.init(log_to_driver=False)
    except ConnectionError as error:
        raise BadInput(f"there is no Ray cluster ({error}): set RAY_ADDRESS to HOST:6379") from error
    return ray


def _resources(each: Mapping[str, float]) -> dict[str, float]:
    return {"num_cpus": each.get("CPU", 0.0), "num_gpus": each.get("GPU", 0.0)}


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


def _followed(ray: Any, streams: dict[Any, int]) -> int:
    """Print the first node's lines as they are, among which are its messages to Dagster; an exit code."""
    while streams:
        (stream,), _ = ray.wait(list(streams), num_returns=1)
        try:
            line = ray.get(next(stream))
        except StopIteration:
            del streams[stream]
            continue
        if isinstance(line, int):
            if line:
                return line
        elif streams[stream] == 0:
            sys.stdout.write(line)
            sys.stdout.flush()
        else:
            sys.stderr.write(f"machine {streams[stream]}: {line}")
    return 0


if __name__ == "__main__":
    run_command(main)
