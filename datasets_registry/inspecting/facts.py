"""What a model version is, by its manifest: base, datasets, metrics, settings and folder."""

from typing import Any

from datasets_registry.errors import BrokenObject
from datasets_registry.registry import Registry
from datasets_registry.version import Version
from datasets_registry.views.manifest import (
    FILE,
    datasets_of,
    read_manifest,
    reference,
    reward_models_of,
)


def model_facts(registry: Registry, version: Version) -> dict[str, Any]:
    """What ``version`` was trained from and with; a model that was taken as given has no manifest.

    Raises BrokenObject where the folder is gone or the manifest is not JSON.
    """
    folder = registry.folder(version)
    if not folder.exists():
        raise BrokenObject(f"the folder {folder} of {version} is missing: build the model again")
    manifest = manifest_of(registry, version)
    return {
        "version": str(version),
        "status": version.status,
        "fingerprint": version.data_version,
        "created_at": version.created_at,
        "trainer": manifest.get("trainer"),
        "base": reference(manifest.get("base")),
        "datasets": datasets_of(manifest),
        "reward_models": reward_models_of(manifest),
        "rows": manifest.get("rows", {}),
        "metrics": manifest.get("metrics", {}),
        "settings": manifest.get("settings", {}),
        "seconds": manifest.get("seconds"),
        "dtype": manifest.get("dtype"),
        "libraries": manifest.get("libraries", {}),
        "folder": str(folder),
    }


def manifest_of(registry: Registry, version: Version) -> dict[str, Any]:
    """The manifest, empty where there is none; raises BrokenObject where it is not JSON."""
    folder = registry.folder(version)
    try:
        return read_manifest(folder)
    except ValueError as error:
        raise BrokenObject(
            f"manifest {folder / FILE} of {version} is not JSON: build the model again"
        ) from error


def is_given(registry: Registry, version: Version) -> bool:
    """Whether ``version`` is a model that was not trained here."""
    return version.kind == "model" and not manifest_of(registry, version)
