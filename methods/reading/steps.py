r"""Splitting solutions into steps by a stated rule, and putting prefixes together again.

``steps`` reads what people and models write: a line or a paragraph a step, blank lines overlooked; a
displayed formula goes with the sentence that it stands in, a numbered step is kept whole, and the final
answer is a step of its own. ``lines`` and ``paragraphs`` split at one separator and refuse the rest.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

Splitter = Literal["steps", "lines", "paragraphs"]
SEPARATORS: dict[Splitter, str] = {"steps": "\n", "lines": "\n", "paragraphs": "\n\n"}
# how public sets of process labels mark the end of a step: Math-Shepherd, and those of Qwen and Skywork
_MARK = re.compile(r"[ \t]*(?:ки|<extra_0>|<\|step_end\|>|\[STEP\])(?=[ \t]*(?:\n|$))")
_NUMBERED = re.compile(
    r"[ \t]{0,3}(?:#{1,6}[ \t]+|[*_]{2})?"
    r"(?:[Ss]tep[ \t]+[0-9]{1,3}\b|[0-9]{1,3}[.)](?=[ \t])|\([0-9]{1,3}\)(?=[ \t]))"
)
_ANSWER = re.compile(
    r"[ \t]*(?:####|[#>*_ \t]*(?:(?:[Tt]he[ \t]+)?(?:[Ff]inal[ \t]+)?[Aa]nswer|ANSWER|A)[*_]*[ \t]*:|\\boxed"
    r"|(?:[Ss]o|[Tt]hus|[Tt]herefore|[Hh]ence),?[ \t]+the[ \t]+(?:final[ \t]+)?answer\b"
    r"|[Tt]he (?:final )?answer is\b)"
)
_DISPLAYED_ANSWER = re.compile(r"[ \t]*(?:\\\[|\$\$)[ \t]*\\boxed")
_DISPLAYED = re.compile(r"[ \t]*(?:\\\[|\$\$|\\begin\{)")
_AFTER_FORMULA = re.compile(r"[ \t]*[a-z,.;:)]")
_FORMULA_ENDS = re.compile(r"(?:\\\]|\$\$|\\end\{\w+\*?\})[ \t]*$")
_UNMARKED = r"(?:(?!\$\$).)*"
# what opens a block of several lines, and what ends it
_BLOCKS = (
    (re.compile(r"\\\[(?!.*\\\])"), re.compile(r"\\\]")),
    (re.compile(rf"^{_UNMARKED}(?:\$\${_UNMARKED}\$\${_UNMARKED})*\$\${_UNMARKED}$"), re.compile(r"\$\$")),
    (re.compile(r"\\begin\{\w+\*?\}(?!.*\\end\{)"), re.compile(r"\\end\{")),
    (re.compile(r"^[ \t]*(?:```|~~~)"), re.compile(r"[ \t]*(?:```|~~~)[ \t]*$")),
)


@dataclass(frozen=True)
class Split:
    """Steps that the separator joins to the text again; none where ``failure`` says why not."""

    steps: tuple[str, ...]
    separator: str
    failure: str | None = None


def split(completion: str, splitter: Splitter) -> Split:
    """The steps of a completion, which the separator joins to it again, byte for byte.

    By ``steps`` a blank line stays at the end of the step before it. By the others nothing is trimmed, so a
    solution with blank steps, or with white space around it, has no steps. The line of the final answer is a
    step like any other: nothing comes after it, so its value is the verdict of the whole solution.
    """
    separator = SEPARATORS[splitter]
    if splitter == "steps":
        text = without_marks(completion)
        return Split(tuple(_steps(text)), separator) if text.strip() else Split((), separator, "empty")
    steps = tuple(completion.split(separator))
    failure = _failure(completion, steps)
    return Split(() if failure else steps, separator, failure)


def without_marks(completion: str) -> str:
    """The text without the marks by which public sets end a step."""
    return _MARK.sub("", completion)


def prefix(steps: Sequence[str], count: int, separator: str) -> str:
    """The first ``count`` steps, each followed by the separator, so that a completer begins the next one."""
    return "".join(step + separator for step in steps[:count])


def _failure(completion: str, steps: Sequence[str]) -> str | None:
    if not completion.strip():
        return "empty"
    if completion != completion.strip():
        return "white space at its start or end"
    # three line breaks between paragraphs leave one at an edge, which a completer would see or not
    if any(not step.strip() or step != step.strip("\n") for step in steps):
        return "blank step"
    return None


def _steps(text: str) -> list[str]:
    """Lines joined to steps; what is blank goes with the step before it, or with the first."""
    lines = text.split("\n")
    begins = {line.number for line in _first_lines(_content(lines))}
    steps: list[str] = []
    for number, text_line in enumerate(lines):
        if number in begins or not steps:
            steps.append(text_line)
        else:
            steps[-1] += f"\n{text_line}"
    return steps if steps[0].strip() or len(steps) == 1 else [f"{steps[0]}\n{steps[1]}", *steps[2:]]


@dataclass(frozen=True)
class _Line:
    """A line that is neither blank nor inside a block: its text, and what stands right before it."""

    number: int
    text: str
    after_blank: bool
    after_formula: bool
    after_sentence: bool

    @property
    def is_numbered(self) -> bool:
        return _NUMBERED.match(self.text) is not None

    @property
    def is_answer(self) -> bool:
        is_displayed = (self.after_blank or self.after_sentence) and _DISPLAYED_ANSWER.match(
            self.text
        ) is not None
        return is_displayed or _ANSWER.match(self.text) is not None

    @property
    def is_dependent(self) -> bool:
        """Whether it belongs to the sentence before it."""
        if _DISPLAYED.match(self.text):
            return True
        return self.after_formula and _AFTER_FORMULA.match(self.text) is not None


def _content(lines: Sequence[str]) -> list[_Line]:
    content: list[_Line] = []
    closing: re.Pattern[str] | None = None
    after_blank = after_formula = False
    for number, text in enumerate(lines):
        if closing is not None:
            closing = None if closing.search(text) else closing
            continue
        if not text.strip():
            after_blank = True
            continue
        after_sentence = bool(content) and content[-1].text.rstrip().endswith((".", "!", "?"))
        content.append(_Line(number, text, after_blank, after_formula, after_sentence))
        closing = next((end for opening, end in _BLOCKS if opening.search(text)), None)
        after_blank, after_formula = False, _ends_formula(text, closing)
    return content


def _ends_formula(text: str, closing: re.Pattern[str] | None) -> bool:
    """Whether a displayed formula ends with the line, or with the block that it opens."""
    opens = closing is not None and closing is not _BLOCKS[-1][1]
    return opens or bool(_DISPLAYED.match(text) or _FORMULA_ENDS.search(text))


def _first_lines(content: Sequence[_Line]) -> Iterator[_Line]:
    """The lines with which a step begins."""
    numbered = [line.number for line in content if line.is_numbered]
    first, last = (numbered[0], numbered[-1]) if len(numbered) > 1 else (len(content), -1)
    independent = [line for line in content[1:] if not line.is_dependent and not line.is_answer]
    # a blank line before every third line or more parts paragraphs; fewer are overlooked
    by_paragraph = 3 * sum(line.after_blank for line in independent) >= len(independent) > 0
    for place, line in enumerate(content):
        in_list = last >= 0 and first <= line.number
        if place == 0 or line.is_answer or (in_list and line.is_numbered):
            yield line
        elif line.is_dependent or (in_list and line.number <= last):
            continue
        elif line.after_blank or not (by_paragraph or in_list):
            yield line
