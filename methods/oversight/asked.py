"""A model as it is asked: what completes, its fingerprint and its name."""

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from generation.completer import Complete
from generation.request import Completion, Request
from methods.judging.answers import answers_of
from methods.method import Model

K = TypeVar("K")
Sampled = list[tuple[Completion, str]]


@dataclass(frozen=True)
class Asked:
    """What completes, read for its answers; the fingerprint behind it, and its name in the graph."""

    complete: Complete
    model: str
    name: str


@contextmanager
def asked(model: Model) -> Iterator[Asked]:
    """The model behind the ledger."""
    with model.completer() as complete:
        yield Asked(answers_of(complete, model.thought_marks), complete.backend.fingerprint, model.name)


def sample_for(
    stage: str,
    budgets: Mapping[K, int],
    request: Callable[[K, int], Request],
    judge: Asked,
    most: int,
) -> dict[K, Sampled]:
    """Samples of ``request`` of each key until they took as many tokens as its budget.

    At least one and at most ``most``; all keys are sampled in one call, as many at once as their samples so
    far suggest.
    """
    samples: dict[K, Sampled] = {key: [] for key in budgets}
    while due := {
        key: _next(samples[key], budgets[key], most)
        for key in budgets
        if _is_open(samples[key], budgets[key], most)
    }:
        numbered = [
            (key, len(samples[key]) + place) for key, number in due.items() for place in range(number)
        ]
        requests = [request(key, number) for key, number in numbered]
        for (key, _), made, completion in zip(
            numbered, requests, judge.complete(stage, requests), strict=True
        ):
            samples[key].append((completion, made.key(judge.model)))
    return samples


def num_tokens(samples: Sampled) -> int:
    """Tokens that the samples took, thought included."""
    return sum(completion.num_completion_tokens for completion, _ in samples)


def _is_open(samples: Sampled, budget: int, most: int) -> bool:
    return not samples or (len(samples) < most and num_tokens(samples) < budget)


def _next(samples: Sampled, budget: int, most: int) -> int:
    if not samples:
        return 1
    each = max(1.0, num_tokens(samples) / len(samples))
    return min(most - len(samples), math.ceil((budget - num_tokens(samples)) / each))
