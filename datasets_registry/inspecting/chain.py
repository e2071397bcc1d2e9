"""Which models a model version goes back to, each with what it was trained on."""

from collections.abc import Mapping
from typing import Any

from datasets_registry.inspecting.facts import manifest_of
from datasets_registry.inspecting.listing import behind
from datasets_registry.inspecting.origins import origin
from datasets_registry.registry import Registry
from datasets_registry.version import Version


def model_chain(registry: Registry, version: Version) -> list[Version]:
    """``version``, its base, the base's base and so on, to the model that was taken as given."""
    chain, base = [version], _base(registry, version)
    while base is not None:
        chain.append(base)
        base = _base(registry, base)
    return chain


def _base(registry: Registry, version: Version) -> Version | None:
    base = manifest_of(registry, version).base
    return registry.version(base.name, base.number) if base else None


def told_chain(registry: Registry, version: Version) -> list[dict[str, Any]]:
    """The chain as plain values: how each model was made, and the newer data that it is behind."""
    return [_told(registry, one) for one in model_chain(registry, version)]


def _told(registry: Registry, version: Version) -> dict[str, Any]:
    manifest = manifest_of(registry, version)
    base = str(manifest.base) if manifest.base else None
    return {
        "version": str(version),
        "status": version.status,
        "trainer": manifest.trainer,
        "base": base,
        "given": None if base else origin(registry, version).said,
        "datasets": {role: str(dataset) for role, dataset in manifest.datasets.items()},
        "reward_models": [str(model) for model in manifest.reward_models],
        "behind": behind(registry, version),
        "data_version": version.data_version,
    }


def made(one: Mapping[str, Any]) -> str:
    """How a model of the chain was made, as half a sentence."""
    if one["given"]:
        return f"taken as given: {one['given']}"
    data = ", ".join(f"{version} ({role})" for role, version in one["datasets"].items())
    by = f" by {one['trainer']}" if one["trainer"] else ""
    rewards = f", rewarded by {', '.join(one['reward_models'])}" if one["reward_models"] else ""
    return f"trained{by} from {one['base']} on {data}{rewards}"
