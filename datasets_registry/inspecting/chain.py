"""Which models a model version goes back to, each with what it was trained on."""

from collections.abc import Mapping

from datasets_registry.inspecting.listing import behind
from datasets_registry.inspecting.model_facts import manifest_of, named_version
from datasets_registry.inspecting.origins import origin
from datasets_registry.inspecting.record import Record
from datasets_registry.registry import Registry
from datasets_registry.version import Status, Version


class Ancestor(Record):
    """A model of a chain; ``given`` says where one came from that was not trained here."""

    version: str
    status: Status
    trainer: str | None
    base: str | None
    given: str | None
    datasets: Mapping[str, str]
    reward_models: tuple[str, ...]
    reference: str | None
    parts: tuple[str, ...]
    behind: tuple[str, ...]
    data_version: str

    @property
    def how_made(self) -> str:
        """How the model was made, as half a sentence."""
        if self.given:
            return f"taken as given: {self.given}"
        if self.parts:
            return f"averaged from {', '.join(filter(None, [self.base, *self.parts]))}"
        data = ", ".join(f"{version} ({role})" for role, version in self.datasets.items())
        trainer = f" by {self.trainer}" if self.trainer else ""
        rewards = f", rewarded by {', '.join(self.reward_models)}" if self.reward_models else ""
        compared = f", compared with {self.reference}" if self.reference else ""
        return f"trained{trainer} from {self.base} on {data}{rewards}{compared}"


def model_chain(registry: Registry, version: Version) -> list[Version]:
    """``version``, its base, the base's base and so on, to the model that was taken as given.

    Raises BrokenObject where a manifest cannot be read.
    """
    chain, base = [version], _base(registry, version)
    while base is not None:
        chain.append(base)
        base = _base(registry, base)
    return chain


def goes_back_to(registry: Registry, version: Version, other: Version) -> bool:
    """Whether ``other`` is ``version``, or a model that it was trained from, by content.

    Raises BrokenObject as ``model_chain`` does.
    """
    return any(model.data_version == other.data_version for model in model_chain(registry, version))


def ancestors(registry: Registry, version: Version) -> tuple[Ancestor, ...]:
    """The models of the chain, itself first; raises BrokenObject as ``model_chain`` does."""
    return tuple(_ancestor(registry, model) for model in model_chain(registry, version))


def _base(registry: Registry, version: Version) -> Version | None:
    base = manifest_of(registry, version).base
    return named_version(registry, version, base) if base else None


def _ancestor(registry: Registry, version: Version) -> Ancestor:
    manifest = manifest_of(registry, version)
    return Ancestor(
        version=str(version),
        status=version.status,
        trainer=manifest.trainer,
        base=manifest.base_reference,
        given=None if manifest.base else origin(registry, version).description,
        datasets=manifest.dataset_references,
        reward_models=manifest.reward_model_references,
        reference=manifest.compared_with,
        parts=tuple(map(str, manifest.parts)),
        behind=behind(registry, version),
        data_version=version.data_version,
    )
