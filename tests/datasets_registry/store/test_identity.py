"""A version is its content: order, batches, layouts and writers do not matter, values do."""

import random
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, ClassVar

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from datasets_registry.errors import BadInput
from datasets_registry.hashing import canonical, content_id, derive_seed, digest, draw
from datasets_registry.registry import Registry
from datasets_registry.rows.cai import RevisionStep
from datasets_registry.rows.evaluation import SuiteFigure
from datasets_registry.rows.rlaif import AiJudgement, PreferencePair
from datasets_registry.rows.row import Row, arrow_schema, from_table, to_table
from datasets_registry.state import REPOSITORY
from datasets_registry.store.content_hash import content_hash
from datasets_registry.store.objects import Object
from datasets_registry.store.staging import stage
from datasets_registry.stores.folder import FolderStore
from datasets_registry.version import Derivation
from tests.rows import make


class Step(BaseModel):
    """A step of a solution."""

    text: str
    label: int | None


class Everything(Row):
    """A row of every type that a row type may have, under a key of two columns."""

    dataset: ClassVar[str] = "everything"
    grain: ClassVar[str] = "One row per name and number."
    key: ClassVar[tuple[str, ...]] = ("name", "number")

    name: str
    number: int
    value: float | None
    flag: bool | None
    text: str | None
    steps: list[Step] | None


SCHEMA = arrow_schema(Everything)
STEPS = st.lists(st.builds(Step, text=st.text(max_size=3), label=st.none() | st.integers(-9, 9)), max_size=3)
ROWS = st.lists(
    st.builds(
        Everything,
        name=st.text(max_size=3),
        number=st.integers(-(2**63), 2**63 - 1),
        value=st.none() | st.floats(),
        flag=st.none() | st.booleans(),
        text=st.none() | st.text(max_size=5),
        steps=st.none() | STEPS,
    ),
    min_size=1,
    max_size=12,
    unique_by=lambda row: (row.name, row.number),
)
MANY = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


def unknown(sha: str) -> Object | None:
    """Nothing is stored yet."""
    return None


def identity(folder: Path, rows: Iterable[Any], row: type[Row] = Everything) -> str:
    """The data version of ``rows``."""
    return stage(row.dataset, row, rows, FolderStore(folder), folder / "spill", unknown).data_version


def wide(table: pa.Table) -> pa.Table:
    """The same values in other types: wide strings and lists, and the columns in another order."""
    step = pa.struct([("label", pa.int64()), ("text", pa.large_string())])
    kinds = {"name": pa.large_string(), "text": pa.string_view(), "steps": pa.large_list(step)}
    columns = {}
    for name in reversed(table.column_names):
        values = table[name].to_pylist()
        columns[name] = pa.array(values, kinds.get(name, table[name].type))
    return pa.table(columns)


def encoded(table: pa.Table) -> pa.Table:
    """The same values with dictionaries for strings."""
    for place, name in enumerate(table.column_names):
        if pa.types.is_string(table[name].type):
            table = table.set_column(place, name, table[name].dictionary_encode())
    return table


def with_garbage_under_nulls(table: pa.Table) -> pa.Table:
    """The same values, with other bytes where there is none."""
    values = table["text"].combine_chunks()
    filled = pa.array([one if one is not None else "garbage" for one in values.to_pylist()], pa.string())
    mask = values.is_valid().buffers()[1]
    text = pa.Array.from_buffers(pa.string(), len(filled), [mask, *filled.buffers()[1:]])
    return table.set_column(table.column_names.index("text"), SCHEMA.field("text"), text)


@MANY
@given(rows=ROWS, shuffler=st.randoms(use_true_random=False))
def test_one_identity_in_any_order_batches_and_layout(
    rows: list[Everything], shuffler: random.Random, tmp_path: Path
) -> None:
    expected = identity(tmp_path, rows)
    shuffled = list(rows)
    shuffler.shuffle(shuffled)
    half = len(rows) // 2
    table = to_table(Everything, shuffled)
    batches = pa.concat_tables([table.slice(half), table.slice(0, half)]).to_batches(max_chunksize=3)
    assert identity(tmp_path, shuffled) == expected
    assert identity(tmp_path, batches) == expected
    assert identity(tmp_path, [wide(table)]) == expected
    assert identity(tmp_path, [encoded(table)]) == expected
    assert identity(tmp_path, [with_garbage_under_nulls(table)]) == expected
    frame = pl.DataFrame(table)
    assert identity(tmp_path, [frame[half:], frame[:half]]) == expected


@MANY
@given(rows=ROWS, version=st.sampled_from(["1.0", "2.4", "2.6"]), zipped=st.sampled_from(["none", "zstd"]))
def test_a_writers_version_and_compression_change_no_identity(
    rows: list[Everything], version: str, zipped: str, tmp_path: Path
) -> None:
    pq.write_table(to_table(Everything, rows), tmp_path / "a.parquet", version=version, compression=zipped)
    assert identity(tmp_path, [pq.read_table(tmp_path / "a.parquet")]) == identity(tmp_path, rows)


@MANY
@given(rows=ROWS, data=st.data())
def test_any_changed_value_is_seen(rows: list[Everything], data: st.DataObject, tmp_path: Path) -> None:
    place = data.draw(st.integers(0, len(rows) - 1))
    column = data.draw(st.sampled_from(["value", "flag", "text", "steps"]))
    other = data.draw(ROWS)[0]
    before, after = getattr(rows[place], column), getattr(other, column)
    # canonical() writes both zeros and all NaNs as the value that they are
    same = repr(before).replace("-0.0", "0.0") == repr(after).replace("-0.0", "0.0")
    changed = [*rows[:place], rows[place].model_copy(update={column: after}), *rows[place + 1 :]]
    assert (identity(tmp_path, rows) == identity(tmp_path, changed)) == same


@pytest.mark.parametrize(
    ("first", "second"),
    [(["ab", "c"], ["a", "bc"]), ([None, "a"], ["", "a"]), (["a", ""], ["", "a"]), ([[]], [None])],
)
def test_values_do_not_run_into_one_another(first: list[Any], second: list[Any]) -> None:
    kind = pa.list_(pa.string()) if isinstance(first[0], list) else pa.string()
    tables = [pa.table({"x": pa.array(one, kind)}) for one in (first, second)]
    assert content_hash(tables[0]) != content_hash(tables[1])


def test_the_hash_scheme_has_not_moved() -> None:
    rows = [Everything(name="a", number=1, value=0.5, flag=True, text=None, steps=[Step(text="x", label=2)])]
    assert content_hash(to_table(Everything, rows)).startswith("4ff586d0c16508a8")


def test_a_duplicate_key_is_refused_by_name(tmp_path: Path) -> None:
    rows = [Everything(name="a", number=1, value=None, flag=None, text=None, steps=None)] * 2
    with pytest.raises(BadInput, match="two rows have the key .'name': 'a', 'number': 1"):
        identity(tmp_path, rows)


def _with(**columns: Any) -> pa.Table:
    rows = [make(AiJudgement), make(AiJudgement, "p2")]
    table = to_table(AiJudgement, rows)
    for name, values in columns.items():
        table = table.set_column(table.column_names.index(name), name, pa.array(values))
    return table


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (_with().drop_columns(["p_first"]), "column 'p_first' is missing"),
        (_with().append_column("more", pa.array([1, 2])), "column 'more' is not in its row type"),
        (_with(order=["ab", None]), "row 1 .*'pair p2'.*column 'order' .None. is null, and must not be"),
        (_with(order=["ab", "xy"]), "row 1 .*'pair p2'.*column 'order' .xy. is not one of ab, ba, aa, bb"),
        (_with(p_first=["a", "b"]), "column 'p_first' is string in the rows, and double in the row type"),
        (_with(pair_id=[1, 2]), "column 'pair_id' is int64 in the rows, and string in the row type"),
    ],
)
def test_a_row_that_does_not_fit_names_its_row_and_column(
    table: pa.Table, message: str, tmp_path: Path
) -> None:
    with pytest.raises(BadInput, match=message):
        identity(tmp_path, [table], AiJudgement)


def test_a_null_inside_a_struct_is_found(tmp_path: Path) -> None:
    step = pa.struct([("text", pa.string()), ("label", pa.int64())])
    columns = {"name": ["a", "b"], "number": [1, 2], "value": [1.0, 2.0], "flag": [True, False]}
    steps = pa.array([[{"text": "x", "label": 1}], [{"text": None, "label": 1}]], pa.list_(step))
    table = pa.table({**columns, "text": ["", ""], "steps": steps})
    with pytest.raises(BadInput, match="row 1 .*'name': 'b'.*column 'steps'.*is null"):
        identity(tmp_path, [table])


def test_rows_of_another_kind_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot commit a dict"):
        identity(tmp_path, [{"name": "a"}])


def test_rows_come_back_as_they_went_in() -> None:
    rows = [
        SuiteFigure(model="m", suite="helpful", metric="x", value=None, low=None, high=0.5, num_items=3),
        SuiteFigure(model="m", suite="red_team", metric="x", value=1.0, low=0.0, high=2.0, num_items=4),
    ]
    assert from_table(SuiteFigure, to_table(SuiteFigure, rows)) == rows


def test_nullability_and_types_follow_the_row_type() -> None:
    schema = arrow_schema(RevisionStep)
    assert schema.field("critique").nullable and not schema.field("draft").nullable
    assert schema.field("step").type == pa.int64() and schema.field("changed").type == pa.bool_()
    assert arrow_schema(PreferencePair).field("p_a").type == pa.float64()


def test_canonical_json_ignores_the_order_of_keys() -> None:
    assert canonical({"b": 1, "a": [2, "é"]}) == '{"a":[2,"é"],"b":1}'.encode()
    assert digest({"b": 1, "a": 2}) == digest({"a": 2, "b": 1})
    assert content_id("a", "b") != content_id("ab", "")


@given(st.text(), st.integers(0, 9))
def test_a_new_id_moves_only_the_draws_that_it_wins(row: str, seed: int) -> None:
    ids = [f"principle_{number}" for number in range(12)]
    before, after = draw(ids, seed, row), draw([*ids, "new"], seed, row)
    assert after in (before, "new")
    assert draw(ids[::-1], seed, row) == before


def test_draws_are_about_uniform() -> None:
    ids = ["a", "b", "c", "d"]
    counts = [sum(draw(ids, row) == one for row in range(4000)) for one in ids]
    assert all(850 < count < 1150 for count in counts)


def test_a_seed_depends_on_its_parts_alone() -> None:
    assert derive_seed("row", 1) == derive_seed("row", 1) != derive_seed("row", 2)
    assert 0 <= derive_seed("row", 1) < 2**63


def test_reading_rows_loads_no_cloud_filesystems(registry: Registry, tmp_path: Path) -> None:
    version = registry.commit(
        PreferencePair, [make(PreferencePair)], Derivation(code_version="1", settings={}, inputs=())
    )
    (path,) = registry.files(version)
    read = f"""
import sys
from pathlib import Path
from datasets_registry.store.objects import read_object
assert read_object(Path({str(path)!r})).num_rows == 1
sys.exit("pyarrow.dataset" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", read], cwd=REPOSITORY, timeout=60).returncode == 0
