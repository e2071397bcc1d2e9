"""Less work for Python's garbage collector, which walks all rows again and again and finds no cycles."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

# new objects between collections; at the default of 700 they take a sixth of the time of a million samples
SELDOM = 20_000


@contextmanager
def no_collection() -> Iterator[None]:
    """Switch collection off inside, for a short time, as objects in cycles stay in memory."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Collect less often inside, for any length of time."""
    first, second, third = gc.get_threshold()
    gc.set_threshold(max(first, SELDOM) if first else 0, second, third)
    try:
        yield
    finally:
        gc.set_threshold(first, second, third)
