r"""``\boxed{}`` in a text: what each holds, where it stands, and which of them belong together."""

import re
from dataclasses import dataclass

MAX_BOXES = 100
_BOX = re.compile(r"\\(?:boxed|fbox)\s*\{")
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_PHANTOM = re.compile(r"\\[hv]?phantom\s*\{[^{}]*\}|\\(?:text|textbf|mathrm|mbox)\s*\{([^{}]*)\}")
_NOTHING = re.compile(
    r"(?i)(?:\\?[\s,;:!.?_…]|\\q?quad|\\l?dots|\\cdots|\\square|\\\\|[{}])*"
    r"|\W*(?:(?:your|the|my|final|numerical)\s+)*(?:answer|ans|result|solution)(?:\s+here)?\W*"
)
_BETWEEN = re.compile(
    r"[\s$*,;)\]\\]*(?:(?:and|or)\b|\\text\s*\{\s*(?:and|or)\s*\}|\\q?quad)?[\s$*,;(\[\\]*"
    r"(?:\\?[A-Za-z]+(?:_\{?\w+\}?)?\s*=\s*)?[\s$]*"
)
_NAME = re.compile(r"(?:^|[$(,;:*\n]|[a-z]{2,}|\\text\s*\{[^{}]*\})\s*(\\?[A-Za-z](?:_\{?\w+\}?)?)\s*=\s*$")


@dataclass(frozen=True, slots=True)
class Box:
    """What a box holds, from its first character to the one behind its brace; ``before`` names its value."""

    content: str
    start: int
    end: int
    before: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether it only shows where an answer belongs, as a quoted question does."""
        shown = _PHANTOM.sub(lambda match: match[1] or "", self.content)
        return bool(_NOTHING.fullmatch(shown))

    @property
    def named(self) -> str:
        """The content with the name of its value, where one stands before the box."""
        return f"{self.before}={self.content}" if self.before and "=" not in self.content else self.content


def boxes(text: str) -> list[Box] | None:
    """The boxes of ``text``; None where one does not end or there are too many."""
    found: list[Box] = []
    for opening in _BOX.finditer(text):
        end = closing(text, opening.end())
        if end is None or len(found) == MAX_BOXES:
            return None
        name = _NAME.search(text[max(0, opening.start() - 40) : opening.start()])
        found.append(Box(text[opening.end() : end], opening.start(), end + 1, name[1] if name else ""))
    return found


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
        if len(between) > 60 or "\n\n" in between or not _BETWEEN.fullmatch(between):
            break
        run.insert(0, box)
    return run
