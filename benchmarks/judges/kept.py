"""Figures of held-out answers by the rules that they keep, with intervals over prompts."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from benchmarks.sides.figure import Figure
from benchmarks.sides.paired import above_zero
from generation.request import Completion
from quality.judges.resampling import resampled_interval

ALL = "all rules"


@dataclass(frozen=True)
class HeldOut:
    """An answer to a held-out prompt, and which rules it keeps; None where that cannot be decided."""

    answer: Completion
    kept: Mapping[str, bool | None]


# of each seed of sampling the answers, all in the same order
Answers = Sequence[Sequence[HeldOut]]


def shares(answers: Mapping[str, Answers], rules: Collection[str]) -> Iterator[Figure]:
    """Of each model the share of answers that keep each rule, the share that end, and their mean length."""
    for name, seeds in answers.items():
        for rule in (*rules, ALL):
            yield _figure(f"{name}: {rule}", _by_prompt(seeds, partial(_keeps, rule)), "share")
        yield _figure(f"{name}: finished", _by_prompt(seeds, _is_finished), "share")
        yield _figure(f"{name}: length", _by_prompt(seeds, _length), "tokens")


def differences(
    arm: str, other: str, answers: Mapping[str, Answers], rules: Collection[str], *, is_better: bool = False
) -> Iterator[Figure]:
    """How much more often one model keeps each rule than another, paired by prompt.

    With ``is_better`` the goal is that it keeps all of them more often, by an interval above zero.
    """
    for rule in (*rules, ALL):
        ours, theirs = (_by_prompt(answers[name], partial(_keeps, rule)) for name in (arm, other))
        figure = _figure(f"{arm} less {other}: {rule}", ours - theirs, "share")
        yield above_zero(figure) if is_better and rule == ALL else figure


def _figure(name: str, by_prompt: np.ndarray, unit: str) -> Figure:
    interval = resampled_interval(by_prompt, lambda drawn: float(drawn.mean()))
    return Figure(name=name, value=float(by_prompt.mean()), unit=unit, interval=interval)


def _by_prompt(seeds: Answers, value: Callable[[HeldOut], float]) -> np.ndarray:
    """The mean over seeds of each prompt's value."""
    values: np.ndarray = np.mean([[value(answer) for answer in rows] for rows in seeds], axis=0)
    return values


def _keeps(rule: str, answer: HeldOut) -> float:
    """An answer that failed keeps no rule."""
    held = {name: kept is True for name, kept in answer.kept.items()}
    return float(bool(held) and all(held.values()) if rule == ALL else held.get(rule, False))


def _is_finished(answer: HeldOut) -> float:
    return float(answer.answer.finish_reason == "stop")


def _length(answer: HeldOut) -> float:
    return float(answer.answer.num_completion_tokens)
