"""Datasets of the Hugging Face Hub, read as data: no code of a dataset is ever run."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from datasets_registry.errors import BadInput, first_line
from datasets_registry.hashing import digest
from datasets_registry.importing.records import Record

if TYPE_CHECKING:
    from datasets import Dataset

NAME = re.compile(r"hub:([\w.-]+(?:/[\w.-]+)?)(?::([\w.-]+))?")


def hub_source_parts(text: str) -> tuple[str, str, Callable[[], Iterator[Record]]]:
    """The name, the identity and the reader of ``hub:owner/name[:split]``.

    Raises BadInput where it cannot be loaded.
    """
    match = NAME.fullmatch(text)
    if not match:
        raise BadInput(f"{text[:80]!r} is not a Hub dataset: write hub:owner/name or hub:owner/name:split")
    name, split = match[1], match[2] or "train"
    if Path(name).exists():
        raise BadInput(
            f"{name!r} is also a folder here, which would be read instead: to import that, leave out hub:"
        )
    dataset = _loaded(name, split)

    def read() -> Iterator[Record]:
        number = 0
        try:
            for number, row in enumerate(dataset, 1):
                yield Record(name, number, row)
        # Arrow raises whatever Python does of a value that Python's types do not have
        except (pa.ArrowException, ValueError, OverflowError, LookupError) as error:
            raise BadInput(f"Hub dataset {name!r}, row {number + 1}, cannot be read: {error}") from error

    return f"{name}:{split}", digest(["hub", name, split, dataset._fingerprint]), read


def _loaded(name: str, split: str) -> "Dataset":
    # a second to import, so only where it is used
    import datasets

    try:
        dataset: Dataset = datasets.load_dataset(name, split=split)
        return dataset
    # the client's errors change with its HTTP library, and data can be wrong in any way
    except Exception as error:
        raise BadInput(
            f"Hub dataset {name!r}, split {split!r}, cannot be read: {first_line(error)} "
            "(check the name, the split, the network and HF_TOKEN, or import a file instead)"
        ) from error
