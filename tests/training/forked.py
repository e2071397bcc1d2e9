"""Trainers in children of a process that has loaded everything: python -m tests.training.forked PLAN.

Starting each anew would take ten seconds. A plan is a JSON list of jobs; how each ended is one line of JSON.
"""

import json
import os
import random
import signal
import socket
import sys
import time
import traceback
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from training.launch.files import write_launch_config
from training.running.run import main
from training.settings.launch import Launch


@dataclass
class Job:
    """A trainer's run, and the signal that it gets at a random moment from its n-th new checkpoint on."""

    trainer: str
    config: str
    stop: str | None = None
    nth: int = 1
    # seconds; a checkpoint takes about so long
    within: float = 0.05

    @property
    def output(self) -> Path:
        """The run's folder."""
        return Path(self.config).parent

    @property
    def launch(self) -> Launch:
        """In how many processes it runs."""
        return Launch(**json.loads(Path(self.config).read_text()).get("launch", {}))


@dataclass
class Ended:
    """How a job's processes ended, how long they took to after the signal, and what is in its folder."""

    codes: list[int]
    seconds: float
    checkpoints: list[str]
    whole: list[str]
    model: bool
    said: str


def load_everything() -> None:
    """Import what trainers import when they run."""
    import accelerate.commands.launch
    import datasets
    import peft
    import torch
    import transformers
    import trl

    assert torch and accelerate and datasets and peft and transformers
    assert trl.SFTTrainer and trl.DPOTrainer


def run(job: Job, draw: random.Random) -> Ended:
    """Run a job to its end, or to that which the signal gives it."""
    before = checkpoints(job.output)
    environments = list(environment(job))
    children = [start(job, one) for one in environments]
    began = time.monotonic()
    if job.stop:
        while len(checkpoints(job.output) - before) < job.nth and os.waitpid(children[0], os.WNOHANG)[0] == 0:
            time.sleep(0.001)
        time.sleep(draw.uniform(0, job.within))
        began = time.monotonic()
        for one in children:
            os.kill(one, getattr(signal, job.stop))
    codes = [os.waitstatus_to_exitcode(os.waitpid(one, 0)[1]) for one in children]
    said = "".join(one.read_text() for one in sorted(job.output.glob("stderr-*.txt")))
    found = sorted(checkpoints(job.output), key=lambda name: int(name.split("-")[1]))
    whole = [one for one in found if (job.output / "checkpoints" / one / "whole.json").exists()]
    return Ended(codes, time.monotonic() - began, found, whole, (job.output / "model").exists(), said)


def checkpoints(output: Path) -> set[str]:
    """The checkpoints that there are, whole or not."""
    return {one.name for one in (output / "checkpoints").glob("checkpoint-*")}


def start(job: Job, environment: dict[str, str]) -> int:
    """A child that runs the trainer as `python -m` would; its process id."""
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        os.environ.update(environment)
        rank = environment.get("RANK", "0")
        said = os.open(job.output / f"stderr-{rank}.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(said, 2)
        module = import_module(f"training.{job.trainer}")
        watch_weights(module, job.output / f"weights-{rank}.txt")
        if job.launch.strategy == "fsdp":
            shard_on_cpus()
        sys.argv = [job.trainer, "--config", job.config]
        main(getattr(module, job.trainer), None)
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def environment(job: Job) -> list[dict[str, str]]:
    """What accelerate's launcher sets for each process by our file, and torchrun for its place."""
    if not job.launch.several:
        return [{}]
    from accelerate.commands.launch import _validate_launch_command, launch_command_parser
    from accelerate.utils.launch import prepare_multi_gpu_env

    file = write_launch_config(job.output, job.launch, machine_rank=0, bfloat16=False)
    given = ["--config_file", str(file), "training.sft"]
    arguments, _, _ = _validate_launch_command(launch_command_parser().parse_args(given))
    told = prepare_multi_gpu_env(arguments)
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        address = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(one.getsockname()[1])}
    world = dict.fromkeys(("WORLD_SIZE", "LOCAL_WORLD_SIZE"), str(job.launch.processes))
    places = [dict.fromkeys(("RANK", "LOCAL_RANK"), str(rank)) for rank in range(job.launch.processes)]
    return [{**told, **address, **world, **place} for place in places]


def watch_weights(module: Any, path: Path) -> None:
    """Let the trainer leave a sum of what it trained, in each process."""
    if not hasattr(module, "train"):
        module = import_module("training.online.trainer")
    train = module.train

    def watched(run: Any, trainer: Any) -> Any:
        history = train(run, trainer)
        learned = (one for one in trainer.model.parameters() if one.requires_grad)
        path.write_text(repr(sum(float(one.detach().double().abs().sum()) for one in learned)))
        return history

    module.train = watched


def shard_on_cpus() -> None:
    """Let accelerate shard by FSDP without GPUs: it does so for no process group that it calls MULTI_CPU."""
    from accelerate import state
    from accelerate.utils import DistributedType

    given = state.AcceleratorState.__init__

    def init(self: Any, mixed_precision: str | None = None, cpu: bool = False, **more: Any) -> None:
        if state.PartialState(cpu).distributed_type == DistributedType.MULTI_CPU:
            state.PartialState._shared_state["distributed_type"] = DistributedType.MULTI_GPU
        given(self, mixed_precision, cpu, **more)

    state.AcceleratorState.__init__ = init


def run_plan(jobs: Sequence[Job]) -> None:
    """Run the jobs one after the other, and say how each ended."""
    draw = random.Random(0)
    for job in jobs:
        print(json.dumps(asdict(run(job, draw))), flush=True)


if __name__ == "__main__":
    load_everything()
    run_plan([Job(**one) for one in json.loads(Path(sys.argv[1]).read_text())])
