"""A result of the demo in a sentence: the difference, both sides, and what a control has."""

from collections.abc import Sequence

from datasets_registry.intervals import mean_interval, unit_interval
from datasets_registry.settings import Frozen


class Share(Frozen):
    """The share of a model, or of a way to choose, with its 95 % interval over units that vary."""

    name: str
    value: float
    low: float
    high: float

    @property
    def figures(self) -> str:
        """The value with its interval."""
        return f"{self.value:.2f} ({self.low:.2f} to {self.high:.2f})"

    def __str__(self) -> str:
        return f"{self.name} {self.figures}"


class Difference(Frozen):
    """The mean of the units' differences; without an interval there are too few units."""

    value: float
    interval: tuple[float, float] | None

    @property
    def verdict(self) -> str:
        """What the interval says."""
        if self.interval is None:
            return "too few to say"
        low, high = self.interval
        return "a gain" if low > 0 else "a loss" if high < 0 else "no difference is shown"

    @property
    def figures(self) -> str:
        """The value with its interval, where there is one."""
        interval = f" ({self.interval[0]:+.2f} to {self.interval[1]:+.2f})" if self.interval else ""
        return f"{self.value:+.2f}{interval}"

    def __str__(self) -> str:
        is_one = self.interval is not None and self.verdict != "no difference is shown"
        return f"{self.verdict} of {self.figures}" if is_one else f"{self.verdict}, {self.figures}"


class Control(Frozen):
    """A model that learned as much in as many steps, of which nothing was selected."""

    share: Share
    less: Difference

    def __str__(self) -> str:
        share = self.share
        return (
            f"beside {share.name}, which learned as many random finished samples in as many steps and has "
            f"{share.figures}, {self.less}"
        )


class Finding(Frozen):
    """Two shares of the same units, paired, of which ``after`` is hoped to be the higher one.

    ``of`` says of what, and of how many, and ``caution`` what the figures do not show.
    """

    title: str
    before: Share
    after: Share
    difference: Difference
    control: Control | None = None
    of: str
    caution: str = ""

    def __str__(self) -> str:
        beside = f"; {self.control}" if self.control else ""
        caution = f" {self.caution}" if self.caution else ""
        sides = f"from {self.before} to {self.after}"
        return f"{self.title}: {self.difference}, {sides}, on {self.of}{beside}.{caution}"


# a name with the share of each unit, in the same order of units on all sides
Side = tuple[str, Sequence[float]]


def finding(
    title: str,
    before: Side,
    after: Side,
    control: Side | None = None,
    *,
    num_items: int,
    of: str,
    caution: str = "",
) -> Finding:
    """The finding of shares by unit; ``num_items`` make all units of one side."""
    return Finding(
        title=title,
        before=_share(before, num_items),
        after=_share(after, num_items),
        difference=_difference(after, before),
        control=control and Control(share=_share(control, num_items), less=_difference(after, control)),
        of=of,
        caution=caution,
    )


def _difference(side: Side, other: Side) -> Difference:
    differences = [new - old for new, old in zip(side[1], other[1], strict=True)]
    return Difference(value=sum(differences) / len(differences), interval=mean_interval(differences))


def _share(side: Side, num_items: int) -> Share:
    name, units = side
    low, high = unit_interval(units, num_items)
    return Share(name=name, value=sum(units) / len(units), low=low, high=high)
