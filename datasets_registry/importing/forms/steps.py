"""Solutions in labelled steps: TRL's stepwise supervision, Math-Shepherd and PRMBench."""

from collections.abc import Sequence

from datasets_registry.importing.forms.values import text
from datasets_registry.importing.records import Columns, Value, Values
from datasets_registry.importing.rejection import Rejected

SEPARATOR = "\n"
# true and false are 1 and 0
_SIGNS = {"+": True, "-": False, 1: True, 0: False}
# -1 is wrong; 0 is neutral, which is no error
_RATINGS = {1: True, 0: True, -1: False}
_MARK, _FIRST = "ки", "Step 1:"
_PRMBENCH = ("modified_question", "modified_process", "error_steps")


def labelled(prompt: str, steps: Sequence[str], labels: Sequence[bool | None]) -> Values:
    """The columns of a solution; raises Rejected where it has no steps, an empty one, or no label."""
    if len(steps) != len(labels):
        raise Rejected("labels are not one for each step", f"{len(labels)} labels for {len(steps)} steps")
    if not steps or any(not isinstance(step, str) or not step.strip() for step in steps):
        raise Rejected("a step is empty or not text")
    if all(label is None for label in labels):
        raise Rejected("no step has a label")
    return {
        "prompt": prompt,
        "completions": list(steps),
        "separator": SEPARATOR,
        "labels": list(labels),
        "first_error": _first_error(labels),
    }


def _first_error(labels: Sequence[bool | None]) -> int | None:
    """The first wrong step, from 1; 0 where all are right; None where an unlabelled one may come first."""
    unsure = next((place for place, label in enumerate(labels, 1) if label is not True), 0)
    return None if unsure and labels[unsure - 1] is None else unsure


def is_stepwise(columns: Columns) -> bool:
    """Whether there are a prompt, steps, and their labels, none of which is -1."""
    return _has_steps(columns) and -1 not in columns["labels"]


def is_rated_steps(columns: Columns) -> bool:
    """The same with labels of which one is -1, so that 0 is not the worst."""
    return _has_steps(columns) and -1 in columns["labels"]


def _has_steps(columns: Columns) -> bool:
    lists = all(isinstance(columns.get(name), list) for name in ("completions", "labels"))
    return lists and "prompt" in columns


def stepwise(columns: Columns) -> Values:
    """Steps with labels true, false or null, also as 1 and 0 or + and - (TRL's stepwise supervision)."""
    return _by(_SIGNS, columns)


def rated_steps(columns: Columns) -> Values:
    """Steps with labels 1, 0 or -1 as people give them: 0 is neutral and no error, and counts as right."""
    return _by(_RATINGS, columns)


def _by(meanings: dict[Value, bool], columns: Columns) -> Values:
    steps, labels = columns["completions"], columns["labels"]
    if not isinstance(steps, list) or not isinstance(labels, list):
        raise Rejected("completions and labels are not lists")
    read = [_label(meanings, label) for label in labels]
    return labelled(text(columns, "prompt"), steps, read)


def _label(meanings: dict[Value, bool], label: Value) -> bool | None:
    if label is None:
        return None
    if not isinstance(label, str | bool | int | float) or label not in meanings:
        known = ", ".join(dict.fromkeys(str(one) for one in meanings))
        raise Rejected(
            "a label is none of its scale",
            f"a label is {str(label)[:40]!r}, and this file's are {known} or null",
        )
    return meanings[label]


def is_math_shepherd(columns: Columns) -> bool:
    """Whether `input` has the marks of steps that `label` has signs for."""
    return isinstance(columns.get("input"), str) and _MARK in columns["input"] and "label" in columns


def math_shepherd(columns: Columns) -> Values:
    """The steps end with a mark, in whose place the label has + or - (Wang et al. 2023)."""
    *parts, rest = text(columns, "input").split(_MARK)
    if rest.strip():
        raise Rejected("the last step has no mark")
    labels = _signs(parts, text(columns, "label"))
    start = parts[0].rfind(_FIRST)
    if start < 0 or not parts[0][:start].strip():
        raise Rejected(f"there is no {_FIRST} after the problem")
    steps = [part.strip() for part in (parts[0][start:], *parts[1:])]
    return labelled(parts[0][:start].rstrip(), steps, labels) | _family(columns, "task")


def _signs(parts: Sequence[str], label: str) -> list[bool]:
    signs, rest = [], label
    for part in parts:
        sign = rest[len(part) : len(part) + 1]
        if not rest.startswith(part) or sign not in ("+", "-"):
            raise Rejected("label is not the input with + or - for each mark")
        signs.append(sign == "+")
        rest = rest[len(part) + 1 :]
    return signs


def is_prmbench(columns: Columns) -> bool:
    """Whether there are a question, its process, and the steps in error."""
    return all(name in columns for name in _PRMBENCH)


def prmbench(columns: Columns) -> Values:
    """The modified process, whose steps are right but for those in error, by their number from 1.

    Raises Rejected where a number is not that of a step.
    """
    steps, errors = columns["modified_process"], columns["error_steps"]
    if not isinstance(steps, list) or not isinstance(errors, list):
        raise Rejected("modified_process and error_steps are not lists")
    outside = [one for one in errors if isinstance(one, bool) or one not in range(1, len(steps) + 1)]
    if outside:
        raise Rejected(
            "error_steps has a step out of range",
            f"error_steps has {', '.join(map(repr, outside))}, and there are {len(steps)} steps",
        )
    labels = [number not in errors for number in range(1, len(steps) + 1)]
    return labelled(text(columns, "modified_question"), steps, labels) | _family(columns, "classification")


def _family(columns: Columns, name: str) -> Values:
    kind = columns.get(name)
    return {"family": kind} if isinstance(kind, str) and kind else {}
