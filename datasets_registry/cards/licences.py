"""The licences of a version: those that its rows state, and those of the rows of all its inputs."""

from collections.abc import Iterator, Sequence

import pyarrow as pa

from datasets_registry.inspecting.splits import schema_of
from datasets_registry.inspecting.statistics import distinct
from datasets_registry.registry import Registry
from datasets_registry.version import Version

# the identifiers that the Hub knows; it refuses a card with another
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
        ancestor = waiting.pop(0)
        if str(ancestor) not in seen:
            seen.add(str(ancestor))
            yield ancestor
            waiting.extend(registry.derivation(ancestor).inputs)


def licences(registry: Registry, version: Version) -> list[str]:
    """Every licence in a ``licence`` column of the version or of what it was made from."""
    datasets = [used for used in lineage_of(registry, version) if used.kind == "dataset"]
    return sorted({licence for dataset in datasets for licence in row_licences(registry, dataset)})


def row_licences(registry: Registry, version: Version) -> list[str]:
    """The licences that the rows of a dataset version state themselves."""
    files = registry.files(version)
    schema: pa.Schema = schema_of(files)
    return distinct(files, "licence") if "licence" in schema.names else []


def hub_licences(spdx: Sequence[str]) -> list[str]:
    """The Hub's identifiers: ``unknown`` where none was stated, ``other`` for one that it does not know."""
    return sorted({_hub_licence(licence.lower()) for licence in spdx}) or ["unknown"]


def _hub_licence(spdx: str) -> str:
    if spdx == "noassertion":
        return "unknown"
    identifier = _OTHER_NAMES.get(spdx, spdx)
    return identifier if identifier in HUB else "other"
