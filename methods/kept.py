"""What one model made, kept in a file until another is asked: the two seldom fit on a card together."""

import pickle
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


@contextmanager
def kept(made: Iterable[T]) -> Iterator[Callable[[], Iterator[T]]]:
    """All of ``made``, once it is there, as often as it is asked for."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "made"
        with path.open("wb") as file:
            for each in made:
                pickle.dump(each, file, pickle.HIGHEST_PROTOCOL)
        yield partial(_read, path)


def _read(path: Path) -> Iterator[T]:
    with path.open("rb") as file, suppress(EOFError):
        while True:
            yield pickle.load(file)
