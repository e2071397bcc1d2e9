"""The rows of the view ``models``: each version of a model with what its manifest says."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa
from sqlalchemy import Engine, select

from datasets_registry.catalog import tables as catalog
from datasets_registry.state import State
from datasets_registry.views.manifest import FILE, datasets_of, reference, reward_models_of

SCHEMA = pa.schema(
    [
        ("name", pa.string()),
        ("version", pa.int64()),
        ("status", pa.string()),
        ("trainer", pa.string()),
        ("base", pa.string()),
        ("datasets", pa.map_(pa.string(), pa.string())),
        ("reward_models", pa.list_(pa.string())),
        ("rows", pa.map_(pa.string(), pa.int64())),
        ("metrics", pa.map_(pa.string(), pa.float64())),
        ("settings", pa.string()),
        ("seconds", pa.float64()),
        ("data_version", pa.string()),
        ("path", pa.string()),
        ("manifest", pa.string()),
        ("created_at", pa.string()),
    ]
)

V = catalog.VERSIONS.c
_ROWS = (
    select(V.name, V.number.label("version"), V.status, V.data_version, V.created_at, V.content)
    .where(V.kind == "model")
    .order_by(V.name, V.number)
)


def model_rows(state: State, engine: Engine) -> Iterator[dict[str, Any]]:
    """A row per version, by name and number; one whose manifest is not JSON has that text alone."""
    with engine.connect() as connection:
        models = connection.execute(_ROWS).mappings().all()
    for one in models:
        folder = state.root / one["content"]["path"]
        path = folder / FILE
        text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else None
        yield {**one, "path": str(folder), "manifest": text, **_told(_parsed(text or "{}"))}


def _parsed(text: str) -> dict[str, Any]:
    # one broken manifest must not keep every version from being published
    try:
        manifest: dict[str, Any] = json.loads(text)
        return manifest
    except ValueError:
        return {}


def _told(manifest: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "trainer": manifest.get("trainer"),
        "base": reference(manifest.get("base")),
        "datasets": list(datasets_of(manifest).items()),
        "reward_models": reward_models_of(manifest),
        "rows": _numbers(manifest.get("rows", {}), int),
        "seconds": manifest.get("seconds"),
        "metrics": [(name, float(one)) for name, one in _numbers(manifest.get("metrics", {}), int | float)],
        "settings": json.dumps(manifest.get("settings", {})),
    }


def _numbers(figures: Mapping[str, Any], kind: Any) -> list[tuple[str, Any]]:
    return [(name, one) for name, one in figures.items() if isinstance(one, kind)]
