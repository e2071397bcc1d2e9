"""The part that all training runs share: open exact versions, read and count rows, and end in one line."""

import importlib.metadata
import json
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Generic, Literal, TypeVar

from datasets_registry.boundary import ended_in_one_line
from datasets_registry.errors import BadInput, ModelFailed
from datasets_registry.exporting.places import ROWS, require_run_folder
from datasets_registry.hashing import digest
from datasets_registry.state import State, durable
from datasets_registry.version import Version, parsed_reference
from generation.models.limits import require_window
from quality.checks.models import lost_share
from training.estimates.memory import Memory
from training.running import ranks
from training.running.card import fit
from training.running.checkpoints import FOLDER
from training.running.memory import MicroBatch, OutOfMemory, configured, halving, micro_batch
from training.running.process import (
    Report,
    die_with_parent,
    errors_as_one_line,
    go_offline,
    left_at_once,
    reporting,
    restart,
    stop_at_interrupt,
    take_no_input,
)
from training.running.visible import require_visible
from training.settings.learning import TrainingSettings
from training.settings.run import AnyConfig, RunConfig, S_co, config_path, read_config
from training.settings.trackers import require_ready

if TYPE_CHECKING:
    from datasets_registry.registry import Registry

TRL = "1.16"
R = TypeVar("R")


@dataclass(frozen=True)
class Run(Generic[S_co]):
    """An open run: its trainer and config, the exact versions behind it, and how it reports its progress.

    ``settings`` are the config's, completed where a trainer derives some from its rows.
    """

    trainer: str
    config: RunConfig[S_co]
    settings: S_co
    registry: "Registry"
    base: Version
    datasets: Mapping[str, Version]
    reward_models: tuple[Version, ...]
    report: Report
    # the model that the loss compares with, where it was named
    reference: Version | None = None
    # the models that the base is averaged with
    parts: tuple[Version, ...] = ()
    # where there is a card to fit: the rows at once that do, and what they take
    planned: MicroBatch | None = None
    memory: Memory | None = None
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
    def identity(self) -> str:
        """The hash of all that decides the weights: trainer, settings, and the content of base and data."""
        datasets = {role: version.learned_version for role, version in self.datasets.items()}
        reward_models = [version.data_version for version in self.reward_models]
        reference = [self.reference.data_version] if self.reference else []
        return digest(
            [self.trainer, self.base.data_version, datasets, reward_models, self.config.decided, *reference]
        )

    @property
    def models(self) -> tuple[Version, ...]:
        """All models that are read: the base, parts, a named reference, reward models."""
        return (self.base, *self.parts, *filter(None, [self.reference]), *self.reward_models)

    @property
    def checkpoints(self) -> Path:
        """The folder of this run's checkpoints, which outlive it where it is killed; of no other run."""
        return self.config.output / FOLDER / self.identity[:16]

    @property
    def micro_batch(self) -> MicroBatch:
        """The rows that a device takes at once: those that fit, or half of them after memory was short."""
        return micro_batch(self.config, self.settings, self.planned)

    def halving(self) -> AbstractContextManager[None]:
        """Where memory is short within, OutOfMemory once, and then ModelFailed with the remedy."""
        return halving(self.config, self.settings, self.planned)


AnyRun = Run[TrainingSettings]


def open_run(trainer: str, kind: type[RunConfig[S_co]], path: Path, report: Report) -> Run[S_co]:
    """Read the config at ``path`` and find the versions that it names, before anything is loaded.

    Raises UnknownVersion or UnpassedVersion for those that cannot be used, and BadInput where the config,
    TRL, a tracker or the number of processes is not what the run needs, or where it cannot fit its card.
    """
    config = read_config(kind, path)
    if ranks.is_first():
        require_run_folder(config.output, path)
    _require_trl()
    _require_processes(trainer, config)
    require_ready(config.report_to)
    # it takes longer to import than a refusal may
    from datasets_registry.registry import Registry

    registry = Registry(State().prepare())
    base = _exact(registry, config.base, "model")
    datasets = {role: _exact(registry, reference, "dataset") for role, reference in config.datasets.items()}
    reward_models = tuple(_exact(registry, reference, "model") for reference in config.reward_models)
    reference = _exact(registry, config.reference, "model") if config.reference else None
    references = [reference] if reference else []
    parts = tuple(_exact(registry, part, "model") for part in config.parts)
    require_visible(registry, [base, *datasets.values(), *reward_models, *references, *parts])
    for model, what in ((base, "base"), *((model, "reference") for model in references)):
        require_window(registry.folder(model), config.settings.max_length, config.name, what)
    found = fit(
        config,
        registry.folder(base),
        [registry.folder(model) for model in reward_models],
        # the base again is no second model
        registry.folder(reference) if reference and reference.data_version != base.data_version else None,
    )
    return Run(
        trainer,
        config,
        config.settings,
        registry,
        base,
        datasets,
        reward_models,
        report,
        reference=reference,
        parts=parts,
        planned=configured(config, config.settings).of(found.rows) if found else None,
        memory=found.memory if found else None,
    )


def _require_trl() -> None:
    installed = importlib.metadata.version("trl")
    if not installed.startswith(f"{TRL}."):
        raise BadInput(
            f"TRL {installed} is installed, and training needs {TRL}: install the versions of constraints.txt"
        )


def _require_processes(trainer: str, config: AnyConfig) -> None:
    if ranks.processes() != config.launch.processes:
        raise BadInput(
            f"{config.name} trains in {config.launch.processes} processes, and this is one of "
            f"{ranks.processes()}: start it by `python -m training.launch training.{trainer}`"
        )


def _exact(registry: "Registry", reference: str, kind: Literal["dataset", "model"]) -> Version:
    name, which = parsed_reference(reference)
    version = registry.passed(name) if which is None else registry.resolve(reference)
    if version.kind != kind:
        raise BadInput(f"{version} is a {version.kind}, and here a {kind} is needed: correct the run config")
    return registry.require_passed(version)


def rows_of(run: AnyRun, kind: type[R], *more: str, role: str = "train") -> list[R]:
    """The rows of a role's dataset, with the columns that ``kind``, a typed dict, requires and ``more``.

    Raises BadInput naming a column that is not there.
    """
    required: frozenset[str] = getattr(kind, "__required_keys__", frozenset())
    columns = [*(column for column in kind.__annotations__ if column in required), *more]
    version = run.datasets[role]
    table = run.registry.table(version)
    missing = [column for column in columns if column not in table.column_names]
    if missing:
        raise BadInput(
            f"{version} has no column {missing[0]!r}: this trainer learns from a dataset with the "
            f"columns {', '.join(columns)}"
        )
    rows: list[R] = table.to_pylist()
    return rows


def require_rows(run: AnyRun, counts: Mapping[str, int]) -> None:
    """Raise ModelFailed unless there are rows for enough steps, and few enough are dropped.

    ``counts`` are rows `given`, `trained`, and left out by reason. They are written beside the config, where
    the asset finds them.
    """
    if ranks.is_first():
        with durable(run.config.output / ROWS) as temporary:
            temporary.write_text(json.dumps(dict(counts)))
    share = lost_share(counts)
    if share > run.settings.max_lost_share:
        raise ModelFailed(
            f"{run.dataset} would drop {share:.0%} of its usable rows at max_length "
            f"{run.settings.max_length}, more than max_lost_share {run.settings.max_lost_share:.0%}: raise "
            "max_length, or max_lost_share if that is intended"
        )
    trained, batch = counts["trained"], run.settings.rows_per_step
    if trained < batch:
        raise ModelFailed(
            f"{run.dataset} gives {trained} usable rows of {counts['given']}, fewer than the {batch} of one "
            "step: add rows, or lower gradient_accumulation or batch_size"
        )
    why = run.settings.why_nothing_is_learned(trained)
    if why:
        raise ModelFailed(f"{run.config.name} would learn next to nothing from {run.dataset}: {why}")


Work = Callable[[Path, Report], None]


def main(work: Work, description: str | None) -> None:
    """Run a trainer's ``work``; where memory is short, once more with fewer rows at once."""
    with left_at_once() if ranks.launched() else nullcontext(), ended_in_one_line():
        path = config_path(description)
        go_offline()
        take_no_input()
        die_with_parent()
        stop_at_interrupt()
        with errors_as_one_line(path), reporting() as report:
            try:
                work(path, report)
            except OutOfMemory as error:
                restart(path, error)
