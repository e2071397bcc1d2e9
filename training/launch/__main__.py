"""Train in several processes: python -m training.launch training.sft --config run.json.

On every other machine, run the same command with --machine-rank 1, 2 and so on.
"""

import importlib.util
import signal
import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from datasets_registry.boundary import UNFORESEEN, CommandParser, run_command
from datasets_registry.errors import BadInput, ModelFailed
from datasets_registry.exporting.places import require_run_folder
from training.launch.files import write_launch_config
from training.launch.run import LaunchedRun
from training.running.memory import FILE
from training.running.process import (
    die_with_parent,
    end,
    error_file,
    errors_as_one_line,
    go_offline,
    left_at_once,
    restart,
    take_no_input,
)
from training.running.visible import this_machine
from training.settings.run import read_config


def main() -> None:
    """Run the processes to their end; where memory was short, all once more with fewer rows at once."""
    arguments = _arguments()
    go_offline()
    take_no_input()
    die_with_parent()
    _require_config(arguments.config)
    with errors_as_one_line(arguments.config):
        config = read_config(LaunchedRun, arguments.config)
        require_run_folder(config.output, arguments.config)
        require_possible(config)
        error_file(arguments.config).unlink(missing_ok=True)
        launch_config = write_launch_config(
            config.output,
            config.meeting_at(arguments.main_address, arguments.main_port),
            machine_rank=arguments.machine_rank,
            bfloat16=_in_bfloat16(config.settings.dtype),
        )
        micro_batch = config.output / FILE
        was_halved = micro_batch.exists()
        failure = _run(
            [
                "--config_file",
                str(launch_config),
                "--module",
                arguments.module,
                "--config",
                str(arguments.config),
            ]
        )
        if failure is None:
            return
        path = error_file(arguments.config)
        error = ModelFailed(path.read_text(encoding="utf-8") if path.exists() else failure.reason)
        # first: a process that lost its connection to the one that was short of memory ends as unforeseen
        if micro_batch.exists() and not was_halved:
            restart(arguments.config, error)
        if failure.code == UNFORESEEN:
            end(arguments.config, str(error), UNFORESEEN)
        raise error


def _arguments() -> Namespace:
    parser = CommandParser(description=__doc__)
    parser.add_argument("module", help="the trainer, such as training.sft")
    parser.add_argument(
        "--config", type=Path, required=True, help="a JSON file: see training/settings/run.py"
    )
    parser.add_argument("--machine-rank", type=int, default=0, help="number of this machine, from 0")
    parser.add_argument("--main-address", help="of the first machine, where the config does not say it")
    parser.add_argument("--main-port", type=int, help="the port there")
    return parser.parse_args()


def _require_config(path: Path) -> None:
    """Raise BadInput where this machine does not see the run; a line beside the config would be lost."""
    if not path.is_file():
        raise BadInput(
            f"{this_machine()} does not see {path}: mount the first machine's state folder there, under the "
            "same path"
        )


def require_possible(config: LaunchedRun) -> None:
    """Raise BadInput where this machine lacks what the launch needs."""
    import torch

    launch, gpus = config.launch, torch.cuda.device_count()
    if launch.strategy.startswith("zero") and importlib.util.find_spec("deepspeed") is None:
        raise BadInput(
            f"{config.name}: strategy {launch.strategy!r} needs DeepSpeed, which is not installed: "
            "`pip install deepspeed`, or take strategy = 'fsdp'"
        )
    here = launch.processes // launch.machines
    if 0 < gpus < here:
        raise BadInput(f"{config.name}: {here} processes on a machine of {gpus} GPUs: lower launch.processes")


def _in_bfloat16(dtype: str) -> bool:
    import torch

    return torch.cuda.is_available() if dtype == "auto" else dtype == "bfloat16"


class Failure(NamedTuple):
    """How the first process that failed ended."""

    reason: str
    code: int


def _run(arguments: Sequence[str]) -> Failure | None:
    """Start the processes and wait; how they failed, or None where they did not."""
    from accelerate.commands.launch import launch_command, launch_command_parser
    from torch.distributed.elastic.multiprocessing.api import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError

    try:
        launch_command(launch_command_parser().parse_args(list(arguments)))
    except ChildFailedError as error:
        rank, failure = error.get_first_failure()
        code = failure.exitcode
        reason = f"process {rank} ended with exit code {code}: see the run's stderr for the cause"
        return Failure(reason, code)
    except SignalException as stopped:
        if stopped.sigval == signal.SIGINT:
            raise KeyboardInterrupt from stopped
        sys.exit(128 + stopped.sigval)
    return None


if __name__ == "__main__":
    run_command(left_at_once()(main))
