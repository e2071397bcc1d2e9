"""A format of files: by which columns it is recognised, and the row that a record becomes."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from datasets_registry.importing.records import Columns, Record, Values
from datasets_registry.rows.row import Row


def one_by_one(records: Iterable[Record]) -> Iterable[Record]:
    """The records as they are, each of which is a row."""
    return records


@dataclass(frozen=True)
class Format:
    """A format by name: ``convert`` gives the columns of a row of type ``row``, or raises Rejected.

    ``number`` goes up whenever ``convert`` gives other rows than before. Where a row takes several records,
    or a record holds several rows, ``regroup`` makes one record of each row, and ``reads`` names the columns
    of the file that it uses. A format that is ``mapped`` takes columns as a person says.
    """

    name: str
    number: int
    row: type[Row]
    recognise: Callable[[Columns], bool]
    convert: Callable[[Columns], Values]
    regroup: Callable[[Iterable[Record]], Iterable[Record]] = one_by_one
    reads: frozenset[str] = frozenset()
    mapped: bool = False
