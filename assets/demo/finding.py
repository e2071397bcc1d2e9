"""A result of the demo in a line: what was measured before and after, the difference, and what it says."""

from collections.abc import Sequence

from datasets_registry.intervals import mean_interval, unit_interval
from datasets_registry.settings import Frozen


class Share(Frozen):
    """A share with its 95 % interval over units that vary."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.2f} ({self.low:.2f} to {self.high:.2f})"


class Finding(Frozen):
    """Two shares of the same units, paired, of which ``after`` is hoped to be the higher one.

    ``gain`` is the mean of the units' differences; without an interval there are too few units. ``of`` says
    of what, and of how many, and ``caution`` what the figures do not show.
    """

    title: str
    before: tuple[str, Share]
    after: tuple[str, Share]
    gain: float
    interval: tuple[float, float] | None
    of: str
    caution: str = ""

    @property
    def verdict(self) -> str:
        """What the interval of the difference says."""
        if self.interval is None:
            return "too few to say"
        low, high = self.interval
        if low > 0:
            return "a gain"
        return f"{self.after[0]} is worse than {self.before[0]}" if high < 0 else "no difference is shown"

    def __str__(self) -> str:
        (first, before), (second, after) = self.before, self.after
        gain = f"{self.gain:+.2f}"
        if self.interval:
            gain += f" ({self.interval[0]:+.2f} to {self.interval[1]:+.2f})"
        caution = f" {self.caution}" if self.caution else ""
        shares = f"{first} {before}, {second} {after}"
        return f"{self.title}: {shares}; difference {gain}: {self.verdict}. {self.of}.{caution}"


def finding(
    title: str,
    before: tuple[str, Sequence[float]],
    after: tuple[str, Sequence[float]],
    *,
    num_items: int,
    of: str,
    caution: str = "",
) -> Finding:
    """The finding of shares by unit, in the same order of units; ``num_items`` make all units of one side."""
    (first, befores), (second, afters) = before, after
    differences = [new - old for old, new in zip(befores, afters, strict=True)]
    return Finding(
        title=title,
        before=(first, _share(befores, num_items)),
        after=(second, _share(afters, num_items)),
        gain=sum(differences) / len(differences),
        interval=mean_interval(differences),
        of=of,
        caution=caution,
    )


def _share(units: Sequence[float], num_items: int) -> Share:
    low, high = unit_interval(units, num_items)
    return Share(value=sum(units) / len(units), low=low, high=high)
