"""Progress that a person can watch: done of total, tokens per second and the time left."""

import time
from collections.abc import Callable

EVERY_SECONDS = 5.0


class Progress:
    """Reports a line at most every five seconds, and one at the end."""

    def __init__(self, title: str, total: int, report: Callable[[str], None]) -> None:
        self._title, self._total, self._report = title, total, report
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
        """For example ``cai_revisions: critique 1 of 2 ━━━━──── 12/24 · 58 tokens/s · 20 s left``."""
        spent = max(time.monotonic() - self._start, 1e-9)
        filled = round(16 * self._done / self._total)
        bar = "━" * filled + "─" * (16 - filled)
        rate = (
            f"{self._written / spent:.0f} tokens/s" if self._written else f"{self._read / spent:.0f} read/s"
        )
        left = spent / max(self._done, 1) * (self._total - self._done)
        when = f"{span(left)} left" if self._done < self._total else f"took {span(spent)}"
        return f"{self._title} {bar} {self._done}/{self._total} · {rate} · {when}"


def span(seconds: float) -> str:
    """A duration as people say it: ``20 s``, ``3.5 min``, ``12 min``, ``7.2 h``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = seconds / 60
    if minutes < 90:
        return f"{minutes:.1f} min" if minutes < 10 else f"{minutes:.0f} min"
    return f"{minutes / 60:.1f} h"
