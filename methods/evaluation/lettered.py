"""Choices of models that think: shown with letters, and one letter or one choice read from the answer."""

from collections.abc import Sequence
from string import ascii_uppercase

from datasets_registry.rows.evaluation import EvaluationItem, Grade, SuiteAnswer
from datasets_registry.rows.imported import ChatMessage
from methods.evaluation.conversations import converse
from methods.evaluation.likelihoods import RIGHT
from methods.evaluation.suite import Answered, Policy
from methods.templates import fill
from methods.verifiers.choice import choice

TEMPLATE = "lettered"


def lettered_choices(policy: Policy, items: Sequence[EvaluationItem]) -> list[SuiteAnswer]:
    """The model's most probable answer to each item, whose choices it is shown with letters."""
    return converse(policy, [_lettered(item) for item in items])


def _lettered(item: EvaluationItem) -> EvaluationItem:
    *before, last = item.messages
    options = "\n".join(f"{letter}) {text}" for letter, text in _by_letter(item).items())
    question = last.content.removesuffix("Answer:").strip()
    content = fill(TEMPLATE, question=question, options=options)
    return item.model_copy(update={"messages": [*before, ChatMessage(role="user", content=content)]})


def letter_grades(answered: Answered) -> list[Grade]:
    """Whether the letter or the choice that the answer names is right; no grade where it names none."""
    by_letter = _by_letter(answered.item)
    letters = "".join(by_letter)
    verification = choice(letters)(answered.text, letters[0])
    chosen = by_letter.get(verification.extracted or "") or _named(answered)
    if chosen is None:
        return [Grade(name=RIGHT, value=None, failure=verification.reason)]
    return [Grade(name=RIGHT, value=float(chosen in answered.item.gold), word=chosen)]


def _named(answered: Answered) -> str | None:
    """The choice that the answer's last line is."""
    last = answered.text.strip().rpartition("\n")[2].strip(" .*").casefold()
    return next((text for text in answered.item.choices if text.strip(" .").casefold() == last), None)


def _by_letter(item: EvaluationItem) -> dict[str, str]:
    return dict(zip(ascii_uppercase, item.choices, strict=False))
