"""What a model version was trained from and with, as its manifest says."""

from collections.abc import Mapping
from contextlib import suppress

from datasets_registry.errors import BrokenObject, UnknownVersion
from datasets_registry.inspecting.record import Record
from datasets_registry.manifest import FILE, Manifest, VersionReference, is_trained
from datasets_registry.registry import Registry
from datasets_registry.version import Status, Version, plain_name


class ModelFacts(Record):
    """A model version and its training run; of a model that was not trained here most is empty.

    ``datasets`` are the versions that it was trained on, by role; ``stored`` and ``kept_by_bfloat16`` are the
    manifest's.
    """

    version: str
    status: Status
    fingerprint: str
    created_at: str
    trainer: str | None
    base: str | None
    datasets: Mapping[str, str]
    reward_models: tuple[str, ...]
    reference: str | None
    rows: Mapping[str, int]
    metrics: Mapping[str, int | float]
    settings: Mapping[str, object]
    seconds: float | None
    dtype: str | None
    effective_batch: int | None
    optimizer_steps: int | None
    warmup_steps: int | None
    sum_of_rates: float | None
    stored: str | None
    kept_by_bfloat16: float | None
    libraries: Mapping[str, str]
    folder: str

    @property
    def steps(self) -> dict[str, int | float | None]:
        """What the run's steps were, by words."""
        return {
            "rows or samples a step": self.effective_batch,
            "steps of the optimiser": self.optimizer_steps,
            "of them warm-up": self.warmup_steps,
            "sum of their rates": self.sum_of_rates,
        }


def model_facts(registry: Registry, version: Version) -> ModelFacts:
    """What ``version`` was trained from and with.

    Raises BrokenObject where the folder is gone or the manifest cannot be read.
    """
    folder = registry.small_files(version)
    if not folder.exists():
        raise BrokenObject(f"the folder {folder} of {version} is missing: build the model again")
    manifest = manifest_of(registry, version)
    return ModelFacts(
        version=str(version),
        status=version.status,
        fingerprint=version.data_version,
        created_at=version.created_at,
        trainer=manifest.trainer,
        base=manifest.base_reference,
        datasets=manifest.dataset_references,
        reward_models=manifest.reward_model_references,
        reference=manifest.compared_with,
        rows=manifest.rows,
        metrics=manifest.metrics,
        settings=manifest.settings,
        seconds=manifest.seconds,
        dtype=manifest.dtype,
        effective_batch=manifest.effective_batch,
        optimizer_steps=manifest.optimizer_steps,
        warmup_steps=manifest.warmup_steps,
        sum_of_rates=manifest.sum_of_rates,
        stored=manifest.stored,
        kept_by_bfloat16=manifest.kept_by_bfloat16,
        libraries=manifest.libraries,
        folder=str(registry.place(version)),
    )


def manifest_of(registry: Registry, version: Version) -> Manifest:
    """The manifest, all defaults where there is none; raises BrokenObject where it cannot be read."""
    folder = registry.small_files(version)
    try:
        return Manifest.read(folder)
    except BrokenObject as error:
        raise BrokenObject(
            f"{folder / FILE} of {version} is not a manifest: build the model again"
        ) from error


def named_version(registry: Registry, model: Version, named: VersionReference) -> Version | None:
    """The version that a model's manifest names; None where it was removed.

    What another line trained is taken over with its manifest: there the model's own input has that content.
    """
    own = (used for used in registry.derivation(model).inputs if used.plain == plain_name(named.name))
    if found := next((used for used in own if used.data_version == named.data_version), None):
        return found
    with suppress(UnknownVersion):
        return registry.version(registry.records.line.called(named.name), named.number)
    return None


def is_given(registry: Registry, version: Version) -> bool:
    """Whether ``version`` is a model that was not trained here."""
    return version.kind == "model" and not is_trained(registry.small_files(version))
