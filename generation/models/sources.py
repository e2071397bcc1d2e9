"""Where a given model comes from: a folder, the Hub, or Trimtab itself."""

import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from datasets_registry.errors import BadInput
from datasets_registry.inspecting import origins
from generation.models.folder import require_whole, validated_folder
from generation.models.hub import downloaded

SMOLLM2, LAB = origins.SMOLLM2, origins.LAB
_HUB_ID = re.compile(r"\w[\w.-]*/\w[\w.-]*")
_UNKNOWN = (
    "model {source!r} is neither a directory, nor a hub id such as 'owner/name', "
    f"nor {SMOLLM2!r} nor {LAB!r}: correct `model` in the profile's `[models.NAME]`"
)
_NO_REVISION = (
    "model {source!r} has no revision {revision!r}: only a hub id such as 'owner/name' has "
    "revisions, so take `revision` out of its `[models.NAME]`"
)


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
    if (folder := local_folder(source)) is None and is_hub_id(source):
        return validated_folder(downloaded(source, revision, models, report))
    if revision is not None:
        raise BadInput(_NO_REVISION.format(source=source, revision=revision))
    if source == SMOLLM2:
        from generation.models.smollm2 import convert

        return validated_folder(convert(models / SMOLLM2))
    if source == LAB:
        from generation.models.lab import write_lab_model

        return validated_folder(write_lab_model(models / LAB))
    if folder is None:
        raise BadInput(_UNKNOWN.format(source=source))
    return require_whole(validated_folder(folder.resolve()))


def require_source(source: str, revision: str | None = None) -> None:
    """Raise BadInput where ``resolve_model`` would without a look at the hub; nothing is written."""
    if (folder := local_folder(source)) is not None:
        require_whole(validated_folder(folder.resolve()))
    elif is_hub_id(source):
        return
    elif source not in (SMOLLM2, LAB):
        raise BadInput(_UNKNOWN.format(source=source))
    if revision is not None:
        raise BadInput(_NO_REVISION.format(source=source, revision=revision))


def local_folder(source: str) -> Path | None:
    """The folder that ``source`` names; None where it names none, or a model that comes with Trimtab."""
    if source in (SMOLLM2, LAB):
        return None
    # a name that is too long for a path is none
    with suppress(OSError, ValueError, RuntimeError):
        folder = Path(source).expanduser()
        return folder if folder.is_dir() else None
    return None


def is_hub_id(source: str) -> bool:
    """Whether ``source`` has the form of a hub id, ``owner/name``."""
    return _HUB_ID.fullmatch(source) is not None
