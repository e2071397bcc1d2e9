"""What one model made, kept in a file until another is asked: the two seldom fit on a card together."""

import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter

T = TypeVar("T")


@contextmanager
def kept(made: Iterable[T], form: TypeAdapter[T]) -> Iterator[Callable[[], Iterator[T]]]:
    """All of ``made``, once it is there, as often as it is asked for; lines of JSON hold it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "made.jsonl"
        with path.open("wb") as file:
            for each in made:
                file.write(form.dump_json(each) + b"\n")
        yield partial(_read, path, form)


def _read(path: Path, form: TypeAdapter[T]) -> Iterator[T]:
    with path.open("rb") as file:
        yield from map(form.validate_json, file)
