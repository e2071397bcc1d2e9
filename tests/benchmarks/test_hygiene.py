"""The hygiene benchmark has every dataset that the finders read, and they find what is planted."""

from pathlib import Path

from benchmarks.sides.labels import hygiene


def test_every_finder_runs_and_finds_the_planted_copies(tmp_path: Path) -> None:
    hygiene.write(tmp_path, 101)
    taken, megabytes = hygiene.measure(tmp_path)
    assert taken["duplicates"][1] >= 100 // hygiene.COPIED
    assert megabytes > 0
