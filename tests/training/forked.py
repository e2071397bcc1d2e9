"""Trainers in children of a process that has loaded everything: python -m tests.training.forked PLAN.

Starting each by itself would take ten seconds. A plan is a JSON list of jobs; each end is one line of JSON.
"""

import gc
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
from itertools import count
from pathlib import Path
from typing import Any, Literal

from training.launch.files import write_launch_config
from training.running.protocols import Trainer
from training.running.run import AnyRun, main
from training.settings.launch import Launch

Point = Literal["optimizer", "random states", "mark", "step", "anywhere"]
# the longest that a run waits for its signal, and the longest that a checkpoint takes to be written
HELD_SECONDS, SAVING_SECONDS = 300, 0.05


@dataclass
class Job:
    """A trainer's run, and the signal that ends it in the saving of its n-th new checkpoint, or after it.

    The run holds at ``point`` and says so: before the checkpoint's optimizer, random states or mark are
    written, or before the next step. A signal `anywhere` falls at a random moment of the saving, and the run
    holds before the next step. So none can end before its signal comes.
    """

    trainer: str
    config: str
    stop: str | None = None
    nth: int = 1
    point: Point = "step"

    @property
    def output(self) -> Path:
        """The run's folder."""
        return Path(self.config).parent

    @property
    def launch(self) -> Launch:
        """In how many processes it runs."""
        return Launch(**self._read().get("launch", {}))

    @property
    def in_bfloat16(self) -> bool:
        """Whether its forward passes are in bfloat16."""
        return bool(self._read()["settings"].get("dtype") == "bfloat16")

    def _read(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(Path(self.config).read_text())
        return found


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
    # the children's garbage is not among it
    gc.freeze()


def run(job: Job, draw: random.Random) -> Ended:
    """Run a job to its end, or to that which the signal gives it."""
    before = checkpoints(job.output)
    environments = list(environment(job))
    for rank in range(len(environments)):
        held_file(job, rank).unlink(missing_ok=True)
    children = [start(job, variables) for variables in environments]
    began = time.monotonic()
    if job.stop:
        wait_for_the_point(job, children, before, draw)
        began = time.monotonic()
        for child in children:
            os.kill(child, getattr(signal, job.stop))
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    said = "".join(path.read_text() for path in sorted(job.output.glob("stderr-*.txt")))
    names = sorted(checkpoints(job.output), key=lambda name: int(name.split("-")[1]))
    whole = [path.parent.name for path in job.output.glob("checkpoints/*/checkpoint-*/whole.json")]
    whole.sort(key=names.index)
    return Ended(codes, time.monotonic() - began, names, whole, (job.output / "model").exists(), said)


def checkpoints(output: Path) -> set[str]:
    """The checkpoints that there are, whole or not."""
    return {path.name for path in output.glob("checkpoints/*/checkpoint-*")}


def held_file(job: Job, rank: int) -> Path:
    """The file by which a process reports that it is held."""
    return job.output / f"held-{rank}"


def wait_for_the_point(job: Job, children: Sequence[int], before: set[str], draw: random.Random) -> None:
    """Return when all processes are held, or, for `anywhere`, somewhere in the saving of the checkpoint.

    A run that ended too early is not waited for: its exit code tells the test.
    """

    def is_reached() -> bool:
        if job.point == "anywhere":
            return len(checkpoints(job.output) - before) >= job.nth
        return all(held_file(job, rank).exists() for rank in range(len(children)))

    while not is_reached() and not any(map(has_ended, children)):
        time.sleep(0.001)
    if job.point == "anywhere":
        time.sleep(draw.uniform(0, SAVING_SECONDS))


def has_ended(child: int) -> bool:
    """Whether the process has ended; its exit code can still be read."""
    return os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def hold(job: Job, rank: int) -> None:
    """Let this process report and stay at the job's point, for the signal to find it there."""
    from transformers import Trainer

    from training.running import callbacks

    owner, name = {
        "optimizer": (Trainer, "_save_optimizer_and_scheduler"),
        "random states": (Trainer, "_save_rng_state"),
        "mark": (callbacks, "mark_whole"),
    }.get(job.point, (Trainer, "training_step"))
    # each step saves a checkpoint, and the step after the n-th one is held
    free_calls = job.nth if name == "training_step" else job.nth - 1
    original, calls = getattr(owner, name), count()

    def held(*arguments: Any, **named: Any) -> Any:
        if next(calls) == free_calls:
            held_file(job, rank).write_text("held")
            time.sleep(HELD_SECONDS)
            raise TimeoutError("no signal came that ends this process")
        return original(*arguments, **named)

    setattr(owner, name, held)


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
        watch_weights(job.output / f"weights-{rank}.txt")
        if job.stop:
            hold(job, int(rank))
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

    file = write_launch_config(job.output, job.launch, machine_rank=0, bfloat16=job.in_bfloat16)
    given = ["--config_file", str(file), "training.sft"]
    arguments, _, _ = _validate_launch_command(launch_command_parser().parse_args(given))
    told = prepare_multi_gpu_env(arguments)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free.getsockname()[1])}
    world = dict.fromkeys(("WORLD_SIZE", "LOCAL_WORLD_SIZE"), str(job.launch.processes))
    places = [dict.fromkeys(("RANK", "LOCAL_RANK"), str(rank)) for rank in range(job.launch.processes)]
    return [{**told, **address, **world, **place} for place in places]


def watch_weights(path: Path) -> None:
    """Let the trainer leave a sum of what it trained, and its types, in each process."""
    from training.online import trainer as online
    from training.running import manifest, trainer

    def watched(run: AnyRun, trained: Trainer) -> list[dict[str, float]]:
        history = train(run, trained)
        weights = [weight for _, weight in trained.model.named_parameters() if weight.requires_grad]
        path.with_suffix(".types").write_text(" ".join({str(weight.dtype) for weight in weights}))
        path.write_text(repr(sum(float(weight.detach().double().abs().sum()) for weight in weights)))
        return history

    train = trainer.train
    for module in (manifest, online):
        setattr(module, "train", watched)  # noqa: B010


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
    run_plan([Job(**job) for job in json.loads(Path(sys.argv[1]).read_text())])
