"""Progress that a person can watch: done of total, tokens per second and the time left."""

import time
from collections.abc import Callable
from dataclasses import dataclass

EVERY_SECONDS = 5.0


@dataclass(frozen=True)
class Standing:
    """How replicas of a cluster stand: those at work, each one's tokens a second, and what deaths cost."""

    ready: int
    wanted: int
    waiting: int = 0
    rates: tuple[float, ...] = ()
    died: int = 0
    asked_again: int = 0

    def __str__(self) -> str:
        """For example ``8 of 64 replicas, 550 to 610 tokens/s each · 900 wait · 1 died, 64 asked again``."""
        each = f", {min(self.rates):.0f} to {max(self.rates):.0f} tokens/s each" if any(self.rates) else ""
        parts = [f"{self.ready} of {self.wanted} replicas{each}"]
        parts += [f"{self.waiting:,} wait"] if self.waiting else []
        parts += [f"{self.died} died, {self.asked_again:,} asked again"] if self.died else []
        return " · ".join(parts)


def standing_of(backend: object) -> Standing | None:
    """How the backend's replicas stand, where they are on a cluster."""
    standing = getattr(backend, "standing", None)
    return standing if isinstance(standing, Standing) else None


class Progress:
    """Reports a line at most every five seconds, and one at the end, also of how ``backend`` stands."""

    def __init__(self, title: str, total: int, report: Callable[[str], None], backend: object = None) -> None:
        self._title, self._total, self._report, self._backend = title, total, report, backend
        self._done = self._read = self._written = 0
        self._start = self._reported = time.monotonic()

    def advance(self, prompt_tokens: int, completion_tokens: int) -> None:
        """One more completion is there."""
        self._done += 1
        self._read += prompt_tokens
        self._written += completion_tokens
        if time.monotonic() - self._reported >= EVERY_SECONDS and self._done < self._total:
            self._reported = time.monotonic()
            self._report(self.line())

    def finish(self) -> None:
        """Report the end."""
        self._report(self.line())

    def line(self) -> str:
        """For example ``cai_revisions: revisions ━━━━──── 12/24 · 58 tokens/s · 20 s left``."""
        spent = max(time.monotonic() - self._start, 1e-9)
        filled = round(16 * self._done / self._total)
        bar = "━" * filled + "─" * (16 - filled)
        rate = (
            f"{self._written / spent:.0f} tokens/s" if self._written else f"{self._read / spent:.0f} read/s"
        )
        left = spent / max(self._done, 1) * (self._total - self._done)
        when = f"{span(left)} left" if self._done < self._total else f"took {span(spent)}"
        standing = standing_of(self._backend)
        beside = f" · {standing}" if standing else ""
        return f"{self._title} {bar} {self._done}/{self._total} · {rate} · {when}{beside}"


def span(seconds: float) -> str:
    """A duration as people say it: ``20 s``, ``3.5 min``, ``12 min``, ``7.2 h``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = seconds / 60
    if minutes < 90:
        return f"{minutes:.1f} min" if minutes < 10 else f"{minutes:.0f} min"
    return f"{minutes / 60:.1f} h"
