"""A batch that is killed and resumed: nothing is submitted twice, and nothing is lost."""

from benchmarks.judges.batches import batches


def test_killed_batches_are_resumed() -> None:
    figures = batches(True)
    assert all(figure.holds for figure in figures), figures
