"""What was submitted: a file for each batch, written before it is submitted, and gone once it is collected.

A record without a batch's id is an intention. Whether it came to a submission, only the provider knows.
"""

import uuid
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import AwareDatetime, ValidationError

from datasets_registry.errors import BrokenObject
from datasets_registry.hashing import digest
from datasets_registry.settings import Settings
from datasets_registry.state import durable, locked

# providers keep answers for 29 days at least
KEPT = timedelta(days=29)


class Record(Settings):
    """One batch: ``keys`` are the ledger's, and the ids of its requests at the provider."""

    tag: str
    server: str
    model: str
    created_at: AwareDatetime
    keys: tuple[str, ...]
    batch: str | None = None


def left_in(folder: Path) -> Iterator[Path]:
    """The records below ``folder``, of any model; a model's folder stays when its last batch is collected."""
    return folder.glob("*/*.json")


class Records:
    """The records of one model at one server, in a folder of their own below ``folder``."""

    def __init__(self, folder: Path, server: str, model: str) -> None:
        self.server, self.model = server, model
        self.folder = folder / digest([server, model])[:16]

    def of(self, keys: Collection[str]) -> list[Record]:
        """The records that have some of ``keys``, oldest first; what no provider keeps is forgotten."""
        wanted, records = frozenset(keys), []
        for record in self._all():
            if datetime.now(UTC) - record.created_at > KEPT:
                self.forget(record)
            elif not wanted.isdisjoint(record.keys):
                records.append(record)
        return sorted(records, key=lambda record: record.created_at)

    def _all(self) -> Iterator[Record]:
        for path in sorted(self.folder.glob("*.json")):
            # another process may close it at any moment
            with suppress(FileNotFoundError):
                try:
                    yield Record.model_validate_json(path.read_bytes())
                except ValidationError as error:
                    raise BrokenObject(
                        f"{path} does not say which batch was submitted: look for one with the tag "
                        f"{path.stem} at the provider, then remove the file, and its requests are asked again"
                    ) from error

    def intend(self, keys: Sequence[str]) -> Record:
        """Write down that these requests are about to be submitted."""
        record = Record(
            tag=uuid.uuid4().hex,
            server=self.server,
            model=self.model,
            created_at=datetime.now(UTC),
            keys=tuple(keys),
        )
        self._write(record)
        return record

    def submitted(self, record: Record, batch: str) -> Record:
        """Write down which batch it became."""
        known = record.model_copy(update={"batch": batch})
        self._write(known)
        return known

    def close(self, record: Record, keys: Collection[str]) -> None:
        """Take ``keys`` out of the record; it goes with the last of them."""
        with locked(self.folder / ".lock"), suppress(FileNotFoundError):
            stored = Record.model_validate_json(self.path(record).read_bytes())
            left = tuple(key for key in stored.keys if key not in keys)
            if left:
                self._write(stored.model_copy(update={"keys": left}))
            else:
                self.path(record).unlink()

    def forget(self, record: Record) -> None:
        """Remove the record."""
        self.path(record).unlink(missing_ok=True)

    def path(self, record: Record) -> Path:
        """Its file."""
        return self.folder / f"{record.tag}.json"

    def _write(self, record: Record) -> None:
        with durable(self.path(record)) as temporary:
            temporary.write_text(record.model_dump_json(indent=1))
