"""Quotes of a passage in an argument: found, matched and marked by code before anybody reads them."""

import re
import unicodedata
from collections.abc import Sequence

from datasets_registry.rows.oversight.debates import Quote

_QUOTE = re.compile(r"<quote>(.*?)(?:</quote>|\Z)", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"</?quote>", re.IGNORECASE)
_MARKS = str.maketrans("‘’‚‛“”„‟«»‐‑‒–—―", '\'\'\'\'""""""------')
VERIFIED, UNVERIFIED = "stands in the passage", "does not stand in the passage"


def cut(text: str, most: int) -> tuple[str, bool]:
    """The text up to ``most`` words, and whether that cut it."""
    words = list(re.finditer(r"\S+", text))
    if len(words) <= most:
        return text, False
    return text[: words[most - 1].end()], True


def quotes_of(argument: str, passage: str) -> list[Quote]:
    """The quotes of an argument; one that is not closed goes to its end."""
    texts = [match[1].strip() for match in _QUOTE.finditer(argument)]
    return [Quote(text=text, verified=stands(text, passage)) for text in texts]


def stands(text: str, passage: str) -> bool:
    """Whether the words stand in the passage one after another, whole; white space and marks aside."""
    words = _plain(text).strip(" \"'")
    return bool(words) and re.search(rf"(?<!\w){re.escape(words)}(?!\w)", _plain(passage)) is not None


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).translate(_MARKS).split())


def marked(argument: str, quotes: Sequence[Quote]) -> str:
    """The argument with its ``quotes`` in square brackets that say which stand; its own become round."""
    parts, end = [], 0
    for match, quote in zip(_QUOTE.finditer(argument), quotes, strict=True):
        said = VERIFIED if quote.verified else UNVERIFIED
        parts += [_round(argument[end : match.start()]), f'[{said}: "{_round(quote.text)}"]']
        end = match.end()
    return "".join([*parts, _round(argument[end:])])


def _round(text: str) -> str:
    return _TAG.sub("", text).replace("[", "(").replace("]", ")")


def without_quotes(argument: str) -> str:
    """What the debater says itself."""
    return _QUOTE.sub(" ", argument)
