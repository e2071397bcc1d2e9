"""When to stop sampling for a problem: stopping rules over counts, and how likely their goal is."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from math import comb
from typing import Literal

from pydantic import Field, model_validator

from datasets_registry.rows.rft import Stop
from datasets_registry.settings import Settings


@dataclass(frozen=True)
class Tally:
    """Counts of a problem's samples so far; one that failed is neither accepted nor rejected."""

    num_draws: int = 0
    num_accepted: int = 0
    num_rejected: int = 0
    num_paths: int = 0


class StoppingRule(Settings):
    """The goal of sampling for a problem, at most ``max_draws`` times, and when to give up as hopeless.

    - ``fixed``: ``max_draws`` samples for every problem.
    - ``accepted``: ``goal`` accepted ones; ``exact`` never samples more than are still missing, so that at
      most ``goal`` are accepted.
    - ``distinct``: ``goal`` accepted ones on different paths.
    - ``mixed``: an accepted and a rejected one, for a pair.

    Samples come in ``chunks``, the last of which repeats, so that batches stay full: the rule is tested
    after each. ``hopeless_after`` samples without an accepted one end a problem.
    """

    until: Literal["fixed", "accepted", "exact", "distinct", "mixed"] = "fixed"
    goal: int = Field(1, ge=1)
    max_draws: int = Field(16, ge=1)
    hopeless_after: int | None = Field(None, ge=1)
    chunks: tuple[int, ...] = Field((2, 2, 4), min_length=1)

    @model_validator(mode="after")
    def _can_be_reached(self) -> "StoppingRule":
        if min(self.chunks) < 1:
            raise ValueError(f"chunks {list(self.chunks)} has one below 1: take at least one at a time")
        if self.until in ("accepted", "exact", "distinct") and self.goal > self.max_draws:
            raise ValueError(f"goal {self.goal} is above max_draws {self.max_draws}: raise max_draws")
        if self.until == "mixed" and self.max_draws < 2:
            raise ValueError("max_draws 1 cannot give an accepted and a rejected sample: take at least 2")
        return self

    @property
    def summary(self) -> str:
        """The rule in words, for a column."""
        goal = f" {self.goal}" if self.until in ("accepted", "exact", "distinct") else ""
        hopeless = f", hopeless after {self.hopeless_after}" if self.hopeless_after else ""
        chunks = "" if self.until == "fixed" else f", by {'+'.join(map(str, self.chunks))}"
        return f"{self.until}{goal}, at most {self.max_draws}{hopeless}{chunks}"

    def reached(self, tally: Tally) -> bool:
        """Whether the goal is reached."""
        if self.until == "fixed":
            return tally.num_draws >= self.max_draws
        if self.until == "mixed":
            return tally.num_accepted > 0 and tally.num_rejected > 0
        return (tally.num_paths if self.until == "distinct" else tally.num_accepted) >= self.goal

    def stop(self, tally: Tally) -> Stop | None:
        """Why to sample no more; None to go on."""
        if self.until == "fixed":
            return "all_drawn" if self.reached(tally) else None
        if self.reached(tally):
            return {"mixed": "mixed", "distinct": "distinct"}.get(self.until, "accepted")  # type: ignore[return-value]
        if self.hopeless_after and not tally.num_accepted and tally.num_draws >= self.hopeless_after:
            return "hopeless"
        return "exhausted" if tally.num_draws >= self.max_draws else None

    def chunk(self, tally: Tally) -> int:
        """How many to sample next; 0 where the rule stops."""
        if self.stop(tally):
            return 0
        left = self.max_draws - tally.num_draws
        if self.until == "fixed":
            return left
        if self.until == "exact":
            left = min(left, self.goal - tally.num_accepted)
        return min(left, self._planned(tally.num_draws))

    def _planned(self, num_draws: int) -> int:
        for size in self.chunks:
            if num_draws < size:
                return size - num_draws
            num_draws -= size
        return self.chunks[-1] - num_draws % self.chunks[-1]

    def propensity(self, tally: Tally) -> float | None:
        """The probability that the goal is reached, at the pass rate that the tally suggests.

        The rate is the mean of its posterior under Jeffreys' prior. None where counts do not decide.
        """
        if self.until == "distinct":
            return None
        if self.until == "fixed":
            return 1.0
        return reach(self, tally.num_accepted, tally.num_accepted + tally.num_rejected)

    def pass_rate(self, verdicts: Sequence[bool | None]) -> float | None:
        """The pass rate without bias, of the verdicts on all samples in their order; None is a failure.

        None where none finished, and where counts do not decide when to stop.
        """
        finished = tuple(verdict is not None for verdict in verdicts)
        if self.until == "distinct" or not any(finished):
            return None
        return first_accepted(self, finished, sum(verdict is True for verdict in verdicts))


@lru_cache(maxsize=4096)
def first_accepted(rule: StoppingRule, finished: tuple[bool, ...], num_accepted: int) -> float:
    """The share of ways to end at these counts in which the first sample is accepted.

    It estimates a pass rate without bias under any rule over counts (Girshick, Mosteller and Savage 1946):
    the accepted share where the number of samples is fixed, (k - 1) / (n - 1) where they end at the k-th
    accepted one.
    """
    # by samples and accepted ones: the ways to get there, and those that begin with an accepted one
    pending, ways, led = {(0, 0): (1, 0)}, 0, 0
    while pending:
        num_draws, num_right = state = min(pending)
        every, leading = pending.pop(state)
        seen = sum(finished[:num_draws])
        chunk = rule.chunk(Tally(num_draws, num_right, seen - num_right))
        if state == (len(finished), num_accepted):
            ways, led = every, leading
        elif chunk and num_draws + chunk <= len(finished):
            fresh = sum(finished[num_draws : num_draws + chunk])
            for right in range(fresh + 1):
                after = (num_draws + chunk, num_right + right)
                before = pending.get(after, (0, 0))
                first = leading if seen else every
                size = comb(fresh, right) if seen else (comb(fresh - 1, right - 1) if right else 0)
                pending[after] = (before[0] + every * comb(fresh, right), before[1] + first * size)
    return led / ways


@cache
def reach(rule: StoppingRule, num_accepted: int, num_seen: int) -> float:
    """The probability that ``rule`` reaches its goal at the pass rate (accepted + 1/2) / (seen + 1)."""
    rate = (num_accepted + 0.5) / (num_seen + 1)
    pending, reached = {(0, 0): 1.0}, 0.0
    while pending:
        num_draws, num_right = min(pending)
        mass = pending.pop((num_draws, num_right))
        tally = Tally(num_draws, num_right, num_draws - num_right)
        if rule.stop(tally):
            reached += mass * rule.reached(tally)
            continue
        chunk = rule.chunk(tally)
        for right, weight in _after({num_right: mass}, chunk, rate).items():
            state = (num_draws + chunk, right)
            pending[state] = pending.get(state, 0.0) + weight
    return min(reached, 1.0)


def _after(masses: dict[int, float], num_draws: int, rate: float) -> dict[int, float]:
    """The probability of each number of accepted samples, after ``num_draws`` more of them."""
    for _ in range(num_draws):
        following: dict[int, float] = {}
        for right, mass in masses.items():
            following[right + 1] = following.get(right + 1, 0.0) + mass * rate
            following[right] = following.get(right, 0.0) + mass * (1 - rate)
        masses = following
    return masses
