"""Where the base lies of a model that is stored as an adapter: found among all versions by its content."""

from pathlib import Path
from typing import TYPE_CHECKING

from datasets_registry.adapters import adapter_folder, base_fingerprint
from datasets_registry.errors import BrokenObject

if TYPE_CHECKING:
    from datasets_registry.registry import Registry


def base_folder(registry: "Registry", folder: Path) -> Path | None:
    """The directory of the model that the one in ``folder`` is an adapter over; None where it is whole.

    Any version with the base's content will do. Raises BrokenObject where there is none, or all are gone.
    """
    adapter = adapter_folder(folder)
    if adapter is None:
        return None
    identity = base_fingerprint(adapter)
    versions = registry.records.models(identity)
    folders = map(registry.folder, versions)
    found = next((base for base in folders if (base / "config.json").is_file()), None)
    if found is None:
        where = (
            f"its folder {registry.place(versions[0])} is gone" if versions else "no version has that content"
        )
        raise BrokenObject(
            f"model directory {folder} is an adapter over the model {identity[:16]}, and {where}: build the "
            "base again"
        )
    return found
