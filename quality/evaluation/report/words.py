"""Two texts side by side, word for word: what is in both, and what in one of them alone."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

_PIECES = re.compile(r"\s+|\w+|[^\w\s]")
# pieces of a text beyond which comparing takes seconds, and each text is one change
MOST_PIECES = 4_000

Kind = Literal["same", "deleted", "inserted"]


@dataclass(frozen=True)
class Piece:
    """A part of a text: in both texts, or in its own alone."""

    kind: Kind
    text: str


@dataclass(frozen=True)
class Sides:
    """Two texts in their pieces; those of each make it up again."""

    before: tuple[Piece, ...]
    after: tuple[Piece, ...]


def sides(before: str, after: str) -> Sides:
    """``before`` with what is deleted, and ``after`` with what is inserted."""
    old, new = _PIECES.findall(before), _PIECES.findall(after)
    if before == after:
        return Sides(_whole("same", before), _whole("same", after))
    if len(old) > MOST_PIECES or len(new) > MOST_PIECES:
        return Sides(_whole("deleted", before), _whole("inserted", after))
    changes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return Sides(
        tuple(_joined(_pieces("deleted", old, [(change[0], change[1], change[2]) for change in changes]))),
        tuple(_joined(_pieces("inserted", new, [(change[0], change[3], change[4]) for change in changes]))),
    )


def _pieces(kind: Kind, words: Sequence[str], changes: Sequence[tuple[str, int, int]]) -> Iterator[Piece]:
    for change, first, last in changes:
        if first < last:
            yield Piece("same" if change == "equal" else kind, "".join(words[first:last]))


def _joined(pieces: Iterator[Piece]) -> list[Piece]:
    """White space between two changes is part of them, so that a phrase is one change."""
    joined: list[Piece] = []
    for piece in pieces:
        if len(joined) > 1 and joined[-1].text.isspace() and joined[-2].kind == piece.kind != "same":
            space = joined.pop()
            joined[-1] = Piece(piece.kind, joined[-1].text + space.text + piece.text)
        else:
            joined.append(piece)
    return joined


def _whole(kind: Kind, text: str) -> tuple[Piece, ...]:
    return (Piece(kind, text),) if text else ()
