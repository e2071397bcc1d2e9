"""How long an item was looked at: from when its page was made to when its answer came."""

import time

# who takes longer was away
_LONGEST_SECONDS = 3600.0


def served_now() -> str:
    """The time at which a page is made, as its form carries it: milliseconds since 1970."""
    return str(round(time.time() * 1000))


def seconds_since(served: str) -> float | None:
    """Seconds since then; None where that is no time, in the future, or over an hour ago."""
    if not (served.isascii() and served.isdigit() and len(served) <= 15):
        return None
    seconds = round(time.time() - int(served) / 1000, 3)
    return seconds if 0 <= seconds <= _LONGEST_SECONDS else None
