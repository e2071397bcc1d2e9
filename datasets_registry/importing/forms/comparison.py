"""Two answers to one conversation, of which one is better: what all forms of preferences share."""

from datasets_registry.importing.forms.dialogue import BESIDE_TEXT, answered, last_prompt
from datasets_registry.importing.forms.messages import Turns
from datasets_registry.importing.forms.values import number
from datasets_registry.importing.records import Columns, Value, Values
from datasets_registry.importing.rejection import Rejected

_SCORES = (
    ("score_chosen", "score_rejected"),
    ("chosen_score", "rejected_score"),
    ("chosen_rating", "rejected_rating"),
)


def preference(chosen: Turns, rejected: Turns) -> Values:
    """The columns of a comparison of two conversations that differ in their last answer alone.

    Raises Rejected for any others.
    """
    context, better = answered(chosen)
    other_context, worse = answered(rejected)
    if context != other_context:
        raise Rejected("chosen and rejected differ before the last answer")
    if _said(better) == _said(worse):
        raise Rejected("chosen and rejected are equal")
    row = {"messages": context, "prompt": last_prompt(context)}
    return row | _side("chosen", better) | _side("rejected", worse)


def _said(answer: Values) -> tuple[Value, ...]:
    return answer["content"].strip(), *map(answer.get, BESIDE_TEXT)


def _side(name: str, answer: Values) -> Values:
    beside = {f"{name}_{more}": answer[more] for more in BESIDE_TEXT if more in answer}
    return {name: answer["content"]} | beside


def scores(columns: Columns) -> Values:
    """The ratings of both answers, under one of their usual names; null where there are none.

    Raises Rejected where they are no numbers, are equal, or contradict the choice.
    """
    for names in _SCORES:
        if any(columns.get(name) is not None for name in names):
            chosen, rejected = (number(columns.get(name), name) for name in names)
            return rated(chosen, rejected)
    return {}


def rated(chosen: float | None, rejected: float | None) -> Values:
    """The columns of two ratings; raises Rejected where they are equal or contradict the choice."""
    if chosen is not None and rejected is not None:
        if chosen == rejected:
            raise Rejected("tie: both answers have the same score")
        if chosen < rejected:
            raise Rejected(
                "the scores contradict the choice",
                f"the scores contradict the choice: {chosen:g} chosen, {rejected:g} rejected",
            )
    return {"score_chosen": chosen, "score_rejected": rejected}
