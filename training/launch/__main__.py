"""Train in several processes: python -m training.launch training.sft --config run.json.

On each further machine the same, with ``--machine-rank`` 1, 2 and so on.
"""

import argparse
import importlib.util
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from datasets_registry.errors import BadInput, ModelFailed
from datasets_registry.settings import Settings
from training.launch.files import write_launch_config
from training.running.memory import FILE
from training.running.process import begin_anew, die_with_parent, ended_in_a_sentence, told
from training.settings.launch import Launch
from training.settings.run import read_config


class LaunchedRun(Settings, extra="ignore"):
    """The part of any trainer's config that a launch reads; the trainer itself validates all of it."""

    name: str
    output: Path
    settings: Mapping[str, Any]
    launch: Launch = Launch()


def main() -> None:
    """Run the processes to their end; where one was short of memory, all once more with less at once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("module", help="the trainer, such as training.sft")
    parser.add_argument(
        "--config", type=Path, required=True, help="a JSON file: see training/settings/run.py"
    )
    parser.add_argument("--machine-rank", type=int, default=0, help="which of the machines this is, from 0")
    given = parser.parse_args()
    die_with_parent()
    with ended_in_a_sentence(given.config):
        config = read_config(LaunchedRun, given.config)
        require_possible(config)
        told(given.config).unlink(missing_ok=True)
        file = write_launch_config(
            config.output,
            config.launch,
            machine_rank=given.machine_rank,
            bfloat16=_in_bfloat16(config.settings.get("dtype", "auto")),
        )
        less = config.output / FILE
        before = less.exists()
        ended = _run(["--config_file", str(file), "--module", given.module, "--config", str(given.config)])
        if ended is None:
            return
        why = told(given.config).read_text() if told(given.config).exists() else ended
        if less.exists() and not before:
            begin_anew(given.config, ModelFailed(why))
        raise ModelFailed(why)


def require_possible(config: LaunchedRun) -> None:
    """Raise BadInput where this machine has not what the launch needs."""
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


def _run(arguments: Sequence[str]) -> str | None:
    """Start the processes and wait; why they ended, or None where all is done."""
    from accelerate.commands.launch import launch_command, launch_command_parser
    from torch.distributed.elastic.multiprocessing.api import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError

    try:
        launch_command(launch_command_parser().parse_args(list(arguments)))
    except ChildFailedError as error:
        rank, failure = error.get_first_failure()
        return f"process {rank} ended with exit code {failure.exitcode}: see the run's stderr for the cause"
    except SignalException as stopped:
        sys.exit(128 + stopped.sigval)
    return None


if __name__ == "__main__":
    main()
