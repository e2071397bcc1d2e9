"""The rows of the view ``models``: each version of a model with the fields of its manifest."""

import json
from collections.abc import Iterator, Mapping

import pyarrow as pa
from sqlalchemy import Engine, select

from datasets_registry.catalog import tables as catalog
from datasets_registry.manifest import FILE, Manifest
from datasets_registry.state import State
from datasets_registry.store.model_files import light_folder

SCHEMA = pa.schema(
    [
        ("name", pa.string()),
        ("version", pa.int64()),
        ("status", pa.string()),
        ("trainer", pa.string()),
        ("base", pa.string()),
        ("datasets", pa.map_(pa.string(), pa.string())),
        ("reward_models", pa.list_(pa.string())),
        ("reference", pa.string()),
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


def model_rows(state: State, engine: Engine) -> Iterator[Mapping[str, object]]:
    """A row for each version, by name and number; a manifest that cannot be read appears as text only."""
    with engine.connect() as connection:
        models = connection.execute(_ROWS).mappings().all()
    for model in models:
        folder = state.root / model["content"]["path"]
        places = (folder, light_folder(state, model["content"]["path"]))
        path = next((place / FILE for place in places if (place / FILE).exists()), folder / FILE)
        text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else None
        yield {**model, "path": str(folder), "manifest": text, **_columns(_parsed(text or "{}"))}


def _parsed(text: str) -> Manifest:
    # one broken manifest must not keep every version from being published
    try:
        return Manifest.model_validate_json(text)
    except ValueError:
        return Manifest()


def _columns(manifest: Manifest) -> Mapping[str, object]:
    return {
        "trainer": manifest.trainer,
        "base": manifest.base_reference,
        "datasets": list(manifest.dataset_references.items()),
        "reward_models": list(manifest.reward_model_references),
        "reference": manifest.compared_with,
        "rows": list(manifest.rows.items()),
        "seconds": manifest.seconds,
        "metrics": [(name, float(value)) for name, value in manifest.metrics.items()],
        "settings": json.dumps(manifest.settings),
    }
