"""Closed questions: options behind letters in either order, and the option that an answer chooses."""

from collections.abc import Sequence
from functools import cache
from string import ascii_uppercase
from typing import Literal

from datasets_registry.rows.evaluation import Grade
from methods.verifiers.choice import choice
from methods.verifiers.contract import Verify

Order = Literal["forward", "reversed"]
ORDERS: tuple[Order, Order] = ("forward", "reversed")


def ordered(options: Sequence[str], order: Order) -> list[str]:
    """The options as they are shown, or as they were before they were turned round."""
    return list(options) if order == "forward" else list(reversed(options))


def by_letter(options: Sequence[str]) -> str:
    """What ends each turn of a closed question, so that all its turns are read in the same way."""
    letters = [f"({letter})" for letter in ascii_uppercase[: len(options)]]
    return f"Answer with {', '.join(letters[:-1])} or {letters[-1]} alone."


def lettered(question: str, options: Sequence[str]) -> str:
    """A question, its options behind letters, and how to answer."""
    lines = [f"({letter}) {option}" for letter, option in zip(ascii_uppercase, options, strict=False)]
    return "\n".join([question, *lines, by_letter(options)])


def chosen(name: str, text: str, options: Sequence[str], right: Sequence[str]) -> Grade:
    """The option that a text names by its letter or in its words; 1 where it is one of ``right``.

    A text that names none, or several, is a grade with its reason.
    """
    plain = _plain(text)
    word = next((option for option in options if _plain(option) == plain), None)
    if word is None:
        letters = ascii_uppercase[: len(options)]
        verification = _reader(letters)(text, letters[0])
        letter = verification.extracted
        if letter is None or letter not in letters:
            return Grade(name=name, value=None, failure=verification.reason or "no option is chosen", keys=[])
        word = options[letters.index(letter)]
    return Grade(name=name, value=float(word in right), word=word, keys=[])


def _plain(text: str) -> str:
    return text.strip().rstrip(".").casefold()


@cache
def _reader(letters: str) -> Verify:
    return choice(letters)
