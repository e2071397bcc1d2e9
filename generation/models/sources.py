"""Where a given model comes from: a folder, the Hub, or Trimtab itself."""

from collections.abc import Callable
from pathlib import Path

from datasets_registry.errors import BadInput
from datasets_registry.inspecting import origins
from generation.models.folder import require_whole, validated_folder
from generation.models.hub import downloaded

SMOLLM2, LAB = origins.SMOLLM2, origins.LAB


def resolve_model(
    source: str,
    models: Path,
    revision: str | None = None,
    report: Callable[[str], None] = lambda line: None,
) -> Path:
    """The local folder of ``source``: SmolLM2, the lab model, a directory, or a hub id at ``revision``.

    A hub id is downloaded into ``models`` once for each commit. Raises BadInput where the model cannot be
    had, has no weights, or pickled ones.
    """
    if not (folder := Path(source).expanduser()).is_dir() and is_hub_id(source):
        return validated_folder(downloaded(source, revision, models, report))
    if revision is not None:
        raise BadInput(
            f"model {source!r} has no revision {revision!r}: only a hub id such as 'owner/name' has "
            "revisions, so take `revision` out of its `[models.NAME]`"
        )
    if source == SMOLLM2:
        from generation.models.smollm2 import convert

        return validated_folder(convert(models / SMOLLM2))
    if source == LAB:
        from generation.models.lab import write_lab_model

        return validated_folder(write_lab_model(models / LAB))
    if folder.is_dir():
        return require_whole(validated_folder(folder.resolve()))
    raise BadInput(
        f"model {source!r} is neither a directory, nor a hub id such as 'owner/name', "
        f"nor {SMOLLM2!r} nor {LAB!r}: correct `model` in the profile's `[models.NAME]`"
    )


def is_hub_id(source: str) -> bool:
    """Whether ``source`` has the form of a hub id, ``owner/name``."""
    return source.count("/") == 1 and not source.startswith(("/", ".", "~"))
