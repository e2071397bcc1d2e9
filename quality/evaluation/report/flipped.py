"""Answers that flipped between two models, as a page and a terminal show them: word for word."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from datasets_registry.rows.evaluation import AnswerTurn
from quality.evaluation.flips import Flip
from quality.evaluation.report.words import Piece, Sides, sides

# of a suite, so that a page stays one that a browser opens
MOST = 20
_MARKS = {"same": ("", ""), "deleted": ("[-", "-]"), "inserted": ("{+", "+}")}


@dataclass(frozen=True)
class Turn:
    """One turn of both models: what each was asked, and what each said."""

    asked: Sides
    said: Sides
    keys: tuple[str, str]


@dataclass(frozen=True)
class Flipped:
    """A flip with its turns, word for word."""

    flip: Flip
    turns: tuple[Turn, ...]

    @property
    def what(self) -> str:
        """What changed, such as ``correct: right → wrong``."""
        return "; ".join(f"{change.grade}: {change.what}" for change in self.flip.changes)

    @property
    def place(self) -> str:
        """The item, its suite and category."""
        item = self.flip.item
        return f"{item.suite}, {item.category}, item {item.item_id} ({item.variant})"


def flipped(flip: Flip) -> Flipped:
    """The flip's turns side by side; one turn where likelihoods chose an answer."""
    turns = tuple(_turns(flip.before.turns, flip.after.turns))
    if turns:
        return Flipped(flip, turns)
    before, after = flip.answers
    return Flipped(flip, (Turn(sides(flip.prompt, flip.prompt), sides(before, after), ("", "")),))


def in_lines(shown: Flipped) -> list[str]:
    """The flip for a terminal: what is the baseline's alone in [-…-], what is the model's alone in {+…+}."""
    lines = [f"{shown.place}: {shown.what} ({shown.flip.direction})"]
    for turn in shown.turns:
        lines += [f"  asked    {_marked(turn.asked.after)}"]
        lines += [f"  baseline {_marked(turn.said.before)}", f"  model    {_marked(turn.said.after)}"]
    return lines


def _turns(before: Sequence[AnswerTurn], after: Sequence[AnswerTurn]) -> Iterator[Turn]:
    for old, new in zip_longest(before, after):
        yield Turn(
            sides(old.prompt if old else "", new.prompt if new else ""),
            sides(old.completion if old else "", new.completion if new else ""),
            (old.completion_key if old else "", new.completion_key if new else ""),
        )


def _marked(pieces: Sequence[Piece]) -> str:
    return "".join(piece.text.join(_MARKS[piece.kind]) for piece in pieces)
