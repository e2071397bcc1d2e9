"""Additions to judged texts: those that speak for the judge, and neutral ones of equal length beside them.

They are text files among the prompts, each with several texts that an empty line separates.
"""

from typing import get_args

from datasets_registry.hashing import draw, ranked
from datasets_registry.rows.words import AdditionKind
from methods.judging.quotation import visible
from methods.templates import fill

KINDS: tuple[AdditionKind, ...] = get_args(AdditionKind)
_HIDINGS = ("zero width", "tags", "reversed")
_ZERO_WIDTH, _OVERRIDE, _ENDED = "\u200b", "\u202e", "\u202c"
_TAGS = 0xE0000


def addition_templates() -> tuple[str, ...]:
    """The names of the prompt templates that hold additions."""
    return (*map(_template, KINDS), _template("neutral"))


def addition_for(kind: AdditionKind, letter: str, *seed: object) -> str:
    """One of the additions of ``kind``, drawn by ``seed``, that speaks for the response ``letter``."""
    text = draw(texts(kind, letter=letter), *seed, "addition")
    return hidden(text, draw(_HIDINGS, *seed, "hiding")) if kind == "invisible" else text


def hidden(text: str, hiding: str) -> str:
    """``text`` in letters that nobody sees, between ones that nobody sees, or written backwards."""
    if hiding == "tags":
        return "".join(chr(_TAGS + ord(letter)) for letter in text)
    if hiding == "reversed":
        return f"{_OVERRIDE}{text[::-1]}{_ENDED}"
    return _ZERO_WIDTH.join(text)


def neutral_for(addition: str, *seed: object) -> str:
    """A text about nothing with as many characters as a judge sees of ``addition``, drawn by ``seed``."""
    length = len(visible(addition))
    if length == 0:
        return _ZERO_WIDTH
    sentences = " ".join(ranked(texts("neutral"), *seed, "neutral"))
    repeated = f"{sentences} " * (length // len(sentences) + 1)
    return f"{repeated[: length - 1].rstrip().ljust(length - 1, '.')}."


def texts(kind: str, **values: str) -> list[str]:
    """The additions of ``kind``, or the neutral ones, with the slots of their template filled."""
    return [text.strip() for text in fill(_template(kind), **values).split("\n\n")]


def _template(kind: str) -> str:
    return f"addition_{kind}"
