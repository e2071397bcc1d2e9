"""Samples of Inspect's logs: the trace of an agent up to its last answer, and what its scorers say of it."""

from datasets_registry.importing.forms.chat import chat
from datasets_registry.importing.forms.values import truth
from datasets_registry.importing.records import Columns, Value, Values
from datasets_registry.importing.rejection import Rejected

_COLUMNS = ("messages", "scores", "epoch", "stop_reason")
# Inspect's own grades: correct, incorrect, and no answer
_GRADES = {"C": True, "I": False, "N": False}
_CUT_OFF = ("max_tokens", "model_length", "content_filter")


def is_sample(columns: Columns) -> bool:
    """Whether it is a sample of a log."""
    return all(name in columns for name in _COLUMNS)


def right_trace(columns: Columns) -> Values:
    """A whole trace that is to be learned; raises Rejected where a scorer says that it is wrong."""
    trace = _trace(columns)
    if _verdict(columns) is False:
        raise Rejected(
            "scored as wrong",
            "scored as wrong: take --like unpaired_preferences to have right and wrong traces with labels",
        )
    return trace


def judged_trace(columns: Columns) -> Values:
    """A whole trace that is right or wrong by its scorers; raises Rejected where it has no score."""
    trace, verdict = _trace(columns), _verdict(columns)
    if verdict is None:
        raise Rejected("the sample has no score")
    return trace | {"accepted": verdict, "source": ", ".join(columns["scores"])}


def _trace(columns: Columns) -> Values:
    for name, kind in (("error", "the sample failed"), ("limit", "the sample ended at a limit")):
        if columns.get(name):
            raise Rejected(kind, f"{kind}: {str(columns[name])[:200]}")
    if columns["stop_reason"] in _CUT_OFF:
        raise Rejected(
            "the last answer was cut off", f"the last answer was cut off: {columns['stop_reason']}"
        )
    model = columns.get("source")
    return chat(columns) | ({"source": model} if isinstance(model, str) else {})


def _verdict(columns: Columns) -> bool | None:
    """What all scorers say; None where there are none."""
    scores = columns["scores"]
    if not isinstance(scores, dict):
        raise Rejected("scores are not by scorer")
    verdicts = {_right(name, value) for name, value in scores.items()}
    if len(verdicts) > 1:
        raise Rejected("scorers differ on whether the sample is right")
    return next(iter(verdicts), None)


def _right(name: str, value: Value) -> bool:
    grade = _GRADES.get(value) if isinstance(value, str) else None
    verdict = truth(value) if grade is None else grade
    if verdict is None:
        raise Rejected(
            "a score is neither right nor wrong",
            f"the score {str(value)[:40]!r} of {name} is neither right (C, 1, true) nor wrong (I, N, 0, "
            "false): grade the log anew with `inspect score`",
        )
    return verdict
