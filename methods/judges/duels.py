"""A right response beside a wrong one, and the rows that say what a judge makes of it, or of a solution."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from datasets_registry.rows.judge_benchmark import JudgeAnswer, JudgeItem, JudgeKind, ShownFirst


@dataclass(frozen=True)
class Duel:
    """A right and a wrong response of an item."""

    item: JudgeItem
    right: int
    wrong: int

    @property
    def texts(self) -> tuple[str, str]:
        """The right and the wrong response."""
        return self.item.responses[self.right], self.item.responses[self.wrong]


def duels(items: Iterable[JudgeItem]) -> Iterator[Duel]:
    """Each right response beside each wrong one."""
    return (
        Duel(item, right, wrong)
        for item in items
        for right in range(item.num_right)
        for wrong in range(item.num_right, len(item.responses))
    )


def solutions(items: Iterable[JudgeItem]) -> Iterator[JudgeItem]:
    """The items whose first wrong step is asked for."""
    return (item for item in items if item.kind == "steps")


def compared_answer(
    duel: Duel, judge: str, kind: JudgeKind, shown_first: ShownFirst, p_right: float | None
) -> JudgeAnswer:
    """The answer to a duel; it prefers neither response where both are as probable."""
    chosen = None
    if p_right is not None:
        chosen = "even" if p_right == 0.5 else "right" if p_right > 0.5 else "wrong"
    return _answer(
        duel.item,
        judge,
        kind,
        right_response=duel.right,
        wrong_response=duel.wrong,
        shown_first=shown_first,
        p_right=p_right,
        chosen=chosen,
    )


def located_answer(
    item: JudgeItem, judge: str, kind: JudgeKind, first_error: int | None, failure: str | None = None
) -> JudgeAnswer:
    """The answer to a solution."""
    return _answer(item, judge, kind, judged_first_error=first_error, failure=failure)


def _answer(item: JudgeItem, judge: str, kind: JudgeKind, **said: object) -> JudgeAnswer:
    nothing = {
        "p_right": None,
        "chosen": None,
        "judged_first_error": None,
        "failure": None,
        "answer_key": None,
    }
    places = {"right_response": 0, "wrong_response": 0, "shown_first": "neither"}
    of_item = ("item_id", "suite", "subset", "kind", "cluster", "num_right", "first_error")
    about = {name: getattr(item, name) for name in of_item}
    how = {"judge": judge, "judge_kind": kind, "asked": "", "usual": True, "more_keys": []}
    return JudgeAnswer.model_validate({**nothing, **places, **about, **how, **said})
