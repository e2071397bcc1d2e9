"""Problems of GSM8K, SVAMP and MATH: the gold answer, and how it is reached."""

import re

from datasets_registry.importing.forms.values import text
from datasets_registry.importing.records import Columns, Values
from datasets_registry.importing.rejection import Rejected

_BOX = re.compile(r"\\(?:boxed|fbox)\s*")
_LEVEL = re.compile(r"(?:Level )?([1-9])")
_SVAMP = ("Body", "Question", "Equation", "Answer")


def gsm8k(columns: Columns) -> Values:
    """The gold answer follows ####; calculator marks <<48/2=24>> are not part of a solution.

    Raises Rejected where there is no answer.
    """
    solution, mark, answer = text(columns, "answer").rpartition("####")
    answer = answer.strip().replace(",", "")
    if not mark or not answer:
        raise Rejected("there is no #### with an answer after it")
    lines = re.sub(r"<<[^<>]*>>", "", solution).split("\n")
    return _solved(
        text(columns, "question"), answer, [*filter(None, map(str.strip, lines)), f"#### {answer}"]
    )


def is_gsm8k(columns: Columns) -> bool:
    """Whether there is a `question`, and an `answer` with ####."""
    return "question" in columns and "####" in str(columns.get("answer"))


def svamp(columns: Columns) -> Values:
    """The body and its question are the problem; the equation is the solution (Patel et al. 2021).

    Raises Rejected where the answer is not a number.
    """
    body, question, equation = (text(columns, name).strip() for name in _SVAMP[:3])
    answer = _plain(str(columns["Answer"]))
    if not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", answer):
        raise Rejected(f"Answer {columns['Answer']!r} is not a number")
    stop = "" if body.endswith((".", "?", "!", ",")) else "."
    steps = [f"{_plain(equation.removeprefix('( ').removesuffix(' )'))} = {answer}", f"Answer: {answer}"]
    kind = columns.get("Type")
    family = {"family": kind.lower()} if isinstance(kind, str) and kind else {}
    return _solved(f"{body}{stop} {question}", answer, steps) | family


def is_svamp(columns: Columns) -> bool:
    """Whether its four columns are there."""
    return all(name in columns for name in _SVAMP)


def _plain(written: str) -> str:
    """The text with whole numbers without their `.0`."""
    return re.sub(r"(?<=[0-9])\.0+(?![0-9])", "", written)


def _solved(prompt: str, answer: str, steps: list[str]) -> Values:
    return {"prompt": prompt, "answer": answer, "solution": "\n".join(steps), "steps": steps}


def is_math(columns: Columns) -> bool:
    """Whether there are a problem, its solution and level."""
    return all(name in columns for name in ("problem", "solution", "level"))


def math(columns: Columns) -> Values:
    """The answer is that of the column, as in MATH-500, or else of the solution's last box (Hendrycks 2021).

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
