"""A registry with a passed review sample, and desks at which people review it."""

from pathlib import Path

from datasets_registry.registry import Registry
from datasets_registry.rows.review.sample import ReviewItem
from datasets_registry.state import State
from datasets_registry.version import Derivation, Version
from tests.rows import make


def items(number: int = 10, **fields: object) -> list[ReviewItem]:
    """Items in order, of completions that say which they are."""
    return [
        make(
            ReviewItem,
            f"i{place:03}",
            position=place,
            completion_a=f"{place} answers",
            completion_b=f"{place} replies",
            **fields,
        )
        for place in range(number)
    ]


def commit_sample(registry: Registry, rows: list[ReviewItem]) -> Version:
    """A passed version of review_sample."""
    how = Derivation(code_version="test", settings={}, inputs=())
    return registry.record_checks(registry.commit(ReviewItem, rows, how), [])


def opened(folder: Path, number: int = 10) -> Registry:
    """A registry in ``folder`` with a sample of so many items."""
    registry = Registry(State(folder).prepare())
    commit_sample(registry, items(number))
    return registry
