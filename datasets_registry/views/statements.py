"""The SQL of every view in ``catalog.duckdb``, and the small tables that some of them read."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Engine, RowMapping, func, select

from datasets_registry.catalog import tables as catalog
from datasets_registry.catalog.line import MAIN as MAIN_LINE
from datasets_registry.catalog.line import Line, experiments
from datasets_registry.catalog.tags import Tag, tags_in
from datasets_registry.hashing import digest
from datasets_registry.rows.types import ROW_TYPES
from datasets_registry.state import State, durable
from datasets_registry.store.objects import object_path
from datasets_registry.views import models as model_view
from datasets_registry.views.files import parquet, parquet_in
from datasets_registry.views.judgements import judgements_sql
from datasets_registry.views.ledger_columns import LEDGER_SCHEMA, once
from datasets_registry.views.meanings import SMALL, Meaning, meaning_of
from datasets_registry.views.rounds import VIEWS, History, round_views, schema_of
from datasets_registry.views.unions import BY_VERSION, MAIN, Latest, View, by_version_of, shown

_VERSIONS = pa.schema(
    [
        ("name", pa.string()),
        ("version", pa.int64()),
        ("kind", pa.string()),
        ("status", pa.string()),
        ("num_rows", pa.int64()),
        ("data_version", pa.string()),
        ("created_at", pa.string()),
        ("tags", pa.list_(pa.string())),
    ]
)
_LINEAGE = pa.schema(
    [
        ("name", pa.string()),
        ("version", pa.int64()),
        ("input", pa.string()),
        ("input_version", pa.int64()),
        ("input_data_version", pa.string()),
        ("code_version", pa.string()),
        ("settings", pa.string()),
        ("run_id", pa.string()),
        ("at", pa.string()),
    ]
)
_CHECKS = pa.schema(
    [
        ("name", pa.string()),
        ("version", pa.int64()),
        ("check", pa.string()),
        ("passed", pa.bool_()),
        ("severity", pa.string()),
        ("value", pa.float64()),
        ("threshold", pa.float64()),
        ("description", pa.string()),
        ("at", pa.string()),
    ]
)

V, D, INPUT = catalog.VERSIONS.c, catalog.DERIVATIONS.c, catalog.INPUTS.c
_VERSION_ROWS = select(
    V.name, V.number.label("version"), V.status, V.data_version, V.created_at, V.kind, V.num_rows
).order_by(V.name, V.number)
_BUILT = select(D.name, D.number.label("version"), func.max(D.id).label("last")).group_by(D.name, D.number)
_INPUT_ROWS = (
    select(
        D.name,
        D.number.label("version"),
        INPUT.name.label("input"),
        INPUT.number.label("input_version"),
        INPUT.data_version.label("input_data_version"),
        D.code_version,
        D.settings,
        D.run_id,
        D.at,
        D.id.label("derivation"),
    )
    .join(catalog.INPUTS, INPUT.derivation_id == D.id)
    .order_by(D.id, INPUT.name)
)
_CHECK_ROWS = select(catalog.CHECKS, catalog.CHECKS.c.number.label("version")).order_by(catalog.CHECKS.c.id)


def wanted_views(state: State, engine: Engine) -> list[View]:
    """Every view of the catalog as it is now; writes the small tables that they read."""
    with engine.connect() as connection:
        versions = connection.execute(_VERSION_ROWS).mappings().all()
        built = connection.execute(_BUILT).mappings().all()
        inputs = connection.execute(_INPUT_ROWS).mappings().all()
        checks = connection.execute(_CHECK_ROWS).mappings().all()
        tags = tags_in(connection)
    tables = {
        "versions": (_VERSIONS, [{**row, "tags": _tags_at(tags, row)} for row in versions]),
        "lineage": (_LINEAGE, [{**row, "settings": json.dumps(row["settings"])} for row in inputs]),
        "checks": (_CHECKS, checks),
        "models": (model_view.SCHEMA, list(model_view.model_rows(state, engine))),
    }
    small = {name: _select_from([_small_table(state, name, *table)]) for name, table in tables.items()}
    small["completions"] = _completions(state)
    views = [
        view
        for line in (MAIN_LINE, *map(Line, experiments(engine)))
        for view in _line_views(state, engine, line, small, _as_called(line, versions, built, inputs))
    ]
    by_version = {view.name: view for view in views if view.schema == BY_VERSION}
    return [*views, *_tagged_views(by_version, tags)]


def _as_called(
    line: Line, versions: Sequence[RowMapping], built: Sequence[RowMapping], inputs: Sequence[RowMapping]
) -> tuple[Sequence[Mapping[Any, Any]], History]:
    """The versions of a line, by its own names, and what the catalog says of its rounds."""

    def called(rows: Sequence[RowMapping], *columns: str) -> list[Mapping[Any, Any]]:
        own = [row for row in rows if line.has(row["name"])]
        if not line.experiment:
            return [*own]
        return [{**row, **{column: line.called(row[column]) for column in columns}} for row in own]

    named = called(versions, "name")
    last_built = {(row["name"], row["version"]): row["last"] for row in called(built, "name")}
    return named, History(named, last_built, called(inputs, "name", "input"))


def _line_views(
    state: State,
    engine: Engine,
    line: Line,
    small: Mapping[str, str],
    known: tuple[Sequence[Mapping[Any, Any]], History],
) -> Iterator[View]:
    """The views of a line, in a schema of its own."""
    schema = line.experiment or MAIN
    datasets = list(_dataset_views(state, engine, line, *known))
    latest = {view.name: view for view in datasets if view.schema == MAIN}
    judgements, pairs = (
        latest[name].sql() if name in latest else None for name in ("ai_judgements", "completion_pairs")
    )
    judged = judgements_sql(judgements, pairs, small["completions"])
    beside = {"judgements": judged} if line.experiment else {**small, "judgements": judged}
    views = [*datasets, *(_small_view(*each) for each in beside.items())]
    yield from (replace(view, schema=schema) if view.schema == MAIN else view for view in views)


def _tags_at(tags: Sequence[Tag], version: RowMapping) -> list[str]:
    at = version["name"], version["version"]
    return [tag.tag for tag in tags if (tag.name, tag.number) == at]


def _tagged_views(datasets: Mapping[str, View], tags: Sequence[Tag]) -> Iterator[View]:
    """A view under each tag of a dataset's version."""
    for tag in tags:
        if tag.version in datasets:
            yield replace(datasets[tag.version], name=str(tag))


def _small_view(name: str, sql: str) -> View:
    return View(name, digest(sql)[:16], partial(str, sql), partial(SMALL.__getitem__, name))


def _dataset_views(
    state: State, engine: Engine, line: Line, versions: Sequence[Mapping[Any, Any]], history: History
) -> Iterator[View]:
    """A view of every version, of each dataset's latest that passed, and of those that belong together."""
    root = digest(parquet([state.objects]))[:8]
    latest: dict[str, Latest] = {}
    # no version stands in for one whose files were not fetched
    absent: set[str] = set()
    for row in versions:
        if row["kind"] != "dataset":
            continue
        name, number, stored = row["name"], row["version"], line.stored(row["name"])
        # a version's objects never change, so their list need not be read again
        mark, sql = f"{root}-{row['data_version']}", partial(_version_sql, state, engine, stored, number)
        about = partial(_about, engine, stored, number)
        about_it = partial(about, f"Version {number} of {stored}")
        is_here = state.store is None or _is_here(state, engine, stored, number)
        if is_here:
            yield View(f"{stored}@{number}", mark, sql, about_it, BY_VERSION)
        if is_here and line.experiment:
            yield View(f"{name}@{number}", mark, sql, about_it, by_version_of(line.experiment))
        last = history.built[name, number]
        if row["status"] == "passed" and (name not in latest or last > latest[name].built):
            view = View(name, mark, sql, partial(about, f"The latest passed version, {name}@{number}"))
            latest[name] = Latest(number, last, view)
            absent = absent - {name} if is_here else absent | {name}
    latest = {name: found for name, found in latest.items() if name not in absent}
    empty = {name: _select_from([_small_table(state, name, schema_of(name), [])]) for name in VIEWS}
    yield from shown(latest, dict(round_views(history, latest, empty)))


def _is_here(state: State, engine: Engine, name: str, number: int) -> bool:
    """Whether copies of all files of a version in a bucket are on this machine."""
    return all(object_path(state.objects, sha).exists() for sha in _shas(engine, name, number))


@lru_cache(1024)
def _shas(engine: Engine, name: str, number: int) -> tuple[str, ...]:
    return tuple(sha for sha, _ in _content(engine, name, number)["objects"])


def _version_sql(state: State, engine: Engine, name: str, number: int) -> str:
    objects = _content(engine, name, number)["objects"]
    return _select_from([object_path(state.objects, sha) for sha, _ in objects])


def _about(engine: Engine, name: str, number: int, text: str) -> Meaning:
    return meaning_of(ROW_TYPES.get(_content(engine, name, number).get("row", name)), text)


def _content(engine: Engine, name: str, number: int) -> Mapping[str, Any]:
    v = catalog.VERSIONS.c
    with engine.connect() as connection:
        content: Mapping[str, Any] = connection.execute(
            select(v.content).where(v.name == name, v.number == number)
        ).scalar_one()
    return content


def _small_table(state: State, name: str, schema: pa.Schema, rows: Sequence[Mapping[str, object]]) -> Path:
    """A catalog table as Parquet, named by its content so that open readers keep theirs."""
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
    stored = once(parquet_in(state.ledger, "union_by_name"))
    # in UTC without a zone, for which some clients lack a library
    return f"SELECT * REPLACE (make_timestamp(epoch_us(created_at)) AS created_at) FROM ({stored})"


def _select_from(paths: Sequence[Path]) -> str:
    return f"SELECT * FROM {parquet(paths)}"
