"""Import of rows from elsewhere: each is accepted whole, or rejected with its place and reason."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import chain, islice
from pathlib import Path

from datasets_registry.errors import BadInput
from datasets_registry.hashing import canonical
from datasets_registry.importing.choosing import OWN_ROWS, chosen_format
from datasets_registry.importing.columns import Read, field_names, require_kept, unused
from datasets_registry.importing.filling import Given, filled
from datasets_registry.importing.format import Format
from datasets_registry.importing.records import Record
from datasets_registry.importing.rejection import MOST_REJECTED, Rejected, Rejection
from datasets_registry.importing.source import Source
from datasets_registry.rows.row import Row
from datasets_registry.state import State, durable
from datasets_registry.version import IMPORT, Derivation

FIRST_ROWS = 20
# SPDX for a licence that nobody stated
NO_LICENCE = "NOASSERTION"
# as canonical JSON writes it, behind no backslash that is one itself
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


@dataclass
class Imported:
    """An import in progress.

    ``rows`` are the accepted ones, read as they are taken; the counts are complete when all are taken.
    """

    format: Format
    settings: Mapping[str, object]
    rows: Iterator[Row] = field(default_factory=lambda: iter(()))
    rejections: list[Rejection] = field(default_factory=list)
    accepted: int = 0
    without_licence: int = 0
    names: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)

    @property
    def derivation(self) -> Derivation:
        """How the rows were made, how many of them, and of which columns: to be read when all are taken."""
        counted = {"accepted": self.accepted, "rejected": len(self.rejections)}
        return Derivation(
            code_version=f"{IMPORT}{self.format.name}:{self.format.number}",
            settings={**self.settings, **counted, "unused_columns": self.unused()},
            inputs=(),
        )

    def counts(self) -> dict[str, int]:
        """Rejected rows by kind of reason, the commonest first."""
        return dict(Counter(rejection.kind for rejection in self.rejections).most_common())

    def unused(self) -> list[str]:
        """The columns of the file, and fields of its messages, that became part of no row."""
        return unused(self.names, self.used)


def import_rows(
    source: Source,
    types: Sequence[type[Row]],
    mapping: Mapping[str, str],
    given: Given,
    report: Callable[[int], None] = lambda done: None,
    default: Mapping[str, str] | None = None,
    most_rejected: float = MOST_REJECTED,
) -> Imported:
    """Begin to read ``source``; raises BadInput where its format is not recognised or its start is broken.

    The rows become those of one of ``types``; who knows which names it alone, as the code behind all of them
    would be behind its dataset too. ``default`` has what a row says of its split, source and licence where
    the file does not; a row that has none of it is rejected. ``most_rejected`` is the share of rejected rows
    with which the rows may pass. Taking the rows raises BadInput where the file is broken further on.
    """
    records = source.records()
    first = list(islice(records, FIRST_ROWS))
    readable = [record.columns for record in first if record.failure is None]
    if not readable:
        why = f"the first is {first[0].failure}" if first else "it is empty"
        raise BadInput(f"{source.name} has no row at its start that can be read ({why}): fix the file")
    read_as = chosen_format(readable, types, mapping, source.rows)
    if default is None:
        default = {"split": "train", "source": source.name, "licence": NO_LICENCE}
    settings = {"file": source.name, "sha256": source.sha256, "map": dict(mapping), **vars(given)}
    imported = Imported(read_as, settings | {"most_rejected": most_rejected})
    imported.rows = _Reader(source, imported, given, default).accepted(chain(first, records), report)
    return imported


class _Reader:
    """Accepts or rejects records in turn, and remembers where each key was seen first."""

    def __init__(self, source: Source, imported: Imported, given: Given, default: Mapping[str, str]) -> None:
        self._source, self._imported = source, imported
        self._given, self._default = given, default
        self._seen: dict[tuple[object, ...], tuple[str, int, bytes]] = {}

    def accepted(self, records: Iterable[Record], report: Callable[[int], None]) -> Iterator[Row]:
        """The accepted rows; they and the rejected ones are counted."""
        imported = self._imported
        for record in imported.format.regroup(self._counted(records, report)):
            try:
                row = self._accepted(record)
            except Rejected as why:
                imported.rejections.append(
                    Rejection(record.file, record.number, why.kind, str(why), record.columns)
                )
                continue
            imported.accepted += 1
            imported.without_licence += getattr(row, "licence", None) == NO_LICENCE
            yield row

    def _counted(self, records: Iterable[Record], report: Callable[[int], None]) -> Iterator[Record]:
        """The records of the file, whose columns are noted."""
        for done, record in enumerate(records, 1):
            report(done)
            if record.failure is None:
                self._imported.names |= field_names(record.columns)
            yield record

    def _accepted(self, record: Record) -> Row:
        if record.failure is not None:
            raise Rejected(record.failure)
        read_as, columns = self._imported.format, Read(record.columns)
        try:
            is_whole = read_as.name == OWN_ROWS and self._source.rows == read_as.row.dataset
            row = filled(read_as.row, read_as.convert(columns), self._given, self._default, is_whole)
            if not read_as.mapped:
                require_kept(columns)
            self._imported.used |= columns.names | read_as.reads
            content = canonical(row.model_dump())
        except UnicodeEncodeError:
            raise Rejected("half of a surrogate pair, which is not text") from None
        if not is_whole and _NUL.search(content):
            raise Rejected("a NUL character, which is no text")
        self._require_new(record, row, content)
        return row

    def _require_new(self, record: Record, row: Row, content: bytes) -> None:
        # this is kept of every row, so it must be small
        key, this = tuple(getattr(row, name) for name in row.key), hashlib.sha256(content).digest()
        if key not in self._seen:
            self._seen[key] = record.file, record.number, this
            return
        file, number, before = self._seen[key]
        place = self._source.place(Record(file, number))
        if before == this:
            raise Rejected("exact duplicate", f"duplicate of {place}")
        names = " and ".join(row.key)
        raise Rejected(f"{names} used before", f"{names} is that of {place}, which has other content")


def write_rejections(state: State, name: str, imported: Imported) -> Path | None:
    """Write the rejections to ``rejected.jsonl``; returns its path, or None where every row was accepted."""
    path = state.root / "imports" / name / imported.derivation.recipe[:12] / "rejected.jsonl"
    if not imported.rejections:
        return None
    with durable(path) as temporary, temporary.open("w") as file:
        file.writelines(_lines(imported.rejections))
    return path


def _lines(rejections: Sequence[Rejection]) -> list[str]:
    return [json.dumps(asdict(rejection), default=str) + "\n" for rejection in rejections]
