"""Held-out prompts of the graph as items of suites."""

from collections.abc import Iterator, Sequence

from datasets_registry.rows.evaluation import EvaluationItem
from methods.method import Inputs


def prompt_items(inputs: Inputs, suites: Sequence[str]) -> Iterator[EvaluationItem]:
    """The held-out prompts of both sets, for those of their suites that are chosen."""
    yield from ()
