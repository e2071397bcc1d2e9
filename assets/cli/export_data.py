"""trimtab export DATASET[@N] --to FORM DIR: a version as files, with its card."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assets.cli.printing import (
    Json,
    Reference,
    open_state,
    print_json,
    print_rows,
    progress_bar,
    say,
    warn_unpassed,
)
from datasets_registry.cards.forms import Contents, Form
from datasets_registry.exporting.places import require_empty
from datasets_registry.exporting.pushing import push, require_pushable

if TYPE_CHECKING:
    from datasets_registry.exporting.exporting import Exported
    from datasets_registry.version import Version

To = Annotated[
    Form,
    typer.Option(
        "--to",
        help="jsonl, csv, parquet or hf: all rows as they are, hf for load_dataset and load_from_disk; "
        "trl: what TRL's trainers learn from; messages: conversations for hosted fine-tuning.",
    ),
]
Push = Annotated[
    str | None, typer.Option("--push", help="Also upload to this Hub repository; needs HF_TOKEN.")
]


def export_dataset(
    dataset: Reference,
    folder: Annotated[Path, typer.Argument(help="A folder that is empty or not there yet.")],
    to: To,
    push_to: Push = None,
    as_json: Json = False,
) -> None:
    """Write a dataset version as files, with a dataset card."""
    from assets.cli.system_text import system_text
    from datasets_registry.exporting.exporting import export

    if push_to:
        require_pushable(push_to)
    registry = open_state()
    version = registry.resolve(dataset)
    require_empty(folder)
    warn_unpassed(version)
    system = system_text(registry, version) if to in ("trl", "messages") else None
    with progress_bar("exporting", version.num_rows) as report:
        exported = export(registry, version, to, folder, report, system)
    address = push(folder, push_to) if push_to else None
    if as_json:
        print_json(_outcome(version, folder, exported) | {"pushed": address})
        return
    _report(version, folder, exported.contents)
    if address:
        say(f"pushed to {address}")


def _outcome(version: "Version", folder: Path, exported: "Exported") -> dict[str, Any]:
    contents = exported.contents
    return {
        "version": str(version),
        "status": version.status,
        "format": contents.form,
        "rows": contents.rows,
        "rows_left_out": dict(contents.rows_left_out),
        "notes": list(contents.notes),
        "folder": str(folder),
        "bytes": sum(file.stat().st_size for file in exported.files),
        "files": [str(file.relative_to(folder)) for file in exported.files],
    }


def _report(version: "Version", folder: Path, contents: Contents) -> None:
    of = "" if contents.rows == version.num_rows else f" of {version.num_rows}"
    say(f"{version}: {contents.rows}{of} rows as {contents.form} in {folder}")
    for note in contents.notes:
        say(note)
    if contents.rows_left_out:
        counts = [{"left out": reason, "rows": count} for reason, count in contents.rows_left_out.items()]
        print_rows(counts, False, ("left out", "rows"))
