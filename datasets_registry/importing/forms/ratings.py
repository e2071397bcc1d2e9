"""Rated answers, of which the best is compared with the worst: UltraFeedback."""

from statistics import fmean

from datasets_registry.importing.forms.comparison import preference, rated
from datasets_registry.importing.forms.dialogue import asked, reply
from datasets_registry.importing.forms.messages import with_system
from datasets_registry.importing.forms.values import number, text
from datasets_registry.importing.records import Columns, Value, Values
from datasets_registry.importing.rejection import Rejected

_NOT_RATED = ("N/A", "NaN", "")


def ultrafeedback(columns: Columns) -> Values:
    """The best rated answer against the worst; of several with the same rating the first."""
    answers = columns.get("completions")
    if not isinstance(answers, list):
        raise Rejected("completions is not a list")
    rating = [(_rating(answer), answer) for answer in answers if isinstance(answer, dict)]
    scored = [(score, answer) for score, answer in rating if score is not None]
    if len(scored) < 2:
        raise Rejected("fewer than two rated answers")
    best, worst = max(scored, key=lambda pair: pair[0]), min(scored, key=lambda pair: pair[0])
    if best[0] == worst[0]:
        raise Rejected("tie: all answers have the same score")
    prompt = asked(text(columns, "instruction"))
    sides = (
        with_system([*prompt, *reply(text(answer, "response"))], columns) for answer in (best[1], worst[1])
    )
    return preference(*sides) | rated(best[0], worst[0])


def _rating(answer: Columns) -> float | None:
    """The mean rating of the aspects, as the original's overall score has known errors."""
    aspects = answer.get("annotations")
    ratings = [
        rating
        for aspect in (aspects.values() if isinstance(aspects, dict) else ())
        if isinstance(aspect, dict) and (rating := _number(aspect.get("Rating"))) is not None
    ]
    return fmean(ratings) if ratings else _number(answer.get("fine-grained_score"))


def _number(value: Value) -> float | None:
    return None if value in _NOT_RATED else number(value, "Rating")


def is_ultrafeedback(columns: Columns) -> bool:
    """Whether there are an instruction and a list of completions."""
    return "instruction" in columns and isinstance(columns.get("completions"), list)
