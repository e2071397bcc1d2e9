"""What looks at no content: the longest, the shortest, the first and none, as judges to be better than."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from datasets_registry.rows.judge_benchmark import JudgeAnswer, JudgeItem, JudgeKind, ShownFirst
from methods.judges.duels import Duel, compared_answer, duels, located_answer, solutions

KIND: JudgeKind = "content-blind"
_ORDERS: tuple[ShownFirst, ...] = ("right", "wrong")
# P(right) of a right and a wrong response, and which is shown first
_OfDuel = Callable[[str, str, ShownFirst], float]
# the first wrong step of some
_OfSteps = Callable[[Sequence[str]], int]


def _longest(right: str, wrong: str, shown_first: ShownFirst) -> float:
    return 0.5 if len(right) == len(wrong) else float(len(right) > len(wrong))


def _shortest(right: str, wrong: str, shown_first: ShownFirst) -> float:
    return 1 - _longest(right, wrong, shown_first)


def _first(right: str, wrong: str, shown_first: ShownFirst) -> float:
    return float(shown_first == "right")


def _constant(right: str, wrong: str, shown_first: ShownFirst) -> float:
    return 0.5


def _longest_step(steps: Sequence[str]) -> int:
    return max(range(len(steps)), key=lambda place: len(steps[place])) + 1


def _shortest_step(steps: Sequence[str]) -> int:
    return min(range(len(steps)), key=lambda place: len(steps[place])) + 1


BLIND: Mapping[str, tuple[_OfDuel, _OfSteps]] = {
    "longest": (_longest, _longest_step),
    "shortest": (_shortest, _shortest_step),
    "first": (_first, lambda steps: 1),
    "constant": (_constant, lambda steps: 0),
}


def blind_answers(items: Sequence[JudgeItem]) -> Iterator[JudgeAnswer]:
    """The answers of each to every item."""
    whole = [item for item in items if item.failure is None]
    for name, (of_duel, of_steps) in BLIND.items():
        for duel in duels(whole):
            yield from (_compared(duel, name, of_duel, order) for order in _ORDERS)
        for item in solutions(whole):
            yield located_answer(item, name, KIND, of_steps(item.steps))


def _compared(duel: Duel, name: str, of_duel: _OfDuel, shown_first: ShownFirst) -> JudgeAnswer:
    return compared_answer(duel, name, KIND, shown_first, of_duel(*duel.texts, shown_first))
