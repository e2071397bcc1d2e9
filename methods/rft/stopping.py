"""When to stop drawing for a problem: stopping rules over counts, and how likely their goal is."""

from dataclasses import dataclass
from functools import cache
from typing import Literal

from pydantic import Field, model_validator

from datasets_registry.rows.rft import Stop
from datasets_registry.settings import Settings


@dataclass(frozen=True)
class Tally:
    """What a problem's draws gave so far; a draw without a completion is neither right nor wrong."""

    num_draws: int = 0
    num_accepted: int = 0
    num_rejected: int = 0
    num_paths: int = 0


class StoppingRule(Settings):
    """What to draw until, at most ``max_draws`` times, and when to give up as hopeless.

    - ``fixed``: ``max_draws`` for everybody.
    - ``accepted``: ``goal`` accepted ones; ``exact`` never draws more than are still missing, so that at
      most ``goal`` are accepted.
    - ``distinct``: ``goal`` accepted ones on different paths.
    - ``mixed``: one right and one wrong, for a pair.

    Draws come in ``chunks``, the last of which repeats, so that batches stay full: after each the rule
    is looked at. ``hopeless_after`` draws without an accepted one end a problem.
    """

    until: Literal["fixed", "accepted", "exact", "distinct", "mixed"] = "fixed"
    goal: int = Field(1, ge=1)
    max_draws: int = Field(16, ge=1)
    hopeless_after: int | None = Field(None, ge=1)
    chunks: tuple[int, ...] = Field((2, 2, 4), min_length=1)

    @model_validator(mode="after")
    def _can_be_reached(self) -> "StoppingRule":
        if any(one < 1 for one in self.chunks):
            raise ValueError(f"chunks {list(self.chunks)} has one below 1: draw at least one at a time")
        if self.until in ("accepted", "exact", "distinct") and self.goal > self.max_draws:
            raise ValueError(f"goal {self.goal} is above max_draws {self.max_draws}: raise max_draws")
        if self.until == "mixed" and self.max_draws < 2:
            raise ValueError("max_draws 1 gives no right and wrong one: take at least 2")
        return self

    @property
    def summary(self) -> str:
        """The rule in words, for a column."""
        goal = f" {self.goal}" if self.until in ("accepted", "exact", "distinct") else ""
        hopeless = f", hopeless after {self.hopeless_after}" if self.hopeless_after else ""
        chunks = "" if self.until == "fixed" else f", by {'+'.join(map(str, self.chunks))}"
        return f"{self.until}{goal}, at most {self.max_draws}{hopeless}{chunks}"

    def reached(self, tally: Tally) -> bool:
        """Whether the goal is met."""
        if self.until == "fixed":
            return tally.num_draws >= self.max_draws
        if self.until == "mixed":
            return tally.num_accepted > 0 and tally.num_rejected > 0
        return (tally.num_paths if self.until == "distinct" else tally.num_accepted) >= self.goal

    def stop(self, tally: Tally) -> Stop | None:
        """Why to draw no more, or None to go on."""
        if self.until == "fixed":
            return "all_drawn" if self.reached(tally) else None
        if self.reached(tally):
            return {"mixed": "mixed", "distinct": "distinct"}.get(self.until, "accepted")  # type: ignore[return-value]
        if self.hopeless_after and not tally.num_accepted and tally.num_draws >= self.hopeless_after:
            return "hopeless"
        return "exhausted" if tally.num_draws >= self.max_draws else None

    def chunk(self, tally: Tally) -> int:
        """How many to draw next; 0 where it stops."""
        if self.stop(tally):
            return 0
        left = self.max_draws - tally.num_draws
        if self.until == "fixed":
            return left
        if self.until == "exact":
            left = min(left, self.goal - tally.num_accepted)
        return min(left, self._planned(tally.num_draws))

    def _planned(self, num_draws: int) -> int:
        for one in self.chunks:
            if num_draws < one:
                return one - num_draws
            num_draws -= one
        return self.chunks[-1] - num_draws % self.chunks[-1]

    def propensity(self, tally: Tally) -> float | None:
        """The probability that the goal is met, at the pass rate that the tally suggests.

        The rate is the mean of its posterior from Jeffreys' prior. None where counts do not decide.
        """
        if self.until == "distinct":
            return None
        if self.until == "fixed":
            return 1.0
        seen = tally.num_accepted + tally.num_rejected
        return reach(self, tally.num_accepted, seen)


@cache
def reach(rule: StoppingRule, num_accepted: int, num_seen: int) -> float:
    """The probability that ``rule`` meets its goal at the pass rate (accepted + 1/2) / (seen + 1)."""
    rate = (num_accepted + 0.5) / (num_seen + 1)
    waiting, met = {(0, 0): 1.0}, 0.0
    while waiting:
        drawn, accepted = min(waiting)
        weight = waiting.pop((drawn, accepted))
        tally = Tally(drawn, accepted, drawn - accepted)
        if rule.stop(tally):
            met += weight * rule.reached(tally)
            continue
        # one draw at a time within a chunk, which is looked at when it is whole
        states = {accepted: weight}
        chunk = rule.chunk(tally)
        for _ in range(chunk):
            following: dict[int, float] = {}
            for number, mass in states.items():
                following[number + 1] = following.get(number + 1, 0.0) + mass * rate
                following[number] = following.get(number, 0.0) + mass * (1 - rate)
            states = following
        for number, mass in states.items():
            place = (drawn + chunk, number)
            waiting[place] = waiting.get(place, 0.0) + mass
    return min(met, 1.0)
