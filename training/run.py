"""What every training run does: open exact versions, count rows, report, and end in one line."""

import ctypes
import importlib.metadata
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

from dagster_pipes import DAGSTER_PIPES_CONTEXT_ENV_VAR, PipesContext, open_dagster_pipes

from datasets_registry.errors import BadInput, ModelFailed, TrimtabError
from datasets_registry.registry import Registry
from datasets_registry.state import State, durable
from datasets_registry.version import Version
from quality.lost_rows import lost_share
from training.config import RunConfig, config_path
from training.settings import TrainSettings

TRL = "1.16"


@dataclass
class Run:
    """An open run: its config, the exact versions behind it, and who is told of its progress."""

    config: RunConfig
    settings: TrainSettings
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


def open_run(config: RunConfig, settings: TrainSettings, report: Callable[[str], None]) -> Run:
    """Find the named versions; raises UnpassedVersion or UnknownVersion before anything is loaded."""
    _require_trl()
    registry = Registry(State().prepare())
    base = _exact(registry, config.base)
    datasets = {role: _exact(registry, one) for role, one in config.datasets.items()}
    scorers = tuple(_exact(registry, one) for one in config.reward_models)
    return Run(config, settings, registry, base, datasets, scorers, report)


def _require_trl() -> None:
    found = importlib.metadata.version("trl")
    if not found.startswith(f"{TRL}."):
        raise BadInput(
            f"TRL {found} is installed, and training is written for {TRL}: install what constraints.txt names"
        )


def _exact(registry: Registry, reference: str) -> Version:
    name, _, number = reference.partition("@")
    version = registry.version(name, int(number)) if number.isdecimal() else registry.passed(name)
    return registry.require_passed(version)


def rows_of(run: Run, *columns: str, role: str = "train") -> list[dict[str, Any]]:
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


def require_rows(run: Run, counts: Mapping[str, int]) -> None:
    """Raise ModelFailed unless there is a batch to train on and few enough rows are lost.

    ``counts`` are rows `given`, `trained`, and left out by reason. They stand beside the config from here on,
    where the asset finds them.
    """
    with durable(run.config.output / "rows.json") as temporary:
        temporary.write_text(json.dumps(dict(counts)))
    share = lost_share(counts)
    if share > run.settings.max_lost_share:
        raise ModelFailed(
            f"{run.dataset} would lose {share:.0%} of its usable rows to max_length "
            f"{run.settings.max_length}, more than max_lost_share {run.settings.max_lost_share:.0%}: raise "
            "max_length, or max_lost_share where that is meant"
        )
    if counts["trained"] < run.settings.rows_per_step:
        raise ModelFailed(
            f"{run.dataset} gives {counts['trained']} usable rows of {counts['given']}, fewer than one batch "
            f"of {run.settings.rows_per_step}: add prompts, or lower batch_size"
        )


Work = Callable[[Path, Callable[[str], None]], None]


def main(work: Work, description: str | None) -> None:
    """Run a trainer's ``work``; errors are one line and exit code 2, as everywhere in Trimtab.

    The line is left beside the config too, where the asset finds it.
    """
    path = config_path(description)
    _die_with_parent()
    try:
        if _in_dagster():
            with open_dagster_pipes() as pipes:
                work(path, _through(pipes))
        else:
            work(path, lambda line: print(line, file=sys.stderr, flush=True))
    except TrimtabError as error:
        path.with_name("error.txt").write_text(str(error))
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)


def _in_dagster() -> bool:
    # outside, open_dagster_pipes would give a mock that answers everything
    return DAGSTER_PIPES_CONTEXT_ENV_VAR in os.environ


def _through(pipes: PipesContext) -> Callable[[str], None]:
    def report(line: str) -> None:
        pipes.log.info(line)
        print(line, file=sys.stderr, flush=True)

    return report


def _die_with_parent() -> None:
    """Where Dagster is killed, its trainer must not go on unseen (Linux)."""
    if sys.platform == "linux" and _in_dagster():
        parent_death_signal = 1
        ctypes.CDLL(None).prctl(parent_death_signal, signal.SIGKILL)
