"""What a run costs as it grows: python -m benchmarks.scale [--json] [--quick] [--only PART]."""

from collections.abc import Iterator

from benchmarks.scale import (
    bucket_writers,
    claims,
    commit_kills,
    fleet,
    judging,
    ledger_kills,
    lookups,
    replicas,
)
from benchmarks.sides.figure import Figure, run_parts


def kills(quick: bool) -> Iterator[Figure]:
    """Kills amid commits, and amid what is generated."""
    yield from commit_kills.measure(quick)
    yield from ledger_kills.measure(quick)


if __name__ == "__main__":
    run_parts(
        {
            "lookups": lookups.measure,
            "fleet": fleet.measure,
            "judging": judging.measure,
            "writers": bucket_writers.measure,
            "claims": claims.measure,
            "kills": kills,
            "ray": replicas.measure,
        },
        __doc__,
    )
