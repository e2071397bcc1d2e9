"""Counts of a prefix's rollouts: the label they give, and whether more are needed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from typing import Literal

from datasets_registry.intervals import wilson_interval
from methods.prm.settings import StepLabelSettings, StepRolloutSettings

Stop = Literal["planned", "first success", "interval"]


@dataclass(frozen=True)
class Counts:
    """How many rollouts were accepted, of how many that finished; those that failed count for nothing."""

    num_accepted: int = 0
    num_finished: int = 0
    num_failed: int = 0

    @property
    def share(self) -> float | None:
        """Accepted share of those that finished; None where none did."""
        return self.num_accepted / self.num_finished if self.num_finished else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The share's 95 % Wilson interval; None without a share."""
        return wilson_interval(self.num_accepted, self.num_finished) if self.num_finished else None

    def right(self, threshold: float) -> bool | None:
        """The hard label; None where nothing was measured."""
        return None if self.share is None else self.share > threshold


def count(verdicts: Sequence[bool | None]) -> Counts:
    """The counts of verdicts, in which None is a rollout that failed."""
    accepted, failed = verdicts.count(True), verdicts.count(None)
    return Counts(accepted, len(verdicts) - failed, failed)


def stopped(counts: Counts, settings: StepLabelSettings, limit: int) -> Stop | None:
    """Why no more rollouts are needed; None where more are."""
    if settings.early_stop == "first_success" and counts.num_accepted:
        return "first success"
    if settings.early_stop == "interval" and (interval := counts.interval):
        low, high = interval
        if low > settings.threshold or high <= settings.threshold:
            return "interval"
    return "planned" if counts.num_finished + counts.num_failed >= limit else None


def next_chunk(num_rollouts: int, settings: StepRolloutSettings, limit: int) -> int:
    """How many rollouts come after the first ``num_rollouts``, at most ``limit`` with them."""
    if settings.early_stop == "none":
        return limit - num_rollouts
    end = next(end for end in _ends(settings.chunks) if end > num_rollouts)
    return min(end, limit) - num_rollouts


def _ends(chunks: Sequence[int]) -> Iterator[int]:
    end = 0
    for size in chain(chunks, repeat(chunks[-1])):
        end += size
        yield end
