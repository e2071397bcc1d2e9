"""trimtab export DATASET[@N] --to FORM DIR: a version as files, with its card."""

import json
from pathlib import Path
from typing import Annotated

import typer

from assets.cli.printing import Json, Reference, open_state, progress_bar, warn_unpassed
from datasets_registry.cards.forms import Form
from datasets_registry.exporting.exporting import export, require_empty
from datasets_registry.exporting.pushing import push, require_pushable

To = Annotated[Form, typer.Option("--to", help="The format; hf suits load_dataset and load_from_disk.")]
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
    if push_to:
        require_pushable(push_to)
    registry = open_state()
    version = registry.resolve(dataset)
    require_empty(folder)
    warn_unpassed(version)
    with progress_bar("exporting", version.num_rows) as report:
        files = export(registry, version, to, folder, report)
    address = push(folder, push_to) if push_to else None
    if as_json:
        outcome = {
            "version": str(version),
            "status": version.status,
            "format": to,
            "rows": version.num_rows,
            "folder": str(folder),
            "bytes": sum(file.stat().st_size for file in files),
            "files": [str(file.relative_to(folder)) for file in files],
            "pushed": address,
        }
        print(json.dumps(outcome, indent=2))
        return
    print(f"{version}: {version.num_rows} rows as {to} in {folder}")
    if address:
        print(f"pushed to {address}")
