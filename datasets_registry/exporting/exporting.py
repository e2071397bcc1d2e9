"""A version as files for other programs, with its card: written beside the folder, then renamed."""

import errno
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from datasets_registry.cards.dataset import card
from datasets_registry.cards.forms import Form
from datasets_registry.errors import BadInput, NoSpace
from datasets_registry.exporting.files import Csv, JsonLines, Parts, Writer
from datasets_registry.exporting.hf_files import HubParts, write_splits
from datasets_registry.inspecting.splits import batches, by_split, schema_of, splits_of
from datasets_registry.registry import Registry
from datasets_registry.rows.types import row_type
from datasets_registry.state import sync
from datasets_registry.version import Version

WRITERS: dict[Form, Callable[..., Writer]] = {
    "jsonl": JsonLines,
    "csv": Csv,
    "parquet": Parts,
    "hf": HubParts,
}


def export(
    registry: Registry,
    version: Version,
    form: Form,
    folder: Path,
    report: Callable[[int], None] = lambda done: None,
) -> list[Path]:
    """Write ``version`` and its card into ``folder``, which must be empty or absent; returns the files.

    Raises BadInput for a model and where the folder cannot be used, NoSpace where the disk is full.
    """
    if version.kind != "dataset":
        raise BadInput(
            f"{version} is a model, which has no rows: `trimtab models export {version} DIR` exports it"
        )
    require_empty(folder)
    text = card(registry, row_type(version), version, form)
    with written_whole(folder) as temporary:
        _write(registry, version, form, temporary, report)
        (temporary / "README.md").write_text(text, encoding="utf-8")
    return sorted(path for path in folder.rglob("*") if path.is_file())


def require_empty(folder: Path) -> None:
    """Raise BadInput where ``folder`` has anything in it, or is a file."""
    if folder.is_dir() and any(folder.iterdir()):
        raise BadInput(f"{folder} is not empty: name another folder, or empty this one first")
    if folder.exists() and not folder.is_dir():
        raise BadInput(f"{folder} is a file: name a folder that is empty or not there yet")


@contextmanager
def written_whole(folder: Path) -> Iterator[Path]:
    """A folder beside ``folder`` that takes its name when everything is written and on disk.

    Raises BadInput or NoSpace where it cannot be written.
    """
    target = folder.resolve()
    temporary = target.with_name(f".{target.name}-{uuid.uuid4().hex}")
    try:
        temporary.mkdir(parents=True)
        yield temporary
        for path in temporary.rglob("*"):
            sync(path)
        temporary.replace(target)
        sync(target.parent)
    except OSError as error:
        kind = NoSpace if error.errno == errno.ENOSPC else BadInput
        raise kind(f"cannot write {folder} ({error.strerror or error}): name a folder elsewhere") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _write(
    registry: Registry, version: Version, form: Form, folder: Path, report: Callable[[int], None]
) -> None:
    files = registry.files(version)
    schema = schema_of(files)
    splits = splits_of(files)
    writers = {split: WRITERS[form](folder, split, schema) for split in splits}
    done = 0
    for batch in batches(files):
        for split, part in by_split(batch, splits):
            writers[split].write(part)
        done += batch.num_rows
        report(done)
    for writer in writers.values():
        writer.close()
    if form == "hf":
        write_splits(folder, splits)
