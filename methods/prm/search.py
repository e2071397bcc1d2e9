"""Which rollouts of a solution are wanted next: a function of the counts so far, and of nothing else."""

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
    """A solution of ``num_steps`` steps, and what was measured of their prefixes so far.

    The last step is the whole solution, whose value is its own verdict, so it gets no rollouts.
    """

    num_steps: int
    accepted: bool
    measured: Mapping[int, Measured]
    settings: StepRolloutSettings

    def wanted(self) -> list[Wanted]:
        """What to draw next; empty once the labels are as good as the settings ask for."""
        # an accepted solution is a success from each of its prefixes, which leaves nothing to halve
        if self.accepted and (self.settings.skip_accepted or self.settings.method == "bisect"):
            return []
        probes, first_wrong = _METHODS[self.settings.method](self)
        if probes or first_wrong is None:
            return probes
        return self._confirmations(first_wrong)

    def right(self, step: int) -> bool | None:
        """The label of a step; None before enough was drawn, and where nothing came back."""
        if step == self.num_steps:
            return self.accepted
        if self.draws(step, "probe"):
            return None
        return self.measured[step].counts.right(self.settings.threshold)

    def draws(self, step: int, phase: Phase) -> list[Wanted]:
        """The next rollouts of a step in a phase; none where the phase is at its end."""
        found = self.measured.get(step, Measured())
        verdicts = found.probe if phase == "probe" else found.confirm
        limit = self.settings.limit if phase == "probe" else self.settings.confirm
        # what confirms is drawn afresh, so its stop does not look at what was drawn before
        if stopped(count(verdicts), self.settings, limit):
            return []
        return [Wanted(step, phase, next_chunk(len(verdicts), self.settings, limit))]

    def _confirmations(self, first_wrong: int) -> list[Wanted]:
        """Fresh rollouts on the wrong side, whose evidence is the weaker, and then on the right side."""
        if not self.settings.confirm:
            return []
        for step in (first_wrong, first_wrong - 1):
            if 0 < step < self.num_steps and (draws := self.draws(step, "confirm")):
                return draws
        return []


# what a method wants to probe, and once it wants nothing, the first wrong step that it found
Found = tuple[list[Wanted], int | None]


def _exhaustive(search: Search) -> Found:
    steps = range(1, search.num_steps)
    probes = [one for step in steps for one in search.draws(step, "probe")]
    return probes, next((one for one in steps if search.right(one) is False), search.num_steps)


def _linear(search: Search) -> Found:
    for step in range(1, search.num_steps):
        if search.right(step) is not True:
            probes = search.draws(step, "probe")
            return probes, step if search.right(step) is False else None
    return [], search.num_steps


def _bisect(search: Search) -> Found:
    steps = [*search.measured, search.num_steps]
    right = max((one for one in steps if search.right(one)), default=0)
    wrong = min(one for one in steps if one > right and search.right(one) is False)
    if wrong - right == 1:
        return [], wrong
    # where nothing came back the search cannot go on, and the middle stays without a label
    return search.draws((right + wrong) // 2, "probe"), None


_METHODS: dict[str, Callable[[Search], Found]] = {
    "exhaustive": _exhaustive,
    "linear": _linear,
    "bisect": _bisect,
}
