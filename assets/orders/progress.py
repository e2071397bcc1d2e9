"""One line over a whole build: assets done of all, and the time left once there is ground to say it."""

import time
from collections.abc import Callable, Mapping, Sequence

from generation.progress import span

# no time is said before this share of the work is done
LEAST_SHARE = 0.05
# of an asset that neither asks a model nor trains one, beside one that does
LIGHT = 0.05


class Overall:
    """Reports a line whenever an asset is done; ``weights`` are the work of each, in any one unit."""

    def __init__(self, weights: Mapping[str, float], report: Callable[[str], None]) -> None:
        self._weights, self._report = weights, report
        self._done: set[str] = set()
        self._start = time.monotonic()

    def done(self, name: str) -> None:
        """The asset is built, or failed, or was skipped after another's failure."""
        if name in self._weights and name not in self._done:
            self._done.add(name)
            self._report(self.line(time.monotonic() - self._start))

    def line(self, seconds: float) -> str:
        """For example ``12 of 40 assets ━━━━━─────────── about 3.1 min left``, after so many seconds."""
        number, total = len(self._done), len(self._weights)
        share = sum(self._weights[name] for name in self._done) / sum(self._weights.values())
        filled = round(16 * share)
        bar = "━" * filled + "─" * (16 - filled)
        when = f" about {span(seconds * (1 - share) / share)} left" if share >= LEAST_SHARE else ""
        return f"{number} of {total} assets {bar}{when if number < total else f' took {span(seconds)}'}"


def weights(names: Sequence[str], seconds: Mapping[str, float | None]) -> dict[str, float]:
    """The work of each asset: its ``seconds`` where they are known, and a common one where not.

    What is not among ``seconds`` is light.
    """
    known = [each for each in seconds.values() if each]
    usual = sum(known) / len(known) if known else 1.0
    return {name: (seconds[name] or usual) if name in seconds else LIGHT * usual for name in names}
