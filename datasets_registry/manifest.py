"""What a trained model's ``manifest.json`` holds: what it was trained from and with, and its figures."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, JsonValue

from datasets_registry.errors import BrokenObject
from datasets_registry.version import Version

FILE = "manifest.json"
# a step of the run, and a figure that was logged there
Point = tuple[int, float]


class VersionReference(BaseModel):
    """An exact version as a manifest names it; ``str`` gives ``cai_sft@3``."""

    model_config = ConfigDict(frozen=True)

    name: str
    number: int
    data_version: str = ""

    def __str__(self) -> str:
        return f"{self.name}@{self.number}"

    @classmethod
    def from_version(cls, version: Version) -> "VersionReference":
        """The reference to ``version``."""
        return cls(name=version.name, number=version.number, data_version=version.data_version)


def _numbers_only(figures: object) -> object:
    # what a trainer logged and is not a number must not keep the rest from being read
    if not isinstance(figures, dict):
        return figures
    return {name: value for name, value in figures.items() if isinstance(value, int | float)}


Metrics = Annotated[Mapping[str, int | float], BeforeValidator(_numbers_only)]


class Manifest(BaseModel):
    """The record of one training run; fields that older releases did not write have defaults.

    ``datasets`` are by role (``train``, ``replay``). ``reference`` is the model that the loss compared with,
    where it was named; else that is the base, if any. ``parts`` are the models that the base was averaged
    with, whose shares are settings. ``rows`` counts those given, trained on, and left out by reason.
    ``sum_of_rates`` is the rate of each step of the optimiser, summed. ``metrics`` are the last figures
    logged, how far the weights moved (``update_rms``), figures of the whole run, and those of held-out rows
    as ``held_out_…``; ``curves`` are figures by name over the run. ``dtype`` is that of the forward passes;
    what was trained is saved in float32, and is ``stored`` whole or as an adapter. ``kept_by_bfloat16`` is
    the share of the update that a cast of the whole weights to bfloat16 keeps. ``rendering`` is the hash of
    the tokens that its chat template makes of fixed conversations (``generation.templates.probing``).
    ``memory_gib`` is what a device was estimated to need, by part and in ``total``, and the ``peak`` that was
    measured on a card.
    """

    model_config = ConfigDict(frozen=True)

    name: str = ""
    trainer: str | None = None
    fingerprint: str = ""
    base: VersionReference | None = None
    datasets: Mapping[str, VersionReference] = {}
    reward_models: tuple[VersionReference, ...] = ()
    reference: VersionReference | None = None
    parts: tuple[VersionReference, ...] = ()
    settings: Mapping[str, JsonValue] = {}
    dtype: str | None = None
    stored: Literal["adapter", "whole"] | None = None
    kept_by_bfloat16: float | None = None
    micro_batch: int | None = None
    gradient_accumulation: int | None = None
    processes: int | None = None
    strategy: str | None = None
    effective_batch: int | None = None
    memory_gib: Mapping[str, float] = {}
    optimizer_steps: int | None = None
    warmup_steps: int | None = None
    sum_of_rates: float | None = None
    rows: Mapping[str, int] = {}
    metrics: Metrics = {}
    loss: tuple[Point, ...] = ()
    curves: Mapping[str, tuple[Point, ...]] = {}
    seconds: float | None = None
    libraries: Mapping[str, str] = {}
    rendering: str | None = None

    @property
    def base_reference(self) -> str | None:
        """The model that training began from, such as ``base_policy@1``."""
        return str(self.base) if self.base else None

    @property
    def dataset_references(self) -> dict[str, str]:
        """The dataset versions, such as ``cai_sft@3``, by role."""
        return {role: str(dataset) for role, dataset in self.datasets.items()}

    @property
    def reward_model_references(self) -> tuple[str, ...]:
        """The reward models, such as ``reward_model@2``."""
        return tuple(map(str, self.reward_models))

    @property
    def compared_with(self) -> str | None:
        """The reference that was named, such as ``sft_policy@2``."""
        return str(self.reference) if self.reference else None

    @classmethod
    def read(cls, folder: Path) -> "Manifest":
        """The manifest in ``folder``; all defaults for a model that was not trained here.

        Raises BrokenObject where the file is not a manifest.
        """
        path = folder / FILE
        if not path.exists():
            return cls()
        try:
            return cls.model_validate_json(path.read_bytes())
        except ValueError as error:
            raise BrokenObject(f"{path} is not a manifest: build the model again") from error

    def write(self, folder: Path) -> Path:
        """Write the manifest into ``folder``; returns the file's path."""
        path = folder / FILE
        path.write_text(json.dumps(self.model_dump(mode="json"), indent=2), encoding="utf-8")
        return path


def is_trained(folder: Path) -> bool:
    """Whether the model in ``folder`` was trained here, and so has a manifest."""
    return (folder / FILE).exists()
