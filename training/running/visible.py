"""What a run reads must be there, as it was registered, on each machine that takes part in it."""

import platform
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from datasets_registry.adapters import FOLDER as ADAPTER
from datasets_registry.adapters import adapter_folder, base_fingerprint
from datasets_registry.bases import base_folder
from datasets_registry.errors import BadInput, BrokenObject
from datasets_registry.version import Version
from generation.models.folder import fingerprint_afresh
from training.running import ranks

if TYPE_CHECKING:
    from datasets_registry.registry import Registry


def require_visible(registry: "Registry", versions: Iterable[Version]) -> None:
    """Raise BadInput where this machine does not see the files of a version: the path, and the machine."""
    for version in versions:
        for what, path in _unseen(registry, version):
            raise BadInput(
                f"{this_machine()} does not see {path} of {what}: mount the state folder there under the "
                f"same path and set TRIMTAB_HOME to it (it is {registry.state.root}), or build {what} again"
            )


def require_unchanged(registry: "Registry", models: Iterable[Version]) -> None:
    """Raise BrokenObject unless each model's files, and its base's, are those that were registered.

    All bytes are read and hashed, a gigabyte in about a second, by the first process alone.
    """
    if not ranks.is_first():
        return
    for model in models:
        for folder, identity in _registered(registry, model):
            if fingerprint_afresh(folder) != identity:
                raise BrokenObject(
                    f"the files in {folder} are not those that were registered as {model}, but were changed "
                    "since: put them back, or materialize the model again, which makes them a version"
                )


def _registered(registry: "Registry", model: Version) -> Iterator[tuple[Path, str]]:
    """The folders that a model is read from, and the fingerprint of each."""
    folder = registry.folder(model)
    yield folder, model.data_version
    if (under := base_folder(registry, folder)) is not None:
        yield under, base_fingerprint(folder / ADAPTER)


def this_machine() -> str:
    """The machine's name and, of a launched process, its rank."""
    rank = f" (process {ranks.number()})" if ranks.launched() else ""
    return f"machine {platform.node()}{rank}"


def _unseen(registry: "Registry", version: Version) -> Iterator[tuple[str, Path]]:
    """Files and folders that are not there, and of what: ``version``, or the base that it is stored over."""
    if version.kind == "dataset":
        try:
            registry.files(version)
        except BrokenObject:
            yield str(version), registry.state.objects
        return
    folder = registry.folder(version)
    if not _is_model(folder):
        yield str(version), folder
    elif adapter := adapter_folder(folder):
        bases = [registry.folder(base) for base in registry.records.models(base_fingerprint(adapter))]
        # any version with the base's content will do
        if not any(map(_is_model, bases)):
            yield from ((f"the base under {version}", base) for base in bases)


def _is_model(folder: Path) -> bool:
    return (folder / "config.json").is_file()
