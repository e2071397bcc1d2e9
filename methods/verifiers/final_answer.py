r"""Where a solution states its final answer: ``\boxed{}``, or the last line by a marker, and nowhere else.

The last line counts where it is ``#### 24``, ``Answer: 24``, ``A: 24`` or ends with ``the answer is 24``.
The last ``\boxed{}`` counts wherever it stands, unless the last line has a marker. Calculator annotations
are overlooked, and so is an earlier ``the answer is`` that no number follows.
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
    """The answers that markers name; hostile text costs time linear in its length."""
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
    return FinalAnswers(answer, tuple(_unboxed(said) for one in earlier if (said := _unmarked(one))))


def _unmarked(text: str) -> str:
    """The text without the ends of bold or italics that began before the marker."""
    return text.strip().strip("*_").strip()


def _stated(marked: list[re.Match[str]]) -> list[str]:
    return [
        said for one in marked if (said := _content(one)) and not (one["sentence"] and number(said) is None)
    ]


def _content(found: re.Match[str]) -> str:
    return next(said for said in found.groups() if said is not None)


def _boxes(text: str) -> list[str] | None:
    """What stands in each box whose braces balance; None where one does not end."""
    found: list[str] = []
    for opening in _BOX.finditer(text):
        end = _closing(text, opening.end())
        if end is None or len(found) == MAX_BOXES:
            return None
        found.append(text[opening.end() : end])
    return found


def _closing(text: str, place: int) -> int | None:
    depth = 1
    for brace in _BRACE.finditer(text, place):
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
