"""What a run costs as it grows: python -m benchmarks.scale [--json] [--quick] [--only PART]."""

from collections.abc import Iterator
from functools import partial

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
from benchmarks.sides.apart import side_by_side
from benchmarks.sides.figure import Figure, run_parts


def kills(quick: bool) -> Iterator[Figure]:
    """Kills amid commits, and amid what is generated."""
    yield from commit_kills.measure(quick)
    yield from ledger_kills.measure(quick)


if __name__ == "__main__":
    run_parts(
        {
            "ray": replicas.measure,
            "kills": kills,
            "writers": bucket_writers.measure,
            "judging": judging.measure,
            "fleet": fleet.measure,
            "claims": claims.measure,
            "lookups": lookups.measure,
        },
        __doc__,
        quick_whole=partial(side_by_side, "benchmarks.scale"),
    )
