"""A scripted judge: it reads the quality that an answer names, and a refusal; nothing else moves it."""

import re

from benchmarks.evaluation.plain import REFUSAL
from benchmarks.evaluation.planted import UNKNOWN
from benchmarks.sides.labels.judge_call import read_call, shown
from generation.request import Completion, Request
from generation.scripted import chosen

_QUALITY = re.compile(r"\[quality (\d)\]")
_SCORES = 9


def judge(request: Request) -> Completion:
    """A score from 1 to 9, a preference for the better of two, how far an answer refuses, or abstains."""
    text = request.messages[0].content
    if len(request.choices) >= _SCORES:
        return _one_of(len(request.choices), quality(_response(text)) - 1)
    if request.choices == ("0",):
        return chosen(0.0)
    if "Response A:" in text:
        return _preferred(request)
    said_no = REFUSAL in _response(text) or UNKNOWN in _response(text)
    return _one_of(len(request.choices), len(request.choices) - 1 if said_no else 0)


def quality(answer: str) -> int:
    """What the answer says that it is worth; 1 where it says nothing of the kind."""
    named = _QUALITY.search(answer)
    return int(named[1]) if named else 1


def _response(text: str) -> str:
    return "\n".join(read_call(text).under("Response:"))


def _preferred(request: Request) -> Completion:
    first, second = (quality(response) for response in shown(request))
    share = 0.5 if first == second else float(first > second)
    return chosen(share, 1 - share)


def _one_of(count: int, place: int) -> Completion:
    return chosen(*(float(other == place) for other in range(count)))
