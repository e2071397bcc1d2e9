"""The view of judge calls: each verdict with its pair and its stored call, and empty where there is none."""

import duckdb

from datasets_registry.registry import Registry
from datasets_registry.views.judgements import judgements_sql
from tests.traced import Traced


def test_without_datasets_the_view_is_empty_and_has_its_columns(registry: Registry) -> None:
    with duckdb.connect() as connection:
        found = connection.execute(judgements_sql(None, None, None))
        names = [one[0] for one in found.description]
        assert found.fetchall() == []
    registry.refresh_views()
    with duckdb.connect(registry.state.views, read_only=True) as connection:
        found = connection.execute("FROM judgements")
        assert [one[0] for one in found.description] == names and found.fetchall() == []


def test_every_judgement_stands_with_its_pair_and_its_call(history: Traced) -> None:
    with duckdb.connect(history.registry.state.views, read_only=True) as connection:
        (rows, pairs, calls) = connection.execute(
            "SELECT count(*), count(completion_a), count(finish_reason) FROM judgements"
        ).fetchone() or (0, 0, 0)
        (expected,) = connection.execute("SELECT count(*) FROM ai_judgements").fetchone() or (0,)
    assert rows == pairs == calls == expected > 0


def test_a_judgement_without_its_call_or_pair_is_kept(history: Traced) -> None:
    registry = history.registry
    source = f"FROM read_parquet('{registry.files(registry.passed('ai_judgements'))[0]}')"
    with duckdb.connect() as connection:
        found = connection.execute(
            f"SELECT count(*), count(model) FROM ({judgements_sql(source, None, None)})"
        )
        rows, calls = found.fetchone() or (0, 0)
    assert rows > 0 and calls == 0
