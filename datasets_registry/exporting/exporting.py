"""A version as files for other programs, with its card: written beside the folder, then renamed."""

import errno
import shutil
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from datasets_registry.cards.dataset import card
from datasets_registry.cards.forms import Contents, Form
from datasets_registry.errors import BadInput, NoSpace
from datasets_registry.exporting.files import Csv, JsonLines, Lines, Parts, Writer
from datasets_registry.exporting.hf_files import HubParts, write_splits
from datasets_registry.exporting.places import require_empty
from datasets_registry.exporting.taking import Taking, taking
from datasets_registry.inspecting.splits import batches, by_split, schema_of, splits_of
from datasets_registry.registry import Registry
from datasets_registry.rows.named import CARD
from datasets_registry.rows.types import row_type
from datasets_registry.state import sync
from datasets_registry.version import Version

WRITERS: dict[Form, Callable[..., Writer]] = {
    "jsonl": JsonLines,
    "csv": Csv,
    "parquet": Parts,
    "hf": HubParts,
    "trl": Parts,
    "messages": Lines,
}


@dataclass(frozen=True)
class Exported:
    """The files of an export, and what they hold."""

    files: Sequence[Path]
    contents: Contents


def export(
    registry: Registry,
    version: Version,
    form: Form,
    folder: Path,
    report: Callable[[int], None] = lambda done: None,
    system_text: str | None = None,
) -> Exported:
    """Write ``version`` and its card into ``folder``, which must be empty or absent.

    The forms for trainers, `trl` and `messages`, take labelled rows alone, and put ``system_text`` before
    their prompts. Raises BadInput for a model, where
    the folder cannot be used and where a trainer would learn from no row, NoSpace where the disk is full.
    """
    if version.kind != "dataset":
        raise BadInput(
            f"{version} is a model, which has no rows: `trimtab models export {version} DIR` exports it"
        )
    require_empty(folder)
    row, files = row_type(version), registry.files(version)
    taken = taking(form, row, schema_of(files), system_text)
    with written_whole(folder) as temporary:
        _write(files, form, taken, temporary, report)
        contents = taken.contents()
        _require_rows(version, contents)
        text = card(registry, row, version, contents)
        (temporary / CARD).write_text(text, encoding="utf-8")
    return Exported(sorted(path for path in folder.rglob("*") if path.is_file()), contents)


def _require_rows(version: Version, contents: Contents) -> None:
    if not contents.rows and not contents.is_whole:
        reasons = ", ".join(f"{count} × {reason}" for reason, count in contents.rows_left_out.items())
        raise BadInput(
            f"no row of {version} is one to learn from ({reasons or 'it has none'}): --to parquet exports "
            "all rows as they are"
        )


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
    files: Sequence[Path], form: Form, taken: Taking, folder: Path, report: Callable[[int], None]
) -> None:
    splits, done = splits_of(files), 0
    with ExitStack() as opened:
        writers = {split: WRITERS[form](folder, split, taken.schema) for split in splits}
        for writer in writers.values():
            opened.callback(writer.close)
        for batch in batches(files):
            for split, part in by_split(batch, splits):
                writers[split].write(taken.taken(part))
            done += batch.num_rows
            report(done)
    if form == "hf":
        write_splits(folder, splits)
