"""What a run reads must be there on each machine that takes part in it."""

import os
import platform
from collections.abc import Iterable
from pathlib import Path

from datasets_registry.errors import BadInput, BrokenObject
from datasets_registry.registry import Registry
from datasets_registry.version import Version
from training.running import ranks


def require_visible(registry: Registry, versions: Iterable[Version]) -> None:
    """Raise BadInput where this machine does not see the files of a version: the path, and the machine."""
    for version in versions:
        if path := _unseen(registry, version):
            raise BadInput(
                f"{this_machine()} does not see {path} of {version}: mount the state folder there under the "
                f"same path and set TRIMTAB_HOME to it (it is {registry.state.root}), or build "
                f"{version.name} again"
            )


def this_machine() -> str:
    """The machine's name and, of a launched process, its rank."""
    rank = f" (process {os.environ.get('RANK', '0')})" if ranks.launched() else ""
    return f"machine {platform.node()}{rank}"


def _unseen(registry: Registry, version: Version) -> Path | None:
    """The first file or folder of ``version`` that is not there."""
    if version.kind == "model":
        config = registry.folder(version) / "config.json"
        return None if config.is_file() else config.parent
    try:
        registry.files(version)
    except BrokenObject:
        return registry.state.objects
    return None
