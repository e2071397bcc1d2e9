"""The log of answers: one durable line for each, which is only ever added to."""

import json
import os
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pydantic import ValidationError

from datasets_registry.errors import BrokenObject
from datasets_registry.rows.review.reviews import Choice, Slot
from datasets_registry.rows.review.sample import ItemRole
from datasets_registry.settings import Frozen
from datasets_registry.state import State, locked, sync, writing_to


class Entry(Frozen):
    """One answer, or the withdrawal of the newest answer of its reviewer to its item (``choice`` is None)."""

    item_id: str
    pair_id: str
    role: ItemRole
    reviewer: str
    choice: Choice | None
    shown_left: Slot
    note: str = ""
    seconds: float | None = None
    answered_at: str
    sample: str


class ReviewLog:
    """The answers of all reviewers under one state; safe for many processes at once."""

    def __init__(self, state: State) -> None:
        self.path = state.root / "reviews" / "answers.jsonl"
        self._lock = self.path.with_suffix(".lock")

    def entries(self) -> list[Entry]:
        """Every whole line, oldest first; raises BrokenObject where one was changed by hand."""
        if not self.path.exists():
            return []
        whole, _, _ = self.path.read_bytes().rpartition(b"\n")
        return [self._entry(line, number) for number, line in enumerate(whole.split(b"\n"), 1) if line]

    def _entry(self, line: bytes, number: int) -> Entry:
        try:
            return Entry.model_validate_json(line)
        except ValidationError as error:
            raise BrokenObject(
                f"line {number} of {self.path} is no answer ({error.errors()[0]['msg']}): put back what "
                "stood there, or take the line out"
            ) from error

    def require_writable(self) -> None:
        """Raise BadInput or NoSpace where an answer could not be kept."""
        probe = self.path.with_name(f".probe-{uuid.uuid4().hex}")
        with writing_to(probe):
            try:
                probe.write_bytes(b"x" * 4096)
            finally:
                probe.unlink(missing_ok=True)

    @contextmanager
    def appending(self) -> "Iterator[Appender]":
        """Hold the log alone: what is decided by its entries and then added has nothing in between.

        Raises BadInput where the state cannot be written, and NoSpace on a full disk.
        """
        with locked(self._lock):
            yield Appender(self.path, self.entries())


class Appender:
    """The log while it is held: its entries, and more of them."""

    def __init__(self, path: Path, entries: Sequence[Entry]) -> None:
        self.path, self.entries = path, list(entries)

    def append(self, entries: Sequence[Entry]) -> None:
        """Add entries; they are on disk when this returns, and none of them is where it raises."""
        lines = "".join(
            json.dumps(entry.model_dump(mode="json"), ensure_ascii=False) + "\n" for entry in entries
        )
        with writing_to(self.path):
            is_new = not self.path.exists()
            with self.path.open("ab") as file:
                _cut_to_whole_lines(self.path, file.fileno())
                file.write(lines.encode())
                file.flush()
                os.fsync(file.fileno())
            if is_new:
                sync(self.path.parent)
        self.entries += entries


def _cut_to_whole_lines(path: Path, descriptor: int) -> None:
    """Take away what a killed process left of a line, which nobody was told was kept."""
    content = path.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        os.ftruncate(descriptor, whole)
