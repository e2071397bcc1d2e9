r"""Final answers of solutions: in ``\boxed{}``, or behind a marker at the end, and nowhere else.

The end counts where it is ``#### 24``, ``Answer: 24``, ``A: 24`` or ``the answer is 24``, also with the
answer on a line of its own below. The last ``\boxed{}`` counts wherever it stands, unless the end has a
marker; boxes that only a comma or an "and" parts are one answer of several values, and a box that is empty,
as a question may quote it, is none. Calculator annotations are ignored, and so is an earlier ``the answer
is`` without a number behind it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from methods.verifiers.maths.boxes import MAX_BOXES, Box, boxes, last_run
from methods.verifiers.maths.number import number

MAX_LENGTH = 100_000
_ADJECTIVES = r"(?:(?:final|correct|right|required|exact|Final|Correct|Right)[ \t]+){0,2}"
_SENTENCE = (
    rf"(?:\b(?:[Tt]he|[Mm]y|[Oo]ur)[ \t]+|^[ \t]*){_ADJECTIVES}[Aa]nswer(?:s)?"
    r"(?:[ \t]+to[ \t]+(?:the|this)[ \t]+(?:question|problem))?"
    r"[ \t]*,?[ \t]*(?:therefore,?[ \t]*)?(?:is|are|was|would be|will be|must be|equals)[ \t]*[:=]?"
)
_LABEL = (
    r"(?:#{1,6}[ \t]+|>[ \t]*|[-*•][ \t]+)?[*_]{0,3}"
    r"(?:(?:(?:[Tt]he[ \t]+)?(?:(?:[Ff]inal|[Cc]orrect)[ \t]+)?[Aa]nswer|FINAL ANSWER|ANSWER|[Aa]ns)"
    r"[*_]{0,3}[ \t]*[:=]|A[*_]{0,3}[ \t]*:)[*_]{0,3}"
)
_HEADING = r"(?:#{1,6}[ \t]+[*_]{0,3}|[*_]{2,3})(?:(?:The|Final)[ \t]+)*Answer[*_]{0,3}(?=[ \t]*$)"
_MARKED = re.compile(
    rf"^[ \t]*(?:####[ \t]*(?P<hashes>[^\n]*)|(?:{_LABEL}|{_HEADING})[ \t]*(?P<label>[^\n]*))$"
    rf"|{_SENTENCE}[ \t]*(?P<sentence>[^\n]*)$",
    re.MULTILINE,
)
_INNER = re.compile(rf"(?:{_SENTENCE}|(?:[Ff]inal )?[Aa]nswer:)[ \t]*")
_ANNOTATION = re.compile(r"<<[^<>\n]*>>")
_HOPE = re.compile(r"[ \t]*\bI hope (?:it|this) is correct\.?[*_ \t]*$")
_NEXT_SENTENCE = re.compile(r"[.!?]['\")*]*\s+\S")
_TAG, _END_TAG = "<answer>", "</answer>"
_EMPHASIZED = re.compile(r"(?<![\w)*`])(\*{1,3}|_{1,3}|`)(?=\S)([^*_`\n]+)(?<=\S)\1(?![\w(*`])")
_DISPLAY = re.compile(r"(?:\$\$|\\\[)\s*([^\n]*?)\s*(?:\$\$|\\\])")
_DENIED = re.compile(r"(?i)\b(?:not|no|never|wrong|incorrect|isn't|aren't|cannot|can't|neither)\b")
_EMPHASIS = "*_"


@dataclass(frozen=True, slots=True)
class FinalAnswers:
    """The last answer and those stated before it; or why there is none.

    ``together`` joins the distinct boxes of the whole text, for a question that asks for several values.
    """

    answer: str | None
    earlier: tuple[str, ...] = ()
    reason: str | None = None
    together: str | None = None


def final_answers(text: str) -> FinalAnswers:
    """The answers that markers name; hostile text takes time linear in its length."""
    if len(text) > MAX_LENGTH:
        return FinalAnswers(None, reason=f"longer than {MAX_LENGTH:,} characters")
    text = _HOPE.sub("", (_ANNOTATION.sub("", text) if "<<" in text else text).rstrip()).rstrip()
    if text.endswith(_END_TAG):
        before, _, tagged = text.removesuffix(_END_TAG).rpartition(_TAG)
        text = f"{before}\nAnswer: {tagged.strip()}"
    found = boxes(text) if "box" in text else []
    if found is None:
        return FinalAnswers(None, reason=f"a \\boxed without its end, or more than {MAX_BOXES} of them")
    filled = [box for box in found if not box.is_empty]
    inside = [(box.start, box.end) for box in filled]
    marked = [mark for mark in _MARKED.finditer(text) if not any(a < mark.start() < b for a, b in inside)]
    ending = _ending(text, marked[-1]) if marked else None
    if ending is not None:
        return _marked_answer(text, ending, marked, filled)
    if filled:
        run = last_run(text, filled)
        return _answer(_joined(run), filled[: -len(run)], _stated(marked), filled)
    if found:
        return FinalAnswers(None, reason="the final answer is empty")
    return FinalAnswers(None, reason="text follows the final answer" if marked else "no final answer")


def _ending(text: str, marker: re.Match[str]) -> tuple[int, str] | None:
    """Where what the last marker names begins, and that text; None where more than it follows."""
    content = _content(marker)
    if marker.end() == len(text):
        return marker.end() - len(content), content
    if content.strip(_EMPHASIS + "$ \t"):
        return None
    below = text[marker.end() :]
    lines = [line for line in below.split("\n") if line.strip()]
    display = _DISPLAY.fullmatch(below.strip())
    if display:
        return marker.end(), display[1]
    return (marker.end(), lines[0]) if len(lines) == 1 else None


def _marked_answer(
    text: str, ending: tuple[int, str], marked: Sequence[re.Match[str]], filled: list[Box]
) -> FinalAnswers:
    start, content = ending
    here = [box for box in filled if box.start >= start]
    before = filled[: len(filled) - len(here)]
    if here:
        run = last_run(text, here)
        if _DENIED.search(text[start : run[0].start]):
            return FinalAnswers(None, reason="the box is said not to be the answer")
        return _answer(_joined(run), [*before, *here[: -len(run)]], _stated(marked[:-1]), filled)
    inner = _INNER.search(content)
    answer = _unmarked(content[inner.end() :] if inner else content)
    if not answer.strip("*_$. "):
        return FinalAnswers(None, reason="the final answer is empty")
    if _NEXT_SENTENCE.search(answer):
        return FinalAnswers(None, reason="text follows the final answer")
    return _answer(answer, before, _stated(marked[:-1]), filled)


def _answer(answer: str, before: Sequence[Box], stated: Sequence[str], filled: Sequence[Box]) -> FinalAnswers:
    contents = list(dict.fromkeys(box.named.strip() for box in filled))
    together = ", ".join(contents) if len(contents) > 1 else None
    return FinalAnswers(answer, (*(box.content for box in before), *stated), together=together)


def _joined(run: Sequence[Box]) -> str:
    return run[0].named.strip() if len(run) == 1 else ", ".join(box.named.strip() for box in run)


def _unmarked(text: str) -> str:
    """The text without its full stop, and without marks of bold or italics that began before it."""
    text = text.strip()
    if text.endswith(".") and not text.endswith(".."):
        text = text[:-1].rstrip()
    return _EMPHASIZED.sub(r"\2", text).strip(_EMPHASIS).strip()


def _stated(marked: Sequence[re.Match[str]]) -> list[str]:
    stated = []
    for match in marked:
        answer = _unmarked(_content(match))
        if answer and "box" not in answer and not (match["sentence"] and number(answer) is None):
            stated.append(answer)
    return stated


def _content(match: re.Match[str]) -> str:
    return next(group for group in match.groups() if group is not None)
