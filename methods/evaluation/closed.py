"""Closed questions: options behind letters or a number, and what an answer chooses, read strictly."""

from collections.abc import Sequence
from functools import cache
from string import ascii_uppercase
from typing import Literal

from datasets_registry.rows.evaluation import EvaluationItem, Grade
from datasets_registry.rows.imported import ChatMessage
from methods.templates import fill
from methods.verifiers.choice import choice
from methods.verifiers.contract import Verify
from methods.verifiers.maths.verdict import maths

TEMPLATE = "lettered"
Order = Literal["forward", "reversed"]
ENDING = "Work it out step by step, and end with a line that reads Answer: and the number."
ORDERS: tuple[Order, Order] = ("forward", "reversed")
_maths = maths()


def ordered(options: Sequence[str], order: Order) -> list[str]:
    """The options as they are shown, or as they were before they were turned round."""
    return list(options) if order == "forward" else list(reversed(options))


def unclear(options: Sequence[str]) -> str | None:
    """Why nobody could tell from an answer which option it chooses; None where all are clear."""
    if len(options) > len(ascii_uppercase):
        return f"it has {len(options)} options, more than there are letters"
    plain = [_plain(option) for option in options]
    same = next((option for option, word in zip(options, plain, strict=True) if plain.count(word) > 1), None)
    if same is not None:
        return f"the option {same!r} appears twice, apart from case, full stop or white space"
    letters = [letter.casefold() for letter in ascii_uppercase[: len(options)]]
    named = next(
        (option for option, word in zip(options, plain, strict=True) if word.strip("()") in letters), None
    )
    return None if named is None else f"the option {named!r} reads as the letter of an option"


def by_letter(options: Sequence[str]) -> str:
    """What ends each turn of a closed question, so that all its turns are read in the same way."""
    letters = [f"({letter})" for letter in ascii_uppercase[: len(options)]]
    return f"Answer with {', '.join(letters[:-1])} or {letters[-1]} alone."


def spoken(item: EvaluationItem) -> EvaluationItem:
    """An item whose choices have no likelihood, asked in words: its choices behind letters, one of which ends
    the answer."""
    *before, last = item.messages
    lines = "\n".join(
        f"{letter}) {text}" for letter, text in zip(ascii_uppercase, item.choices, strict=False)
    )
    question = last.content.removesuffix("Answer:").strip()
    content = fill(TEMPLATE, question=question, options=lines)
    return item.model_copy(update={"messages": [*before, ChatMessage(role="user", content=content)]})


def lettered(question: str, options: Sequence[str]) -> str:
    """A question, its options behind letters, and how to answer."""
    lines = [f"({letter}) {option}" for letter, option in zip(ascii_uppercase, options, strict=False)]
    return "\n".join([question, *lines, by_letter(options)])


def chosen(name: str, text: str, options: Sequence[str], right: Sequence[str]) -> Grade:
    """The option that the last line names in its words, or the text by its letter; 1 for one of ``right``.

    A text that names none, or several, is a grade with its reason.
    """
    last = _plain(text.strip().rpartition("\n")[2])
    word = next((option for option in options if _plain(option) == last), None)
    if word is None:
        letters = ascii_uppercase[: len(options)]
        verification = _reader(letters)(text, letters[0])
        letter = verification.extracted
        if letter is None or letter not in letters:
            return Grade(name=name, value=None, failure=verification.reason or "no option is chosen", keys=[])
        word = options[letters.index(letter)]
    return Grade(name=name, value=float(word in right), word=word, keys=[])


def number_of(name: str, text: str, gold: str) -> Grade:
    """The final number of a text, 1 where it is the gold one; without one the grade has its reason."""
    verification = _maths(text, gold)
    if verification.extracted is None:
        return Grade(name=name, value=None, failure=verification.reason, keys=[])
    return Grade(name=name, value=float(verification.accepted), word=verification.extracted, keys=[])


def _plain(text: str) -> str:
    return text.strip(" .*").casefold()


def options_with(gold: str, wrong: Sequence[str], place: int) -> list[str]:
    """The wrong options with the right one among them, at a place that a number decides."""
    options = list(wrong)
    options.insert(place % (len(options) + 1), gold)
    return options


@cache
def _reader(letters: str) -> Verify:
    return choice(letters)
