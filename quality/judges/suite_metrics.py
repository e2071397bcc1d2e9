"""The figures of a judge's answers to items of a suite: accuracy, position, ties, failures."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby

import numpy as np

from datasets_registry.rows.judge_benchmark import JudgeAnswer, ShownFirst
from methods.judging.preference import logit
from quality.judges.measured import Measured, share
from quality.judges.resampling import resampled_interval

_POINTS = {"right": 1.0, "even": 0.5, "wrong": 0.0}
# the choices of one slot in both orders, where the right response is shown first and where it is not
_SLOTS = (("right", "wrong"), ("wrong", "right"))
# the answers to one right response beside one wrong one, by which of them was shown first
Orders = Mapping[ShownFirst, JudgeAnswer]
# RM-Bench's triangles: whether the right response's style is plainer than the wrong one's, or the same
_STYLES: Mapping[str, Callable[[int, int], bool]] = {
    "easy_accuracy": lambda right, wrong: right > wrong,
    "normal_accuracy": lambda right, wrong: right == wrong,
    "hard_accuracy": lambda right, wrong: right < wrong,
}


def measured(answers: Sequence[JudgeAnswer]) -> Iterator[Measured]:
    """The figures of one judge's answers in one way of asking.

    What has no answer is in none of them but ``failure_rate``.
    """
    compared = [answer for answer in answers if answer.kind != "steps"]
    located = [answer for answer in answers if answer.kind == "steps"]
    if compared:
        yield from _of_responses(compared)
    if located:
        yield from _of_steps(located)
    yield share("failure_rate", [(answer.cluster, answer.failure is not None) for answer in answers])


def _of_responses(answers: Sequence[JudgeAnswer]) -> Iterator[Measured]:
    """Accuracy over single calls, in both orders; what needs both orders over pairs that have both."""
    parsed = [answer for answer in answers if answer.chosen is not None]
    yield _accuracy("accuracy", parsed)
    yield share("tie_rate", [(answer.cluster, answer.chosen == "even") for answer in parsed])
    whole = [orders for orders in _duels(answers) if all(answer.chosen for answer in orders.values())]
    if any(answer.shown_first != "neither" for answer in answers):
        yield from _of_orders(parsed, whole)
    if any(answer.kind == "best_of" for answer in answers):
        yield share("best_of_accuracy", list(_best_of(answers)))
    if any(answer.kind == "styles" for answer in answers):
        yield from _of_styles([answer for answer in parsed if answer.kind == "styles"])


def _accuracy(label: str, parsed: Sequence[JudgeAnswer]) -> Measured:
    return share(label, [(answer.cluster, _right(answer)) for answer in parsed])


def _right(answer: JudgeAnswer) -> float:
    """Whether the right response is preferred; half where neither is."""
    return _POINTS[answer.chosen or ""]


def _of_styles(parsed: Sequence[JudgeAnswer]) -> Iterator[Measured]:
    for label, is_such in _STYLES.items():
        yield _accuracy(label, [answer for answer in parsed if is_such(*_styles(answer))])


def _of_orders(parsed: Sequence[JudgeAnswer], whole: Sequence[Orders]) -> Iterator[Measured]:
    consistent = [(_cluster(orders), _choices(orders) == ("right", "right")) for orders in whole]
    yield share("consistent_accuracy", consistent)
    flipped = [(_cluster(orders), _choices(orders) in _SLOTS) for orders in whole]
    yield share("flip_rate", flipped)
    first = [(answer.cluster, _for_first(answer)) for answer in parsed]
    yield share("first_choice_share", first)


def _choices(orders: Orders) -> tuple[str | None, str | None]:
    return orders["right"].chosen, orders["wrong"].chosen


def _for_first(answer: JudgeAnswer) -> float:
    return _right(answer) if answer.shown_first == "right" else 1 - _right(answer)


def _cluster(orders: Orders) -> str:
    return next(iter(orders.values())).cluster


def _styles(answer: JudgeAnswer) -> tuple[int, int]:
    return answer.right_response, answer.wrong_response - answer.num_right


def _duels(answers: Iterable[JudgeAnswer]) -> list[Orders]:
    by_duel: dict[tuple[str, int, int], dict[ShownFirst, JudgeAnswer]] = {}
    for answer in answers:
        duel = answer.item_id, answer.right_response, answer.wrong_response
        by_duel.setdefault(duel, {})[answer.shown_first] = answer
    return list(by_duel.values())


def _best_of(answers: Sequence[JudgeAnswer]) -> Iterator[tuple[str, float]]:
    """The points of each item with all its answers, by the mean of both orders."""
    ordered = sorted(_duels(answers), key=_item)
    for _, duels in groupby(ordered, key=_item):
        whole = list(duels)
        if all(answer.p_right is not None for orders in whole for answer in orders.values()):
            yield _cluster(whole[0]), _points(whole)


def _item(orders: Orders) -> str:
    return next(iter(orders.values())).item_id


def _points(duels: Sequence[Orders]) -> float:
    """1 where every right response is preferred; a single right one shares it with those it is even with."""
    means = [sum(logit(answer.p_right) for answer in orders.values()) for orders in duels]
    evens = sum(abs(mean) < 1e-9 for mean in means)
    if any(mean <= -1e-9 for mean in means):
        return 0.0
    several = next(iter(duels[0].values())).num_right > 1
    return float(evens == 0) if several else 1 / (1 + evens)


def _of_steps(answers: Sequence[JudgeAnswer]) -> Iterator[Measured]:
    """ProcessBench's accuracies on solutions with and without a wrong step, and their harmonic mean."""
    parsed = [answer for answer in answers if answer.judged_first_error is not None]
    sides = {
        "error_accuracy": [answer for answer in parsed if answer.first_error],
        "correct_accuracy": [answer for answer in parsed if answer.first_error == 0],
    }
    for label, side in sides.items():
        yield share(label, [(answer.cluster, _is_exact(answer)) for answer in side])
    yield _f1(parsed, all(sides.values()))


def _is_exact(answer: JudgeAnswer) -> bool:
    return answer.first_error == answer.judged_first_error


def _f1(answers: Sequence[JudgeAnswer], has_both: bool) -> Measured:
    """The harmonic mean, whose clusters are drawn again together; of one side alone there is none."""
    if not has_both:
        return Measured("f1")
    sums: dict[str, list[int]] = {}
    for answer in answers:
        row = sums.setdefault(answer.cluster, [0, 0, 0, 0])
        side = 0 if answer.first_error else 2
        row[side] += 1
        row[side + 1] += _is_exact(answer)
    units = np.array([*sums.values()])
    return Measured("f1", _harmonic(units), resampled_interval(units, _harmonic), len(answers), len(units))


def _harmonic(units: np.ndarray) -> float:
    """Of the rows' sums: items and hits with a wrong step, then without."""
    errors, found, corrects, kept = map(float, units.sum(axis=0))
    first, second = found / max(errors, 1), kept / max(corrects, 1)
    return 2 * first * second / (first + second) if first + second else 0.0


def agreement(label: str, answers: Sequence[JudgeAnswer], others: Sequence[JudgeAnswer]) -> Measured:
    """The share of calls to which two ways of asking give the same answer, of those that both answer."""
    said = {_call(answer): _said(answer) for answer in others if answer.failure is None}
    both = [answer for answer in answers if answer.failure is None and _call(answer) in said]
    return share(label, [(answer.cluster, _said(answer) == said[_call(answer)]) for answer in both])


def _call(answer: JudgeAnswer) -> tuple[str, int, int, str]:
    return answer.item_id, answer.right_response, answer.wrong_response, answer.shown_first


def _said(answer: JudgeAnswer) -> str | int | None:
    return answer.judged_first_error if answer.kind == "steps" else answer.chosen
