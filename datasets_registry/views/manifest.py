"""What a trained model's ``manifest.json`` says; what an older one lacks is empty."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FILE = "manifest.json"


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest in ``folder``, empty for a model that was taken as given; raises ValueError if no JSON."""
    path = folder / FILE
    manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return manifest


def reference(version: Mapping[str, Any] | None) -> str | None:
    """``cai_sft@3``, of a version as a manifest names it."""
    return f"{version['name']}@{version['number']}" if version else None


def datasets_of(manifest: Mapping[str, Any]) -> dict[str, str]:
    """The dataset versions trained on, by role."""
    return {role: str(reference(one)) for role, one in manifest.get("datasets", {}).items()}


def reward_models_of(manifest: Mapping[str, Any]) -> list[str]:
    """The versions of the reward models that gave rewards."""
    return [str(reference(one)) for one in manifest.get("reward_models", [])]
