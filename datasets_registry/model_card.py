"""What a model version is, by its manifest: base, datasets, metrics, settings and folder."""

import json
from pathlib import Path
from typing import Any

from datasets_registry.errors import BrokenObject
from datasets_registry.registry import Registry
from datasets_registry.version import Version


def model_card(registry: Registry, version: Version) -> dict[str, Any]:
    """What ``version`` was trained from and with; a model that was taken as given has no manifest.

    Raises BrokenObject where the folder is gone or the manifest is not JSON.
    """
    folder = registry.folder(version)
    if not folder.exists():
        raise BrokenObject(f"the folder {folder} of {version} is missing: build the model again")
    manifest = _manifest(version, folder / "manifest.json")
    return {
        "version": str(version), "status": version.status, "fingerprint": version.data_version,
        "created_at": version.created_at, "base": _reference(manifest.get("base")),
        "datasets": {role: _reference(one) for role, one in manifest.get("datasets", {}).items()},
        "rows": manifest.get("rows", {}), "metrics": manifest.get("metrics", {}),
        "settings": manifest.get("settings", {}), "seconds": manifest.get("seconds"), "folder": str(folder),
    }  # fmt: skip


def _manifest(version: Version, path: Path) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    except ValueError as error:
        raise BrokenObject(f"manifest {path} of {version} is not JSON: build the model again") from error
    return manifest


def _reference(version: dict[str, Any] | None) -> str | None:
    return f"{version['name']}@{version['number']}" if version else None
