"""trimtab models export NAME[@N] DIR: a model that transformers loads, with its card."""

import json
from pathlib import Path
from typing import Annotated

import typer

from assets.commands.exporting import Push
from assets.printing import Json, open_state, warn_unpassed
from assets.progress_bar import progress_bar
from datasets_registry.exporting.exporting import require_empty
from datasets_registry.exporting.pushing import push, require_pushable
from datasets_registry.inspecting.models import require_model
from generation.models.export import export_model, exported_files


def export_command(
    name: Annotated[str, typer.Argument(help="dpo_policy for its latest passed version, or dpo_policy@3.")],
    folder: Annotated[Path, typer.Argument(help="A folder that is empty or not there yet.")],
    push_to: Push = None, as_json: Json = False,
) -> None:  # fmt: skip
    """Write a model as safetensors with tokenizer, chat template, manifest and a model card."""
    if push_to:
        require_pushable(push_to)
    registry = open_state()
    version = require_model(registry.resolve(name))
    require_empty(folder)
    warn_unpassed(version)
    size = sum(one.stat().st_size for one in exported_files(registry.folder(version)))
    with progress_bar("exporting", size, "bytes") as report:
        files = export_model(registry, version, folder, report)
    address = push(folder, push_to, "model") if push_to else None
    if as_json:
        said = {
            "version": str(version), "status": version.status, "folder": str(folder),
            "bytes": sum(one.stat().st_size for one in files),
            "files": [str(one.relative_to(folder)) for one in files], "pushed": address,
        }  # fmt: skip
        print(json.dumps(said, indent=2))
        return
    print(f"{version}: {len(files)} files in {folder}")
    if address:
        print(f"pushed to {address}")
