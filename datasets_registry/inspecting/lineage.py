"""Where a version came from, back to the sources, and what was built from it: trees of versions."""

from collections.abc import Mapping
from typing import Any, Literal

from datasets_registry.inspecting.record import Record
from datasets_registry.registry import Registry
from datasets_registry.version import Status, Version


class Node(Record):
    """A version in a tree; ``shown_above`` is whether its branches are at an earlier place of the tree."""

    name: str
    version: int
    kind: Literal["dataset", "model"]
    status: Status
    rows: int | None
    data_version: str
    created_at: str
    code_version: str
    shown_above: bool = False


class UpstreamNode(Node):
    """A version with what it was made from."""

    run_id: str | None
    inputs: "tuple[UpstreamNode, ...]"

    @property
    def branches(self) -> "tuple[UpstreamNode, ...]":
        """The nodes below this one."""
        return self.inputs


class DownstreamNode(Node):
    """A version with what was built from it."""

    built: "tuple[DownstreamNode, ...]"

    @property
    def branches(self) -> "tuple[DownstreamNode, ...]":
        """The nodes below this one."""
        return self.built


def upstream(registry: Registry, version: Version) -> UpstreamNode:
    """``version`` with its inputs, their inputs, and so on; each version's inputs are shown once."""
    return _upstream(registry, version, set())


def _upstream(registry: Registry, version: Version, seen: set[str]) -> UpstreamNode:
    derivation = registry.derivation(version)
    facts = _facts(version, derivation.code_version)
    if str(version) in seen:
        return UpstreamNode(**facts, shown_above=bool(derivation.inputs), run_id=derivation.run_id, inputs=())
    seen.add(str(version))
    inputs = tuple(_upstream(registry, used, seen) for used in derivation.inputs)
    return UpstreamNode(**facts, run_id=derivation.run_id, inputs=inputs)


# by version: the versions that were built from it, each with its code
Built = Mapping[str, list[tuple[Version, str]]]


def downstream(registry: Registry, version: Version) -> DownstreamNode:
    """``version`` with what was built from it, what was built from that, and so on."""
    code = registry.derivation(version).code_version
    return _downstream(version, code, _built(registry), set())


def _built(registry: Registry) -> Built:
    built: dict[str, list[tuple[Version, str]]] = {}
    for kind in ("dataset", "model"):
        for name in registry.names(kind, everywhere=True):
            for version in registry.versions(name):
                derivation = registry.derivation(version)
                for used in derivation.inputs:
                    built.setdefault(str(used), []).append((version, derivation.code_version))
    return built


def _downstream(version: Version, code_version: str, built: Built, seen: set[str]) -> DownstreamNode:
    facts, further = _facts(version, code_version), built.get(str(version), [])
    if str(version) in seen:
        return DownstreamNode(**facts, shown_above=bool(further), built=())
    seen.add(str(version))
    return DownstreamNode(**facts, built=tuple(_downstream(*pair, built, seen) for pair in further))


def _facts(version: Version, code_version: str) -> dict[str, Any]:
    """The fields that both trees have."""
    return {
        "name": version.whole,
        "version": version.number,
        "kind": version.kind,
        "status": version.status,
        "rows": version.num_rows,
        "data_version": version.data_version,
        "created_at": version.created_at,
        "code_version": code_version,
    }
