"""PRM800K: solutions whose steps people rated, with the alternatives that they were shown."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from datasets_registry.importing.forms.steps import labelled
from datasets_registry.importing.forms.values import text
from datasets_registry.importing.records import Columns, Record, Value, Values
from datasets_registry.importing.rejection import Rejected

COLUMNS = frozenset({"question", "label", "is_quality_control_question", "is_initial_screening_question"})
# 0 is neutral: the step is no error, and counts as right (Lightman et al. 2023)
_RATINGS: Mapping[int, bool] = {1: True, 0: True, -1: False}
_UNFINISHED = {"bad_problem": "the labeller called it a bad problem", "give_up": "the labeller gave up"}
_SET_APART = {
    "is_quality_control_question": "a question that tests labellers",
    "is_initial_screening_question": "a question that screens labellers",
}


class Step(NamedTuple):
    """A step and its label; None where nobody rated it, or it was flagged."""

    text: str
    label: bool | None


def is_prm800k(columns: Columns) -> bool:
    """Whether there are a question and a label with steps."""
    question, label = columns.get("question"), columns.get("label")
    return isinstance(question, dict) and isinstance(label, dict) and "steps" in label


def solutions(records: Iterable[Record]) -> Iterator[Record]:
    """A record for the path that was chosen, and one for each alternative that was rated beside it.

    The steps before an alternative have no label there, as they have theirs on the path.
    """
    for record in records:
        try:
            paths = [] if record.failure else _paths(record.columns)
        except Rejected as why:
            yield Record(record.file, record.number, record.columns, str(why))
            continue
        if record.failure:
            yield record
        question = record.columns.get("question")
        for path in paths:
            yield Record(record.file, record.number, {"question": question, "path": path})


def _paths(columns: Columns) -> list[list[Step]]:
    label = columns["label"] if isinstance(columns.get("label"), dict) else {}
    steps = label.get("steps")
    for name, why in _SET_APART.items():
        if columns.get(name) is True:
            raise Rejected(why)
    if (ended := str(label.get("finish_reason"))) in _UNFINISHED:
        raise Rejected(_UNFINISHED[ended])
    if not isinstance(steps, list) or not steps:
        raise Rejected("there are no steps")
    path: list[Step] = []
    beside: list[list[Step]] = []
    for number, step in enumerate(steps, 1):
        chosen, others = _chosen(step, is_last=number == len(steps))
        before = [Step(one.text, None) for one in path]
        beside += [[*before, other] for other in others if other.label is not None]
        if chosen is not None:
            path.append(chosen)
    whole = [path] if any(one.label is not None for one in path) else []
    if not whole and not beside:
        raise Rejected("no step has a label")
    return [*whole, *beside]


def _chosen(step: Value, *, is_last: bool) -> tuple[Step | None, list[Step]]:
    """The completion that the labeller went on from, and the others.

    It is the person's own where none of the model's would do, which only the last step may leave open.
    """
    if not isinstance(step, dict):
        raise Rejected("a step is not a JSON object")
    offered = step.get("completions") or []
    shown = [_step(one) for one in offered] if isinstance(offered, list) else []
    place, own = step.get("chosen_completion"), step.get("human_completion")
    if own and place is None:
        return Step(_step(own).text, True), shown
    if place is None and is_last:
        return (shown[0], []) if len(shown) == 1 else (None, shown)
    if place is None or isinstance(place, bool) or place not in range(len(shown)):
        raise Rejected(
            "chosen_completion is not one of the step's", f"chosen_completion {place!r} of {len(shown)}"
        )
    at = int(place)
    return shown[at], [*shown[:at], *shown[at + 1 :]]


def _step(completion: Value) -> Step:
    if not isinstance(completion, dict) or not isinstance(completion.get("text"), str):
        raise Rejected("a step is empty or not text")
    rating = completion.get("rating")
    if rating is not None and (isinstance(rating, bool) or rating not in tuple(_RATINGS)):
        raise Rejected("a rating is not -1, 0 or 1", f"a rating is {str(rating)[:40]!r} and not -1, 0 or 1")
    label = None if rating is None or completion.get("flagged") else _RATINGS[int(rating)]
    return Step(completion["text"], label)


def rated_path(columns: Columns) -> Values:
    """The steps of a path with their labels, after the problem; the gold answer where there is one."""
    question, path = columns["question"], columns["path"]
    if not isinstance(question, dict):
        raise Rejected("question is not a JSON object")
    answer = question.get("ground_truth_answer")
    row = labelled(text(question, "problem"), [one.text for one in path], [one.label for one in path])
    return row | ({"answer": answer} if isinstance(answer, str) and answer.strip() else {})
