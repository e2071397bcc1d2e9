"""The SQL of every view in ``catalog.duckdb``, and the small tables that some of them read."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Engine, select

from datasets_registry import catalog
from datasets_registry.hashing import digest
from datasets_registry.judgements import judgements_sql
from datasets_registry.ledger_columns import LEDGER_SCHEMA, once
from datasets_registry.objects import object_path
from datasets_registry.scanning import parquet, quoted
from datasets_registry.state import State, durable

_VERSIONS = pa.schema(
    [("name", pa.string()), ("version", pa.int64()), ("kind", pa.string()), ("status", pa.string()),
     ("num_rows", pa.int64()), ("data_version", pa.string()), ("created_at", pa.string())]
)  # fmt: skip
_LINEAGE = pa.schema(
    [("name", pa.string()), ("version", pa.int64()), ("input", pa.string()),
     ("input_version", pa.int64()), ("input_data_version", pa.string()), ("code_version", pa.string()),
     ("settings", pa.string()), ("run_id", pa.string()), ("at", pa.string())]
)  # fmt: skip
_CHECKS = pa.schema(
    [("name", pa.string()), ("version", pa.int64()), ("check", pa.string()), ("passed", pa.bool_()),
     ("severity", pa.string()), ("value", pa.float64()), ("threshold", pa.float64()),
     ("description", pa.string()), ("at", pa.string())]
)  # fmt: skip
_MODELS = pa.schema(
    [("name", pa.string()), ("version", pa.int64()), ("status", pa.string()),
     ("data_version", pa.string()), ("path", pa.string()), ("manifest", pa.string()),
     ("created_at", pa.string())]
)  # fmt: skip


def statements(state: State, engine: Engine) -> Iterator[tuple[str, str]]:
    """Every view's name and SQL, of the catalog as it is now; what they read is there when this is over."""
    with engine.connect() as connection:
        versions = connection.execute(select(catalog.VERSIONS)).mappings().all()
        derivations = connection.execute(select(catalog.DERIVATIONS)).mappings().all()
        inputs = connection.execute(select(catalog.INPUTS)).mappings().all()
        checks = connection.execute(select(catalog.CHECKS)).mappings().all()
    datasets = dict(_dataset_views(state, versions, derivations))
    yield from datasets.items()
    tables = {
        "versions": (_VERSIONS, [{**one, "version": one["number"]} for one in versions]),
        "lineage": (_LINEAGE, list(_lineage(derivations, inputs))),
        "checks": (_CHECKS, [{**one, "version": one["number"]} for one in checks]),
        "models": (_MODELS, list(_models(state, versions))),
    }
    for name, (schema, rows) in tables.items():
        yield name, _over([_small_table(state, name, schema, rows)])
    completions = _completions(state)
    yield "completions", completions
    judged, pairs = datasets.get("ai_judgements"), datasets.get("completion_pairs")
    yield "judgements", judgements_sql(judged, pairs, completions)


def _dataset_views(
    state: State, versions: Sequence[Any], derivations: Sequence[Any]
) -> Iterator[tuple[str, str]]:
    paths = {}
    for one in versions:
        if one["kind"] == "dataset":
            key = (one["name"], one["number"])
            paths[key] = [object_path(state.objects, part[0]) for part in one["content"]["objects"]]
            yield f"{one['name']}@{one['number']}", _over(paths[key])
    passed = {(one["name"], one["number"]) for one in versions if one["status"] == "passed"}
    latest = {}
    for one in sorted(derivations, key=lambda row: row["id"]):
        if (one["name"], one["number"]) in passed & paths.keys():
            latest[one["name"]] = paths[one["name"], one["number"]]
    yield from ((name, _over(files)) for name, files in latest.items())


def _lineage(derivations: Sequence[Any], inputs: Sequence[Any]) -> Iterator[dict[str, Any]]:
    made = {one["id"]: one for one in derivations}
    for one in inputs:
        how = made[one["derivation_id"]]
        yield {
            "name": how["name"], "version": how["number"], "input": one["name"],
            "input_version": one["number"], "input_data_version": one["data_version"],
            "code_version": how["code_version"], "settings": json.dumps(how["settings"]),
            "run_id": how["run_id"], "at": how["at"],
        }  # fmt: skip


def _models(state: State, versions: Sequence[Any]) -> Iterator[dict[str, Any]]:
    for one in versions:
        if one["kind"] == "model":
            folder = state.root / one["content"]["path"]
            manifest = folder / "manifest.json"
            text = manifest.read_text() if manifest.exists() else None
            yield {**one, "version": one["number"], "path": str(folder), "manifest": text}


def _small_table(state: State, name: str, schema: pa.Schema, rows: Sequence[Any]) -> Path:
    """A catalog table as Parquet named by its content, so that older readers keep theirs."""
    plain = [{field: row[field] for field in schema.names} for row in rows]
    path = state.tables / f"{name}-{digest(plain)[:16]}.parquet"
    if not path.exists():
        with durable(path) as temporary:
            pq.write_table(pa.Table.from_pylist(plain, schema=schema), temporary)
    return path


def _completions(state: State) -> str:
    """Each stored completion once; an empty segment per schema makes the view valid from the start."""
    empty = state.ledger / f"empty-{digest(LEDGER_SCHEMA.to_string())[:8]}.parquet"
    if not empty.exists():
        with durable(empty) as temporary:
            pq.write_table(LEDGER_SCHEMA.empty_table(), temporary)
    return once(f"read_parquet({quoted(f'{state.ledger}/*.parquet')}, union_by_name=true)")


def _over(paths: Sequence[Path]) -> str:
    return f"SELECT * FROM {parquet(paths)}"
