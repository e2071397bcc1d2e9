"""What every training run does: open exact versions, count rows, report, and end in one line."""

import importlib.metadata
import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

from datasets_registry.errors import BadInput, ModelFailed
from datasets_registry.registry import Registry
from datasets_registry.state import State, durable
from datasets_registry.version import Version
from quality.checks.models import lost_share
from training.running import ranks
from training.running.memory import MicroBatch, OutOfMemory, micro_batch
from training.running.process import (
    begin_anew,
    die_with_parent,
    ended_in_a_sentence,
    reporting,
    stop_when_asked,
)
from training.running.trackers import require_trackers
from training.settings.learning import TrainingSettings
from training.settings.run import AnyConfig, RunConfig, S_co, config_path

TRL = "1.16"


@dataclass(frozen=True)
class Run(Generic[S_co]):
    """An open run: its trainer and config, the exact versions behind it, and how it reports its progress.

    ``settings`` are the config's, completed where a trainer derives some from its rows.
    """

    trainer: str
    config: RunConfig[S_co]
    settings: S_co
    registry: Registry
    base: Version
    datasets: Mapping[str, Version]
    reward_models: tuple[Version, ...]
    report: Callable[[str], None]
    started: float = field(default_factory=time.monotonic)

    @property
    def dataset(self) -> Version:
        """The version that is trained on."""
        return self.datasets["train"]

    @property
    def base_folder(self) -> Path:
        """The directory of the model that training starts from."""
        return self.registry.folder(self.base)

    @property
    def checkpoints(self) -> Path:
        """Where checkpoints go; they outlive a killed run."""
        return self.config.output / "checkpoints"

    @property
    def micro_batch(self) -> MicroBatch:
        """What a device takes at once; half of what was asked for, once memory was short."""
        return micro_batch(self.config, self.settings)


AnyRun = Run[TrainingSettings]


def open_run(trainer: str, config: RunConfig[S_co], report: Callable[[str], None]) -> Run[S_co]:
    """Find the versions that ``config`` names, before anything is loaded.

    Raises UnknownVersion or UnpassedVersion for those that cannot be used, and BadInput where TRL, a tracker
    or the number of processes is not what the run needs.
    """
    _require_trl()
    _require_processes(trainer, config)
    require_trackers(config.report_to)
    registry = Registry(State().prepare())
    base = _exact(registry, config.base)
    datasets = {role: _exact(registry, one) for role, one in config.datasets.items()}
    scorers = tuple(_exact(registry, one) for one in config.reward_models)
    return Run(trainer, config, config.settings, registry, base, datasets, scorers, report)


def _require_trl() -> None:
    found = importlib.metadata.version("trl")
    if not found.startswith(f"{TRL}."):
        raise BadInput(
            f"TRL {found} is installed, and training is written for {TRL}: install what constraints.txt names"
        )


def _require_processes(trainer: str, config: AnyConfig) -> None:
    if ranks.processes() != config.launch.processes:
        raise BadInput(
            f"{config.name} is to be trained by {config.launch.processes} processes, and this is one of "
            f"{ranks.processes()}: start it by `python -m training.launch training.{trainer}`"
        )


def _exact(registry: Registry, reference: str) -> Version:
    name, _, number = reference.partition("@")
    version = registry.version(name, int(number)) if number.isdecimal() else registry.passed(name)
    return registry.require_passed(version)


def rows_of(run: AnyRun, *columns: str, role: str = "train") -> list[dict[str, Any]]:
    """The rows of a role's dataset; raises BadInput naming a column that the trainer needs and it lacks."""
    version = run.datasets[role]
    table = run.registry.table(version)
    missing = [one for one in columns if one not in table.column_names]
    if missing:
        raise BadInput(
            f"{version} has no column {missing[0]!r}: this trainer learns from a dataset with the "
            f"columns {', '.join(columns)}"
        )
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows


def require_rows(run: AnyRun, counts: Mapping[str, int]) -> None:
    """Raise ModelFailed unless there is a batch to train on and few enough rows are lost.

    ``counts`` are rows `given`, `trained`, and left out by reason. They stand beside the config from here on,
    where the asset finds them.
    """
    if ranks.is_first():
        with durable(run.config.output / "rows.json") as temporary:
            temporary.write_text(json.dumps(dict(counts)))
    share = lost_share(counts)
    if share > run.settings.max_lost_share:
        raise ModelFailed(
            f"{run.dataset} would lose {share:.0%} of its usable rows to max_length "
            f"{run.settings.max_length}, more than max_lost_share {run.settings.max_lost_share:.0%}: raise "
            "max_length, or max_lost_share where that is meant"
        )
    batch = run.settings.rows_per_step * run.config.launch.processes
    if counts["trained"] < batch:
        raise ModelFailed(
            f"{run.dataset} gives {counts['trained']} usable rows of {counts['given']}, fewer than one batch "
            f"of {batch}: add prompts, or lower batch_size"
        )


Work = Callable[[Path, Callable[[str], None]], None]


def main(work: Work, description: str | None) -> None:
    """Run a trainer's ``work``; where memory is short, once more with less at once."""
    path = config_path(description)
    die_with_parent()
    stop_when_asked()
    with ended_in_a_sentence(path), reporting() as report:
        try:
            work(path, report)
        except OutOfMemory as error:
            begin_anew(path, error)
