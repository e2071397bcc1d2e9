"""What is on the disk after a kill and its completion: versions, completions, damage and leftovers."""

import os
from collections.abc import Iterator
from typing import Any

from benchmarks.kills.neighbour import NAME
from benchmarks.kills.stages import GRACE, MODEL, Place
from datasets_registry.garbage import collect
from datasets_registry.registry import Registry
from generation.ledger.ledger import Ledger
from generation.models.folder import fingerprint
from quality.auditing.verify import verify

# of files and folders that are there while something is written
TEMPORARY = (".tmp-*", ".partial-*", ".spill-*", ".probe-*", "duckdb-*", "sort-*", "*.claim", ".sampled-*")


def stored_keys(place: Place) -> list[str]:
    """The keys of the completions that are on disk, and not the neighbour's."""
    query = "SELECT key FROM completions WHERE error IS NULL AND asset != ? ORDER BY key"
    return [row["key"] for row in Ledger(place.state.ledger).ask(query, NAME)]


def looked_at(place: Place) -> dict[str, Any]:
    """All that is compared with an undisturbed run, and all that must not be there."""
    registry = Registry(place.state.prepare())
    versions = [
        version
        for name in (*registry.names("dataset"), *registry.names("model"))
        for version in registry.versions(name)
    ]
    ours = {version.name for version in versions if version.name != NAME}
    latest = {name: registry.latest(name) for name in sorted(ours)}
    found: dict[str, Any] = {
        "versions": {name: version and version.data_version for name, version in latest.items()},
        "keys": stored_keys(place),
        "trained": fingerprint(place.run / "model") if (place.run / "model").exists() else None,
        "twice": _stored_twice(place),
        "damage": [str(damage) for version in versions for damage in verify(registry, version)],
    }
    registry.engine.dispose()
    return found | {"left": list(_left(place))}


def _stored_twice(place: Place) -> int:
    """Keys with more than one success among the segments that count."""
    query = "SELECT count(*) AS rows, count(DISTINCT key) AS keys FROM stored WHERE error IS NULL"
    (found,) = Ledger(place.state.ledger).ask(query)
    return int(found["rows"] - found["keys"])


def _left(place: Place) -> Iterator[str]:
    """What is there for no version once the grace is over and garbage is collected."""
    state = place.state
    for path in state.root.rglob("*"):
        os.utime(path, (0, 0), follow_symlinks=False)
    registry = Registry(state, reads_only=True)
    collect(registry, GRACE, dry_run=False)
    yield from (str(path) for path in collect(registry, GRACE).paths)
    yield from (str(path) for pattern in TEMPORARY for path in state.root.rglob(pattern))
    if registry.names("model").count(MODEL):
        yield from map(str, state.runs.iterdir())
