"""Problems of MATH (Hendrycks et al. 2021) and MATH-500: the gold answer is in the solution's last box."""

import re

from datasets_registry.importing.forms.values import text
from datasets_registry.importing.records import Columns, Values
from datasets_registry.importing.rejection import Rejected

_BOX = re.compile(r"\\(?:boxed|fbox)\s*")
_LEVEL = re.compile(r"(?:Level )?([1-9])")


def is_math(columns: Columns) -> bool:
    """Whether there are a problem, its solution and level."""
    return all(name in columns for name in ("problem", "solution", "level"))


def math(columns: Columns) -> Values:
    """The answer is that of the column, as in MATH-500, or else of the solution's last box.

    Raises Rejected where there is none. A level that is not known is none.
    """
    solution = text(columns, "solution")
    answer = text(columns, "answer") if columns.get("answer") is not None else _boxed(solution)
    level = _LEVEL.fullmatch(str(columns["level"]))
    kind = next((columns[name] for name in ("type", "subject") if isinstance(columns.get(name), str)), None)
    return {
        "prompt": text(columns, "problem"),
        "answer": answer,
        "solution": solution,
        "family": kind and kind.lower(),
        "difficulty": int(level[1]) if level else None,
    }


def _boxed(solution: str) -> str:
    """What the last box holds: up to its brace, or one word."""
    boxes = list(_BOX.finditer(solution))
    if not boxes:
        raise Rejected("the solution has no \\boxed answer")
    rest = solution[boxes[-1].end() :]
    inside = _braced(rest) if rest.startswith("{") else re.split(r"[\s$]", rest, maxsplit=1)[0]
    if not inside or not inside.strip():
        raise Rejected("the solution's last \\boxed is empty or not closed")
    return inside.strip()


def _braced(text: str) -> str | None:
    depth = 0
    for place, letter in enumerate(text):
        if letter in "{}" and (place == 0 or text[place - 1] != "\\"):
            depth += 1 if letter == "{" else -1
        if depth == 0:
            return text[1:place]
    return None
