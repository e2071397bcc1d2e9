"""Which inputs of a model asset are what to its trainer: base, dataset, replayed rows, reward models."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from datasets_registry.version import Version


@dataclass(frozen=True)
class Roles:
    """Names of assets; those of ``waited`` must have passed, and are not read."""

    base: str
    dataset: str
    replay: str | None = None
    reward_models: tuple[str, ...] = ()
    waited: tuple[str, ...] = ()

    @property
    def inputs(self) -> tuple[str, ...]:
        """All of them, each once."""
        replay = (self.replay,) if self.replay else ()
        named = (self.base, self.dataset, *replay, *self.reward_models, *self.waited)
        return tuple(dict.fromkeys(named))

    def exact(self, inputs: Sequence[Version]) -> dict[str, Any]:
        """The fields of a run's config that name versions."""
        versions = {one.name: str(one) for one in inputs}
        found: dict[str, Any] = {"base": versions[self.base], "dataset": versions[self.dataset]}
        if self.replay:
            found["replay"] = versions[self.replay]
        if self.reward_models:
            found["reward_models"] = [versions[one] for one in self.reward_models]
        return found
