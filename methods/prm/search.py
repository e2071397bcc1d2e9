"""Which rollouts a solution needs next: a function of the counts so far, and of nothing else."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from methods.prm.counts import Counts, count, next_chunk, stopped
from methods.prm.settings import StepRolloutSettings

Phase = Literal["probe", "confirm"]


@dataclass(frozen=True)
class Wanted:
    """``size`` more rollouts of the first ``step`` steps."""

    step: int
    phase: Phase
    size: int


@dataclass(frozen=True)
class Measured:
    """The verdicts of a prefix's rollouts in their order; None is one that failed."""

    probe: Sequence[bool | None] = ()
    confirm: Sequence[bool | None] = ()

    @property
    def counts(self) -> Counts:
        """The counts of both phases."""
        return count([*self.probe, *self.confirm])


@dataclass(frozen=True)
class Search:
    """A solution of ``num_steps`` steps, and the verdicts on rollouts of its prefixes so far.

    The last step is the whole solution, whose value is its own verdict, so it gets no rollouts.
    """

    num_steps: int
    accepted: bool
    measured: Mapping[int, Measured]
    settings: StepRolloutSettings

    def wanted(self) -> list[Wanted]:
        """The rollouts to sample next; none once the labels are as good as the settings ask for."""
        # an accepted solution is a success from each of its prefixes, which leaves nothing to halve
        if self.accepted and (self.settings.skip_accepted or self.settings.method == "bisect"):
            return []
        probes, first_wrong = _METHODS[self.settings.method](self)
        if probes or first_wrong is None:
            return probes
        return self._confirmations(first_wrong)

    def right(self, step: int) -> bool | None:
        """The label of a step; None before it has enough rollouts, and where all of them failed."""
        if step == self.num_steps:
            return self.accepted
        if self.missing(step, "probe"):
            return None
        return self.measured[step].counts.right(self.settings.threshold)

    def missing(self, step: int, phase: Phase) -> list[Wanted]:
        """The next rollouts of a step in a phase; none where the phase is over."""
        measured = self.measured.get(step, Measured())
        verdicts = measured.probe if phase == "probe" else measured.confirm
        limit = self.settings.limit if phase == "probe" else self.settings.confirm
        # fresh rollouts confirm, so their stop does not count the probes
        if stopped(count(verdicts), self.settings, limit):
            return []
        return [Wanted(step, phase, next_chunk(len(verdicts), self.settings, limit))]

    def _confirmations(self, first_wrong: int) -> list[Wanted]:
        """Fresh rollouts on the wrong side, whose evidence is the weaker, and then on the right side."""
        if not self.settings.confirm:
            return []
        for step in (first_wrong, first_wrong - 1):
            if 0 < step < self.num_steps and (wanted := self.missing(step, "confirm")):
                return wanted
        return []


# the probes that a method needs, and once it needs none, the first wrong step
Probed = tuple[list[Wanted], int | None]


def _exhaustive(search: Search) -> Probed:
    steps = range(1, search.num_steps)
    probes = [wanted for step in steps for wanted in search.missing(step, "probe")]
    return probes, next((step for step in steps if search.right(step) is False), search.num_steps)


def _linear(search: Search) -> Probed:
    for step in range(1, search.num_steps):
        if search.right(step) is not True:
            probes = search.missing(step, "probe")
            return probes, step if search.right(step) is False else None
    return [], search.num_steps


def _bisect(search: Search) -> Probed:
    steps = [*search.measured, search.num_steps]
    right = max((step for step in steps if search.right(step)), default=0)
    wrong = min(step for step in steps if step > right and search.right(step) is False)
    if wrong - right == 1:
        return [], wrong
    # where all rollouts failed the search cannot go on, and the middle stays without a label
    return search.missing((right + wrong) // 2, "probe"), None


_METHODS: dict[str, Callable[[Search], Probed]] = {
    "exhaustive": _exhaustive,
    "linear": _linear,
    "bisect": _bisect,
}
