r"""Final answers of solutions: in ``\boxed{}``, or after a marker on the last line, and nowhere else.

The last line counts where it is ``#### 24``, ``Answer: 24``, ``A: 24`` or ends with ``the answer is 24``.
The last ``\boxed{}`` counts wherever it stands, unless the last line has a marker. Calculator annotations
are ignored, and so is an earlier ``the answer is`` without a number after it.
"""

import re
from dataclasses import dataclass

from methods.verifiers.number import number

MAX_LENGTH = 100_000
MAX_BOXES = 100
_BOX = re.compile(r"\\boxed\s*\{")
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_MARKED = re.compile(
    r"^[ \t]*(?:####[ \t]*(?P<hashes>.*)"
    r"|(?:#{1,3}[ \t]+|>[ \t]*)?[*_]{0,3}"
    r"(?:(?:[Tt]he[ \t]+)?(?:[Ff]inal[ \t]+)?[Aa]nswer|FINAL ANSWER|ANSWER|A)"
    r"[*_]{0,3}[ \t]*:[*_]{0,3}[ \t]*(?P<label>.*))$"
    r"|\b[Tt]he (?:final )?answer is:?[ \t]*(?P<sentence>[^\n]*)$",
    re.MULTILINE,
)
_ANNOTATION = re.compile(r"<<[^<>\n]*>>")
_NEXT_SENTENCE = re.compile(r"[.!?]['\")*]*\s+\S")


@dataclass(frozen=True, slots=True)
class FinalAnswers:
    """The last answer and those stated before it; or why there is none."""

    answer: str | None
    earlier: tuple[str, ...] = ()
    reason: str | None = None


def final_answers(text: str) -> FinalAnswers:
    """The answers that markers name; hostile text takes time linear in its length."""
    if len(text) > MAX_LENGTH:
        return FinalAnswers(None, reason=f"longer than {MAX_LENGTH:,} characters")
    text = (_ANNOTATION.sub("", text) if "<<" in text else text).rstrip()
    boxes = _boxes(text) if "\\boxed" in text else []
    if boxes is None:
        return FinalAnswers(None, reason=f"a \\boxed without its end, or more than {MAX_BOXES} of them")
    marked = list(_MARKED.finditer(text))
    if marked and marked[-1].end() == len(text):
        return _last(_content(marked[-1]), [*boxes, *_stated(marked[:-1])])
    if boxes:
        return _last(boxes[-1], [*boxes[:-1], *_stated(marked)])
    return FinalAnswers(None, reason="text follows the final answer" if marked else "no final answer")


def _last(answer: str, earlier: list[str]) -> FinalAnswers:
    answer = _unboxed(_unmarked(answer))
    if not answer.strip("*_$. "):
        return FinalAnswers(None, reason="the final answer is empty")
    if _NEXT_SENTENCE.search(answer):
        return FinalAnswers(None, reason="text follows the final answer")
    return FinalAnswers(answer, tuple(_unboxed(plain) for text in earlier if (plain := _unmarked(text))))


def _unmarked(text: str) -> str:
    """The text without the closing marks of bold or italics that began before the marker."""
    return text.strip().strip("*_").strip()


def _stated(marked: list[re.Match[str]]) -> list[str]:
    return [
        answer
        for match in marked
        if (answer := _content(match)) and not (match["sentence"] and number(answer) is None)
    ]


def _content(match: re.Match[str]) -> str:
    return next(group for group in match.groups() if group is not None)


def _boxes(text: str) -> list[str] | None:
    """The content of each box; None where one does not end or there are too many."""
    contents: list[str] = []
    for opening in _BOX.finditer(text):
        end = _closing(text, opening.end())
        if end is None or len(contents) == MAX_BOXES:
            return None
        contents.append(text[opening.end() : end])
    return contents


def _closing(text: str, start: int) -> int | None:
    depth = 1
    for brace in _BRACE.finditer(text, start):
        depth += {"{": 1, "}": -1}.get(brace[0], 0)
        if depth == 0:
            return brace.start()
    return None


def _unboxed(text: str) -> str:
    """The content of a text that is one box and its delimiters."""
    opening = _BOX.search(text)
    end = _closing(text, opening.end()) if opening else None
    if opening is None or end is None:
        return text
    around = text[: opening.start()] + text[end + 1 :]
    return text[opening.end() : end] if not around.strip(" $.*()[]\\") else text
