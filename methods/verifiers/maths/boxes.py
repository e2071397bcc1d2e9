r"""``\boxed{}`` in a text: what each holds, where it stands, and which of them belong together."""

import re
from dataclasses import dataclass

from methods.verifiers.maths.number import number

MAX_BOXES = 100
_BOX = re.compile(r"\\(?:boxed|fbox)(?:\s*\{|[ \t]+(?P<bare>[0-9]+(?:[.,][0-9]+)*|[A-Za-z]\b))")
_SAID = re.compile(
    r"(?i)^\s*(?:\\(?:text|textbf|mathrm|mbox)\s*\{\s*(?:the\s+)?(?:final\s+)?answer(?:\s+is|\s*[:=])*\s*\}"
    r"|(?:the\s+)?(?:final\s+)?answer\s*(?:is\b:?|:))\s*"
)
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_PHANTOM = re.compile(r"\\[hv]?phantom\s*\{[^{}]*\}|\\(?:text|textbf|mathrm|mbox)\s*\{([^{}]*)\}")
_NOTHING = re.compile(
    r"(?i)(?:\\?[\s,;:!.?_…]|\\q?quad|\\l?dots|\\cdots|\\square|\\\\|[{}])*"
    r"|\W*(?:(?:your|the|my|final|numerical)\s+)*(?:answer|ans|result|solution)(?:\s+here)?\W*"
)
_BETWEEN = re.compile(
    r"[\s$*,;)\]\\]*(?:[-•][ \t]+)?(?:(?:and|or)\b|\\text\s*\{\s*(?:and|or)\s*\}|\\q?quad)?[\s$*,;(\[\\]*"
    r"(?:\\?[A-Za-z]+(?:_\{?\w+\}?)?\s*=\s*)?[\s$]*"
)
_NAME = re.compile(r"(?:^|[$(,;:*\n]|[a-z]{2,}|\\text\s*\{[^{}]*\})\s*(\\?[A-Za-z](?:_\{?\w+\}?)?)\s*=\s*$")


_BEHIND = re.compile(
    r"(?:\s|~|\\[,;:! ])*"
    r"(\\(?:text|textrm|mathrm|mbox)\s*\{[^{}]*\}(?:\s*\^\s*\{?[0-9]\}?)?|\\?%|\^\s*\{?\\circ\}?)"
)


@dataclass(frozen=True, slots=True)
class Box:
    """What a box holds, from its first character to the one behind its brace.

    ``before`` names its value, and ``behind`` is the unit that follows a number.
    """

    content: str
    start: int
    end: int
    before: str = ""
    behind: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether it only shows where an answer belongs, as a quoted question does."""
        shown = _PHANTOM.sub(lambda match: match[1] or "", self.content)
        return bool(_NOTHING.fullmatch(shown))

    @property
    def named(self) -> str:
        """The content with its name and its unit, where they stand beside the box."""
        content = self.content + self.behind
        return f"{self.before}={content}" if self.before and "=" not in content else content


def boxes(text: str) -> list[Box] | None:
    """The boxes of ``text``; None where one does not end or there are too many."""
    found: list[Box] = []
    for count, opening in enumerate(_BOX.finditer(text)):
        while found and found[-1].end > opening.start():
            found.pop()  # what a box holds within another is the answer
        end = opening.end("bare") if opening["bare"] else closing(text, opening.end())
        if end is None or count == MAX_BOXES:
            return None
        found.append(_box(text, opening, end))
    return found


def _box(text: str, opening: re.Match[str], end: int) -> Box:
    name = _NAME.search(text[max(0, opening.start() - 40) : opening.start()])
    content = opening["bare"] or _SAID.sub("", text[opening.end() : end], count=1)
    end += not opening["bare"]
    return Box(content, opening.start(), end, name[1] if name else "", _unit_behind(content, text, end))


def _unit_behind(content: str, text: str, start: int) -> str:
    """The unit behind a box of a number that has none: one that is known, and not any word."""
    unit = _BEHIND.match(text, start)
    alone = number(content) if unit else None
    if unit is None or alone is None or alone.unit.all_words:
        return ""
    whole = number(f"{content}{unit[1]}")
    return unit[1] if whole is not None and whole.unit.factors else ""


def closing(text: str, start: int) -> int | None:
    """Where the brace closes that was opened before ``start``."""
    depth = 1
    for brace in _BRACE.finditer(text, start):
        depth += {"{": 1, "}": -1}.get(brace[0], 0)
        if depth == 0:
            return brace.start()
    return None


def last_run(text: str, found: list[Box]) -> list[Box]:
    """The last box with those before it that only a comma, a name or a conjunction parts from it."""
    run = found[-1:]
    for box in reversed(found[:-1]):
        between = text[box.end : run[0].start]
        if len(between) > 60 or not _BETWEEN.fullmatch(between):
            break
        if "\n\n" in between and not (box.before and run[0].before):
            break
        run.insert(0, box)
    return run
