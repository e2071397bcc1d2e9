"""What a run costs as it grows: python -m benchmarks.scale [--json] [--quick] [--only PART]."""

from benchmarks.scale import bucket_writers, commit_kills, fleet, judging, lookups, replicas
from benchmarks.sides.figure import run_parts

if __name__ == "__main__":
    run_parts(
        {
            "lookups": lookups.measure,
            "fleet": fleet.measure,
            "judging": judging.measure,
            "writers": bucket_writers.measure,
            "kills": commit_kills.measure,
            "ray": replicas.measure,
        },
        __doc__,
    )
