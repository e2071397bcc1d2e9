"""Debates as people read them: the question with both answers, every turn, and the judge's verdict."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from datasets_registry.registry import Registry
from datasets_registry.rows.oversight.questions import OversightQuestion
from datasets_registry.version import Version
from datasets_registry.views.scanning import ResultRow
from studio.queries.beside import beside, input_of

Turns = Sequence[Mapping[str, object]]


@dataclass(frozen=True)
class DebateShown:
    """A debate by its rounds, each with its turns in order.

    ``question`` is None where the version lacks that input; ``seats`` are the answers as the judge saw them.
    """

    row: ResultRow
    question: ResultRow | None
    rounds: Sequence[tuple[int, Turns]]
    seats: tuple[str, str]


def shown(registry: Registry, version: Version, rows: Sequence[ResultRow]) -> list[DebateShown]:
    """The rows with their questions."""
    ids = list({row["question_id"] for row in rows})
    questions = beside(registry, input_of(registry, version, OversightQuestion), "question_id", ids)
    return [
        DebateShown(
            row,
            next(iter(questions.get(row["question_id"], ())), None),
            list(_rounds(row["turns"])),
            ("b", "a") if row["swap"] else ("a", "b"),
        )
        for row in rows
    ]


def _rounds(turns: Turns) -> Iterator[tuple[int, Turns]]:
    for number, said in groupby(turns, itemgetter("round")):
        yield int(str(number)), list(said)
