"""Commit, audit, publish, find and read."""

import os
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from datasets_registry.errors import BadInput, BrokenObject, UnknownVersion, UnpassedVersion
from datasets_registry.registry import Registry
from datasets_registry.rows.evaluation import SuiteFigure
from datasets_registry.state import State
from datasets_registry.store.objects import object_path
from datasets_registry.version import CheckResult, Derivation, validated_name
from tests.datasets_registry.catalog.forked import finish, started


def figures(*values: float) -> list[SuiteFigure]:
    """One metric row per value."""
    return [
        SuiteFigure(
            model="m", suite="helpful", metric=str(place), value=value, low=None, high=None, num_items=1
        )
        for place, value in enumerate(values)
    ]


def red(severity: str = "error") -> CheckResult:
    """A failed check."""
    return CheckResult.model_validate(
        {
            "check": "c",
            "passed": False,
            "severity": severity,
            "value": 3,
            "threshold": 0,
            "description": "3 bad rows",
        }
    )


def how(code: str, *inputs: str) -> Derivation:
    """A derivation told apart by its code version."""
    return Derivation(code_version=code, settings={"t": 0.7}, inputs=())


def newest_made(registry: Registry, name: str) -> tuple[str, dict[str, str]]:
    """The code version and the inputs' data versions of the newest build."""
    version = registry.newest(name)
    assert version is not None
    how = registry.derivation(version)
    return how.code_version, {one.name: one.data_version for one in how.inputs}


def test_identical_rows_are_one_version_and_write_nothing(registry: Registry) -> None:
    first = registry.commit(SuiteFigure, figures(1, 2), how("1"))
    before = sorted(registry.state.objects.rglob("*.parquet"))
    second = registry.commit(SuiteFigure, figures(1, 2)[::-1], how("2"))
    assert second.number == first.number == 1 and second.data_version == first.data_version
    assert sorted(registry.state.objects.rglob("*.parquet")) == before


def test_other_rows_are_another_version_and_both_stay_readable(registry: Registry) -> None:
    first = registry.commit(SuiteFigure, figures(1), how("1"))
    second = registry.commit(SuiteFigure, figures(1, 2), how("2"))
    assert (first.number, second.number) == (1, 2)
    assert registry.rows(SuiteFigure, first) == figures(1)
    assert registry.rows(SuiteFigure, second) == figures(1, 2)


def test_a_candidate_is_not_given_out_before_its_checks_pass(registry: Registry) -> None:
    version = registry.commit(SuiteFigure, figures(1), how("1"))
    with pytest.raises(UnpassedVersion, match="evaluation@1 is not passed .it was never checked"):
        registry.passed("evaluation")
    assert registry.record_checks(version, []).status == "passed"
    assert registry.passed("evaluation").number == 1


def test_a_red_blocking_check_fails_the_version_with_its_sentence(registry: Registry) -> None:
    version = registry.record_checks(registry.commit(SuiteFigure, figures(1), how("1")), [red()])
    assert version.status == "failed"
    with pytest.raises(UnpassedVersion, match="check c failed: 3 bad rows"):
        registry.passed("evaluation")
    assert registry.find("evaluation", how("1").recipe) is None


def test_a_red_warning_is_kept_and_does_not_fail(registry: Registry) -> None:
    version = registry.record_checks(registry.commit(SuiteFigure, figures(1), how("1")), [red("warning")])
    assert version.status == "passed"
    assert [one.passed for one in registry.checks(version)] == [False]


def test_a_recipe_is_found_again_and_made_newest_without_new_data(registry: Registry) -> None:
    old = registry.record_checks(registry.commit(SuiteFigure, figures(1), how("1")), [])
    registry.record_checks(registry.commit(SuiteFigure, figures(2), how("2")), [])
    found = registry.find("evaluation", how("1").recipe)
    assert found == old
    registry.reuse(old, how("1"))
    assert registry.newest("evaluation") == old
    assert newest_made(registry, "evaluation") == ("1", {})
    with duckdb.connect(registry.state.views, read_only=True) as connection:
        assert connection.execute("SELECT value FROM evaluation").fetchall() == [(1.0,)]


def test_lineage_names_the_exact_inputs(registry: Registry) -> None:
    source = registry.record_checks(registry.commit(SuiteFigure, figures(1), how("1")), [])
    folder = registry.state.models / "policy" / "x"
    folder.mkdir(parents=True)
    made = Derivation(code_version="7", settings={}, inputs=(source,), run_id="r")
    registry.record_checks(registry.commit_model("policy", folder, "f" * 32, made), [])
    with duckdb.connect(registry.state.views, read_only=True) as connection:
        rows = connection.execute(
            "SELECT name, version, input, input_version, run_id FROM lineage"
        ).fetchall()
    assert rows == [("policy", 1, "evaluation", 1, "r")]
    assert newest_made(registry, "policy") == ("7", {"evaluation": source.data_version})


def test_a_missing_object_is_a_sentence_and_makes_the_recipe_stale(registry: Registry) -> None:
    version = registry.record_checks(registry.commit(SuiteFigure, figures(1), how("1")), [])
    object_path(registry.state.objects, version.content["objects"][0][0]).unlink()
    with pytest.raises(BrokenObject, match="trimtab verify evaluation@1"):
        registry.table(version)
    assert registry.find("evaluation", how("1").recipe) is None


def test_rows_that_were_changed_in_place_are_never_read(registry: Registry) -> None:
    version = registry.commit(SuiteFigure, figures(0.5, 0.25), how("1"))
    (path,) = registry.files(version)
    rows, written = registry.table(version), path.stat()
    changed = rows.set_column(rows.schema.get_field_index("value"), "value", [[0.75, 0.25]])
    pq.write_table(changed, path, compression="zstd", write_page_checksum=True)
    os.utime(path, ns=(written.st_atime_ns, written.st_mtime_ns))
    for read in (registry.table, lambda version: registry.rows(SuiteFigure, version)):
        with pytest.raises(BrokenObject, match="has other rows than were committed, as its file was changed"):
            read(version)
    # the same rows in another encoding are the same rows
    pq.write_table(rows, path, compression="snappy")
    assert registry.table(version).equals(rows)


def test_unknown_names_and_numbers_say_what_there_is(registry: Registry) -> None:
    with pytest.raises(UnknownVersion, match="no dataset or model 'nothing'"):
        registry.versions("nothing")
    with pytest.raises(UnknownVersion, match="has no version yet"):
        registry.passed("nothing")
    registry.commit(SuiteFigure, figures(1), how("1"))
    with pytest.raises(UnknownVersion, match="no evaluation@9: the newest is evaluation@1"):
        registry.version("evaluation", 9)


@pytest.mark.parametrize("name", ["../x", 'a";drop table', "a" * 300, "", "ｅvaluation", "A", "a//b", "1a"])
def test_unusable_names_are_refused(name: str) -> None:
    with pytest.raises(BadInput, match="not usable"):
        validated_name(name)


def test_views_are_replaced_beside_an_open_reader(registry: Registry) -> None:
    registry.record_checks(registry.commit(SuiteFigure, figures(1), how("1")), [])
    with duckdb.connect(registry.state.views, read_only=True) as reader:
        registry.record_checks(registry.commit(SuiteFigure, figures(1, 2), how("2")), [])
        assert reader.execute("SELECT count(*) FROM evaluation").fetchone() == (1,)
    with duckdb.connect(registry.state.views, read_only=True) as reader:
        assert reader.execute("SELECT count(*) FROM evaluation").fetchone() == (2,)
        assert reader.execute('SELECT count(*) FROM by_version."evaluation@1"').fetchone() == (1,)
        assert reader.execute("SELECT count(*) FROM completions").fetchone() == (0,)
        assert reader.execute("SELECT version, status FROM versions ORDER BY 1").fetchall() == [
            (1, "passed"),
            (2, "passed"),
        ]


def test_the_latest_view_is_the_latest_passed(registry: Registry) -> None:
    registry.record_checks(registry.commit(SuiteFigure, figures(1), how("1")), [])
    registry.record_checks(registry.commit(SuiteFigure, figures(1, 2), how("2")), [red()])
    with duckdb.connect(registry.state.views, read_only=True) as reader:
        assert reader.execute("SELECT count(*) FROM evaluation").fetchone() == (1,)
        assert reader.execute('SELECT count(*) FROM by_version."evaluation@2"').fetchone() == (2,)


def _commit_many(root: str, worker: int) -> None:
    registry = Registry(State(Path(root)).prepare())
    for number in range(5):
        version = registry.commit(SuiteFigure, figures(worker, number), how(f"{worker}-{number}"))
        registry.record_checks(version, [])


def test_processes_commit_at_once_and_nothing_is_lost(state: State) -> None:
    finish(started(_commit_many, *[(str(state.root), one) for one in range(3)]))
    registry = Registry(state)
    assert [one.number for one in registry.versions("evaluation")] == list(range(1, 16))
    registry.engine.dispose()
