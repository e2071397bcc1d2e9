"""A replica's rate is that of its work: the time in which it has nothing to do does not count."""

from generation.ray_cluster.tally import Tally


class Clock:
    """A clock that is set by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_time_without_requests_does_not_count() -> None:
    clock = Clock()
    tally = Tally(clock)
    tally.given(0)
    clock.now = 100.0
    # its model is loaded by then
    tally.count(0, 50)
    clock.now = 110.0
    tally.count(0, 50)
    assert tally.rate(0) == 10.0
    tally.idle(0)
    clock.now = 1_000.0
    assert tally.rate(0) == 10.0
    tally.given(0)
    clock.now = 1_010.0
    tally.count(0, 300)
    assert tally.rate(0) == 20.0
    assert tally.rate(1) is None
