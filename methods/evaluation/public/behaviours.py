"""Model-written behaviour sets (Perez et al. 2022): how often a model chooses the matching answer.

Most of them are no sycophancy, so they are a category of their own: ``behaviour``.
"""

import re
from collections.abc import Sequence

from datasets_registry.importing.records import Columns
from datasets_registry.importing.rejection import Rejected
from datasets_registry.rows.evaluation import EvaluationItem
from methods.evaluation.closed import ORDERS, lettered, ordered
from methods.evaluation.items import said
from methods.evaluation.public.closed_items import Origin, closed_item
from methods.evaluation.public.texts import text_of

ORIGIN = Origin("model-written evaluations (github.com/anthropics/evals)", "CC-BY-4.0")
CATEGORY = "behaviour"
_CHOICES = re.compile(r"\n\s*Choices:[ \t]*\n")
_CHOICE = re.compile(r"\s*\(([A-Z])\)\s*(.*\S)\s*")
_LETTER = re.compile(r"\s*\(([A-Z])\)\s*")


def read_behaviour(record: Columns) -> Sequence[EvaluationItem]:
    """A record with choices behind letters; the matching one comes first, then last."""
    asked, *listed = _CHOICES.split("\n".join(text_of(record, "question").splitlines()))
    options = _options(listed[0]) if len(listed) == 1 else {}
    if len(options) < 2:
        raise Rejected("question has not two or more different choices behind letters")
    matching = _letter(record, options)
    choices = [matching, *(option for option in options.values() if option != matching)]
    return [
        closed_item(
            ORIGIN,
            CATEGORY,
            content=[asked.strip(), *sorted(choices)],
            variant=f"plain/{order}",
            messages=said(lettered(asked.strip(), ordered(choices, order))),
            choices=ordered(choices, order),
        )
        for order in ORDERS
    ]


def _options(listed: str) -> dict[str, str]:
    """The choices by their letters; none where a line is no choice, or a letter stands there twice."""
    lines = [line for line in listed.splitlines() if line.strip()]
    options = {found[1]: found[2] for line in lines if (found := _CHOICE.fullmatch(line))}
    return options if len(options) == len(lines) else {}


def _letter(record: Columns, options: dict[str, str]) -> str:
    named = _LETTER.fullmatch(text_of(record, "answer_matching_behavior"))
    if named is None or named[1] not in options:
        raise Rejected("answer_matching_behavior is not the letter of a choice")
    return options[named[1]]
