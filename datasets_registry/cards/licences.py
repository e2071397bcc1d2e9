"""The licences of a version: what its rows say, and what the rows of all its inputs say."""

from collections.abc import Iterator, Sequence

import pyarrow as pa

from datasets_registry.inspecting.splits import schema_of
from datasets_registry.inspecting.statistics import distinct
from datasets_registry.registry import Registry
from datasets_registry.version import Version

# identifiers that the hub knows; it refuses a card with another
HUB = frozenset(
    {
        "apache-2.0",
        "mit",
        "cc0-1.0",
        "cc-by-3.0",
        "cc-by-4.0",
        "cc-by-sa-3.0",
        "cc-by-sa-4.0",
        "cc-by-nc-4.0",
        "cc-by-nc-sa-4.0",
        "cc-by-nd-4.0",
        "cc-by-nc-nd-4.0",
        "bsd-2-clause",
        "bsd-3-clause",
        "gpl-2.0",
        "gpl-3.0",
        "lgpl-3.0",
        "agpl-3.0",
        "mpl-2.0",
        "odc-by",
        "odbl",
        "pddl",
        "isc",
        "unlicense",
        "cdla-permissive-2.0",
        "cdla-sharing-1.0",
        "openrail",
        "llama2",
        "llama3",
        "llama3.1",
        "llama3.2",
        "llama3.3",
        "llama4",
        "gemma",
    }
)
_OTHER_NAMES = {"odc-by-1.0": "odc-by", "odbl-1.0": "odbl", "pddl-1.0": "pddl"}


def lineage_of(registry: Registry, version: Version) -> Iterator[Version]:
    """The version and everything that it was made from, each once."""
    seen, waiting = set(), [version]
    while waiting:
        one = waiting.pop(0)
        if (one.name, one.number) not in seen:
            seen.add((one.name, one.number))
            yield one
            waiting.extend(registry.derivation(one).inputs)


def licences(registry: Registry, version: Version) -> list[str]:
    """Every licence that stands in a ``licence`` column of the version or of its inputs."""
    named = (row_licences(registry, one) for one in lineage_of(registry, version) if one.kind == "dataset")
    return sorted({licence for ones in named for licence in ones})


def row_licences(registry: Registry, version: Version) -> list[str]:
    """The licences that the rows of a dataset version state themselves."""
    files = registry.files(version)
    schema: pa.Schema = schema_of(files)
    return distinct(files, "licence") if "licence" in schema.names else []


def hub_licences(spdx: Sequence[str]) -> list[str]:
    """The hub's identifiers: ``unknown`` where nobody stated one, ``other`` for one that it lacks."""
    return sorted({_hub(one.lower()) for one in spdx}) or ["unknown"]


def _hub(one: str) -> str:
    if one == "noassertion":
        return "unknown"
    one = _OTHER_NAMES.get(one, one)
    return one if one in HUB else "other"
