"""The source of an import: a file, a folder of files of one kind, or a dataset of the Hub."""

import gzip
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from datasets_registry.documents import is_file, is_folder
from datasets_registry.errors import BadInput
from datasets_registry.hashing import digest, file_digest
from datasets_registry.importing.csv import csv_records
from datasets_registry.importing.hub import hub_source_parts
from datasets_registry.importing.inspect.logs import inspect_records, is_inspect_log
from datasets_registry.importing.records import Record, json_records, parquet_records
from datasets_registry.rows.named import named_by_card, named_by_schema


def _json_records(path: Path) -> Iterator[Record]:
    is_log = path.suffix == ".json" and is_inspect_log(path)
    yield from inspect_records(path) if is_log else json_records(path)


READERS: dict[str, Callable[[Path], Iterator[Record]]] = {
    ".jsonl": json_records,
    ".ndjson": json_records,
    ".json": _json_records,
    ".csv": csv_records,
    ".parquet": parquet_records,
    ".eval": inspect_records,
}
KINDS = ".jsonl, .json, .csv (each also .gz), .parquet or .eval"
# files beside the data that libraries and imports write
_LIBRARY_FILES = re.compile(r"dataset_info\.json|dataset_dict\.json|state\.json|rejected\.jsonl")


@dataclass(frozen=True)
class Source:
    """Records to import; ``name`` and ``sha256`` identify them, wherever they are stored."""

    name: str
    sha256: str
    unit: str
    read: Callable[[], Iterator[Record]]
    num_files: int = 1
    # the row type that an export named itself
    rows: str | None = None

    def records(self) -> Iterator[Record]:
        """The records from the first; raises BadInput where the file cannot be read."""
        try:
            yield from self.read()
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise BadInput(f"{self.name} is not a whole .gz file ({error}): download it again") from error
        except OSError as error:
            raise BadInput(f"{self.name} cannot be read: {error.strerror or error}") from error

    def place(self, record: Record) -> str:
        """The place of a record for people, such as ``line 12``."""
        place = f"{self.unit} {record.number}"
        return place if self.num_files == 1 else f"{record.file} {place}"


def open_source(text: str) -> Source:
    """The source that ``FILE`` or ``hub:owner/name[:split]`` names; raises BadInput where there is none."""
    if text.startswith("hub:"):
        name, identity, read = hub_source_parts(text)
        return Source(name, identity, "row", read)
    path = Path(text)
    # an empty name would be that of the current folder
    if text and is_folder(path):
        return _folder(path)
    if not is_file(path):
        raise BadInput(f"no file or folder {text!r}: give a file, a folder, or hub:owner/name")
    return replace(open_file(path), rows=_named(path))


def open_file(path: Path) -> Source:
    """A file by its own content alone, without the row type that a card beside it names."""
    reader = _reader(path)
    return Source(path.name, _digest(path), _unit(path), lambda: reader(path))


def _named(path: Path) -> str | None:
    """The row type that a Parquet file names in itself, and the card beside any other."""
    if path.suffix == ".parquet":
        try:
            return named_by_schema(pq.read_schema(path))
        except (OSError, pa.ArrowException):
            # whoever reads its rows says what is wrong
            return None
    return named_by_card(path.parent)


def _digest(path: Path) -> str:
    try:
        return file_digest(path)
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}") from error


def _kind(path: Path) -> str:
    return Path(path.stem).suffix if path.suffix == ".gz" else path.suffix


def _reader(path: Path) -> Callable[[Path], Iterator[Record]]:
    if _kind(path) not in READERS or path.name.endswith((".parquet.gz", ".eval.gz")):
        raise BadInput(f"{path} is not a kind of file that can be imported: it must end in {KINDS}")
    return READERS[_kind(path)]


def _unit(path: Path) -> str:
    return {".json": "row", ".parquet": "row", ".eval": "sample"}.get(_kind(path), "line")


def _folder(path: Path) -> Source:
    """The data files under a folder, without the Arrow copies of Parquet files."""
    files = data_files(path)
    kinds = sorted({_kind(file) for file in files})
    if len(kinds) != 1:
        content = f"files of {len(kinds)} kinds ({', '.join(kinds)})" if kinds else "no data file"
        raise BadInput(f"{path} has {content}: give a folder with files of one kind, {KINDS}")
    reader = _reader(files[0])
    identity = digest([[str(file.relative_to(path)), _digest(file)] for file in files])
    return Source(
        path.resolve().name,
        identity,
        _unit(files[0]),
        lambda: chain.from_iterable(map(reader, files)),
        len(files),
        _named(files[0]) or named_by_card(path),
    )


def data_files(folder: Path) -> list[Path]:
    """The files under a folder that have rows: none that is hidden, or that a library writes beside them."""
    return sorted(file for file in folder.rglob("*") if file.is_file() and _is_data(file.relative_to(folder)))


def _is_data(path: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.parts)
    return not hidden and _kind(path) in READERS and not _LIBRARY_FILES.fullmatch(path.name)
