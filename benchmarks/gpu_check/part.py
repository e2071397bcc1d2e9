"""A part of the check, where it runs, and how it came out."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from benchmarks.gpu_check.machine import Machine
from benchmarks.gpu_check.sizes import Size
from benchmarks.sides.figure import Figure

Outcome = Literal["pass", "miss", "failed", "out of time", "skipped"]
RED: tuple[Outcome, ...] = ("miss", "failed", "out of time")


class PartFailed(Exception):
    """A part could not be measured; the message says why."""


class Bench(BaseModel):
    """Where a check works, at which size, and on what."""

    model_config = ConfigDict(frozen=True)

    folder: Path
    size: Size
    machine: Machine

    @property
    def logs(self) -> Path:
        """What each part wrote, kept when the models are gone."""
        return self.folder.parent / "logs"

    @property
    def base(self) -> Path:
        """The random base model."""
        return self.folder / "base"

    @property
    def scorer(self) -> Path:
        """The random reward model."""
        return self.folder / "scorer"

    @property
    def state(self) -> Path:
        """The state folder of the runs."""
        return self.folder / "state"

    @property
    def environment(self) -> dict[str, str]:
        """The variables of every process of the check; on a CPU one thread each, as models are tiny."""
        told = {"TRIMTAB_HOME": str(self.state), "HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
        threads = (
            {} if self.machine.on_gpu else {"OMP_NUM_THREADS": "1", "VLLM_CPU_OMP_THREADS_BIND": "nobind"}
        )
        return os.environ | told | threads


@dataclass(frozen=True)
class Part:
    """A named part; ``lacks`` says what the machine does not have for it, if it lacks anything.

    ``needs_models`` says that the random models have to be there, ``patience`` how many times the usual limit
    it may take.
    """

    title: str
    measure: Callable[[Bench], Sequence[Figure]]
    lacks: Callable[[Machine], str | None] = lambda machine: None
    needs_models: bool = True
    patience: float = 1.0


class Result(BaseModel):
    """How a part came out; ``reason`` says why it did not pass."""

    model_config = ConfigDict(frozen=True)

    part: str
    outcome: Outcome
    reason: str | None = None
    seconds: float = 0.0
    figures: tuple[Figure, ...] = ()


class Report(BaseModel):
    """The whole check."""

    model_config = ConfigDict(frozen=True)

    machine: Machine
    size: Size
    begun: str
    seconds: float
    parts: tuple[Result, ...]

    @property
    def red(self) -> list[str]:
        """The parts that did not pass."""
        return [result.part for result in self.parts if result.outcome in RED]
