"""A version is its content: order, batches and writers do not matter, values do."""

import random

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets_registry.errors import BadInput
from datasets_registry.hashing import canonical, content_id, derive_seed, digest, draw
from datasets_registry.objects import content_hash, normalise
from datasets_registry.row import arrow_schema, from_table, to_table
from datasets_registry.schemas import Metric, PreferencePair, RevisionStep

SCHEMA = pa.schema([pa.field("id", pa.string(), nullable=False), pa.field("value", pa.float64())])
ROWS = st.lists(
    st.tuples(st.text(max_size=5), st.none() | st.floats(allow_nan=False)),
    min_size=1,
    max_size=20,
    unique_by=lambda row: row[0],
)


def _table(rows: list[tuple[str, float | None]]) -> pa.Table:
    return pa.table({"id": [one for one, _ in rows], "value": [one for _, one in rows]}, schema=SCHEMA)


@given(ROWS, st.randoms(use_true_random=False))
def test_shuffled_and_rechunked_rows_have_one_identity(
    rows: list[tuple[str, float | None]], shuffler: random.Random
) -> None:
    shuffled = list(rows)
    shuffler.shuffle(shuffled)
    half = len(rows) // 2
    rechunked = pa.concat_tables([_table(shuffled[half:]), _table(shuffled[:half])])
    wide = rechunked.cast(pa.schema([pa.field("id", pa.large_string()), pa.field("value", pa.float64())]))
    expected = content_hash(normalise(_table(rows), SCHEMA, ["id"]))
    assert content_hash(normalise(rechunked, SCHEMA, ["id"])) == expected
    assert content_hash(normalise(wide, SCHEMA, ["id"])) == expected


@given(ROWS, st.data())
def test_any_changed_value_is_seen(rows: list[tuple[str, float | None]], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(rows) - 1))
    name, value = rows[place]
    changed = list(rows)
    changed[place] = (name, 1.5 if value is None else None)
    assert content_hash(normalise(_table(rows), SCHEMA, ["id"])) != content_hash(
        normalise(_table(changed), SCHEMA, ["id"])
    )


def test_a_duplicate_key_is_refused_by_name() -> None:
    with pytest.raises(BadInput, match="two rows have the key"):
        normalise(_table([("a", 1.0), ("a", 2.0)]), SCHEMA, ["id"])


def test_a_missing_column_is_named() -> None:
    with pytest.raises(BadInput, match="column 'value' is missing"):
        normalise(pa.table({"id": ["a"]}), SCHEMA, ["id"])


def test_a_null_where_none_may_be_names_its_row_and_column() -> None:
    table = pa.table({"id": ["a", None], "value": [1.0, 2.0]})
    with pytest.raises(BadInput, match="row 1 has no 'id'"):
        normalise(table, SCHEMA, ["id"])


def test_rows_come_back_as_they_went_in() -> None:
    rows = [
        Metric(model="m", kind="helpful", metric="x", value=None, low=None, high=0.5, num_items=3),
        Metric(model="m", kind="red_team", metric="x", value=1.0, low=0.0, high=2.0, num_items=4),
    ]
    assert from_table(Metric, to_table(Metric, rows)) == rows


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
