"""Public formats that import recognises: how each is told, and what a row of it says."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from datasets_registry.importing.dialogue import Turns, answered, last_prompt, transcript, turns
from datasets_registry.importing.problem_formats import Columns, gsm8k, is_gsm8k, is_svamp, svamp, text
from datasets_registry.importing.rejection import Rejected
from datasets_registry.rows.imported import Demonstration, HumanPreference, Problem
from datasets_registry.rows.row import Row


@dataclass(frozen=True)
class Format:
    """A format by name: ``convert`` gives the columns that a row says, or raises Rejected.

    ``number`` goes up whenever ``convert`` gives other rows than before.
    """

    name: str
    number: int
    row: type[Row]
    recognise: Callable[[Columns], bool]
    convert: Callable[[Columns], dict[str, Any]]


def _preference(chosen: Turns, rejected: Turns) -> dict[str, Any]:
    context, better = answered(chosen)
    other_context, worse = answered(rejected)
    if context != other_context:
        raise Rejected("chosen and rejected differ before the last answer")
    if better == worse:
        raise Rejected("chosen and rejected are equal")
    return {"messages": context, "prompt": last_prompt(context), "chosen": better, "rejected": worse}


def _hh_rlhf(columns: Columns) -> dict[str, Any]:
    return _preference(transcript(columns.get("chosen")), transcript(columns.get("rejected")))


def _is_hh_rlhf(columns: Columns) -> bool:
    texts = (columns.get("chosen"), columns.get("rejected"))
    return all(isinstance(one, str) and "\n\nHuman:" in one for one in texts)


def _binarized(columns: Columns) -> dict[str, Any]:
    """Both sides are messages; a prompt column stands for a side that holds the answer alone."""
    chosen, rejected = (_side(columns, name) for name in ("chosen", "rejected"))
    scores = {name: _number(columns.get(name)) for name in ("score_chosen", "score_rejected")}
    if None not in scores.values() and scores["score_chosen"] == scores["score_rejected"]:
        raise Rejected("tie: both answers have one score")
    return _preference(chosen, rejected) | scores


def _side(columns: Columns, name: str) -> Turns:
    found = turns(columns.get(name))
    prompt = columns.get("prompt")
    if len(found) == 1 and prompt is not None:
        asked = [{"role": "user", "content": prompt.strip()}] if isinstance(prompt, str) else turns(prompt)
        return asked + found
    return found


def _is_binarized(columns: Columns) -> bool:
    return all(isinstance(columns.get(name), list) for name in ("chosen", "rejected"))


def _number(value: Any) -> float | None:
    try:
        return None if value is None or isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        return None


def _ultrafeedback(columns: Columns) -> dict[str, Any]:
    """The best rated answer against the worst; the first of several that are rated alike."""
    answers = columns.get("completions")
    rated = [(_rating(one), one) for one in answers or [] if isinstance(one, dict)]
    scored = [(score, one) for score, one in rated if score is not None]
    if len(scored) < 2:
        raise Rejected("fewer than two rated answers")
    best, worst = max(scored, key=lambda pair: pair[0]), min(scored, key=lambda pair: pair[0])
    if best[0] == worst[0]:
        raise Rejected("tie: all answers have one score")
    asked = [{"role": "user", "content": text(columns, "instruction")}]
    sides = [[*asked, {"role": "assistant", "content": text(one, "response")}] for _, one in (best, worst)]
    return _preference(*sides) | {"score_chosen": best[0], "score_rejected": worst[0]}


def _rating(answer: Columns) -> float | None:
    """The mean of the aspects' ratings, for the overall score of the original has known errors."""
    aspects = answer.get("annotations")
    ratings = [
        rating
        for one in (aspects.values() if isinstance(aspects, dict) else ())
        if isinstance(one, dict) and (rating := _number(one.get("Rating"))) is not None
    ]
    return fmean(ratings) if ratings else _number(answer.get("fine-grained_score"))


def _is_ultrafeedback(columns: Columns) -> bool:
    return "instruction" in columns and isinstance(columns.get("completions"), list)


def _chat(columns: Columns) -> dict[str, Any]:
    messages = columns.get("messages")
    found = turns(messages) if messages is not None else turns(columns.get("conversations"), "from", "value")
    context, completion = answered(found)
    return {"messages": context, "prompt": last_prompt(context), "completion": completion}


def _is_chat(columns: Columns) -> bool:
    return any(isinstance(columns.get(name), list) for name in ("messages", "conversations"))


FORMATS = (
    Format("hh-rlhf", 1, HumanPreference, _is_hh_rlhf, _hh_rlhf),
    Format("ultrafeedback-binarized", 1, HumanPreference, _is_binarized, _binarized),
    Format("ultrafeedback", 1, HumanPreference, _is_ultrafeedback, _ultrafeedback),
    Format("gsm8k", 2, Problem, is_gsm8k, gsm8k),
    Format("svamp", 1, Problem, is_svamp, svamp),
    Format("chat", 1, Demonstration, _is_chat, _chat),
)
