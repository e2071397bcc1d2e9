"""Public formats that import recognises: by which columns, and the rows that they become."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import fmean

from datasets_registry.importing.dialogue import Turns, answered, last_prompt, transcript, turns
from datasets_registry.importing.problem_formats import gsm8k, is_gsm8k, is_svamp, svamp, text
from datasets_registry.importing.program_formats import humaneval, is_humaneval
from datasets_registry.importing.records import Columns, Value, Values
from datasets_registry.importing.rejection import Rejected
from datasets_registry.rows.imported import Demonstration, HumanPreference, Problem
from datasets_registry.rows.row import Row


@dataclass(frozen=True)
class Format:
    """A format by name: ``convert`` gives the columns of a row of type ``row``, or raises Rejected.

    ``number`` goes up whenever ``convert`` gives other rows than before.
    """

    name: str
    number: int
    row: type[Row]
    recognise: Callable[[Columns], bool]
    convert: Callable[[Columns], Values]


def _preference(chosen: Turns, rejected: Turns) -> Values:
    context, better = answered(chosen)
    other_context, worse = answered(rejected)
    if context != other_context:
        raise Rejected("chosen and rejected differ before the last answer")
    if better == worse:
        raise Rejected("chosen and rejected are equal")
    return {"messages": context, "prompt": last_prompt(context), "chosen": better, "rejected": worse}


def _hh_rlhf(columns: Columns) -> Values:
    return _preference(transcript(columns.get("chosen")), transcript(columns.get("rejected")))


def _is_hh_rlhf(columns: Columns) -> bool:
    texts = (columns.get("chosen"), columns.get("rejected"))
    return all(isinstance(side, str) and "\n\nHuman:" in side for side in texts)


def _binarized(columns: Columns) -> Values:
    """Both sides are messages; the prompt column goes before a side that is only an answer."""
    chosen, rejected = (_side(columns, name) for name in ("chosen", "rejected"))
    scores = {name: _number(columns.get(name)) for name in ("score_chosen", "score_rejected")}
    if None not in scores.values() and scores["score_chosen"] == scores["score_rejected"]:
        raise Rejected("tie: both answers have the same score")
    return _preference(chosen, rejected) | scores


def _side(columns: Columns, name: str) -> Turns:
    side = turns(columns.get(name))
    prompt = columns.get("prompt")
    if len(side) == 1 and prompt is not None:
        before = [{"role": "user", "content": prompt.strip()}] if isinstance(prompt, str) else turns(prompt)
        return before + side
    return side


def _is_binarized(columns: Columns) -> bool:
    return all(isinstance(columns.get(name), list) for name in ("chosen", "rejected"))


def _number(value: Value) -> float | None:
    try:
        return None if value is None or isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        return None


def _ultrafeedback(columns: Columns) -> Values:
    """The best rated answer against the worst; of several with the same rating the first."""
    answers = columns.get("completions")
    rated = [(_rating(answer), answer) for answer in answers or [] if isinstance(answer, dict)]
    scored = [(score, answer) for score, answer in rated if score is not None]
    if len(scored) < 2:
        raise Rejected("fewer than two rated answers")
    best, worst = max(scored, key=lambda pair: pair[0]), min(scored, key=lambda pair: pair[0])
    if best[0] == worst[0]:
        raise Rejected("tie: all answers have the same score")
    prompt = {"role": "user", "content": text(columns, "instruction")}
    better, worse = (
        [prompt, {"role": "assistant", "content": text(answer, "response")}] for _, answer in (best, worst)
    )
    return _preference(better, worse) | {"score_chosen": best[0], "score_rejected": worst[0]}


def _rating(answer: Columns) -> float | None:
    """The mean rating of the aspects, as the original's overall score has known errors."""
    aspects = answer.get("annotations")
    ratings = [
        rating
        for aspect in (aspects.values() if isinstance(aspects, dict) else ())
        if isinstance(aspect, dict) and (rating := _number(aspect.get("Rating"))) is not None
    ]
    return fmean(ratings) if ratings else _number(answer.get("fine-grained_score"))


def _is_ultrafeedback(columns: Columns) -> bool:
    return "instruction" in columns and isinstance(columns.get("completions"), list)


def _chat(columns: Columns) -> Values:
    messages = columns.get("messages")
    speakers = columns.get("conversations")
    conversation = turns(messages) if messages is not None else turns(speakers, "from", "value")
    context, completion = answered(conversation)
    return {"messages": context, "prompt": last_prompt(context), "completion": completion}


def _is_chat(columns: Columns) -> bool:
    return any(isinstance(columns.get(name), list) for name in ("messages", "conversations"))


FORMATS = (
    Format("hh-rlhf", 1, HumanPreference, _is_hh_rlhf, _hh_rlhf),
    Format("ultrafeedback-binarized", 1, HumanPreference, _is_binarized, _binarized),
    Format("ultrafeedback", 1, HumanPreference, _is_ultrafeedback, _ultrafeedback),
    Format("gsm8k", 2, Problem, is_gsm8k, gsm8k),
    Format("svamp", 1, Problem, is_svamp, svamp),
    Format("humaneval", 1, Problem, is_humaneval, humaneval),
    Format("chat", 1, Demonstration, _is_chat, _chat),
)
