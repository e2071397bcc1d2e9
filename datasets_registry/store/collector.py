"""Python's garbage collector, which walks all rows again and again though none of them form a cycle."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

# new objects until a look; at the default of 700 it takes a sixth of the time of a million draws
SELDOM = 20_000


@contextmanager
def no_collection() -> Iterator[None]:
    """Do not look for garbage inside; for a short time, as what does form cycles stays in memory."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Look for garbage less often inside; for as long as it takes."""
    first, second, third = gc.get_threshold()
    gc.set_threshold(max(first, SELDOM) if first else 0, second, third)
    try:
        yield
    finally:
        gc.set_threshold(first, second, third)
