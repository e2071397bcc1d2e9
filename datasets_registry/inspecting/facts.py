"""What a model version is, by its manifest: base, datasets, metrics, settings and folder."""

from typing import Any

from datasets_registry.errors import BrokenObject
from datasets_registry.manifest import FILE, Manifest, is_trained
from datasets_registry.registry import Registry
from datasets_registry.version import Version


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
        "trainer": manifest.trainer,
        "base": str(manifest.base) if manifest.base else None,
        "datasets": {role: str(dataset) for role, dataset in manifest.datasets.items()},
        "reward_models": [str(model) for model in manifest.reward_models],
        "rows": manifest.rows,
        "metrics": manifest.metrics,
        "settings": manifest.settings,
        "seconds": manifest.seconds,
        "dtype": manifest.dtype,
        "libraries": manifest.libraries,
        "folder": str(folder),
    }


def manifest_of(registry: Registry, version: Version) -> Manifest:
    """The manifest, all defaults where there is none; raises BrokenObject where it is not one."""
    folder = registry.folder(version)
    try:
        return Manifest.read(folder)
    except BrokenObject as error:
        raise BrokenObject(
            f"{folder / FILE} of {version} is not a manifest: build the model again"
        ) from error


def is_given(registry: Registry, version: Version) -> bool:
    """Whether ``version`` is a model that was not trained here."""
    return version.kind == "model" and not is_trained(registry.folder(version))
