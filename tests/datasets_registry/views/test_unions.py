"""Datasets of which there is one per model are shown together under their row type's name."""

import duckdb
import pytest

from datasets_registry.registry import Registry
from datasets_registry.rows.judge_benchmark import JudgeAnswer
from datasets_registry.rows.judges import JudgeFigure
from datasets_registry.version import CheckResult, Derivation
from tests.rows import make

RED = CheckResult(check="holds", passed=False, severity="error", value=1.0, threshold=0.0, description="no")


def publish(registry: Registry, name: str, *judges: str, passed: bool = True) -> None:
    """A version of answers of these judges."""
    rows = [make(JudgeAnswer, judge=judge) for judge in judges]
    how = Derivation(code_version=" ".join((name, *judges)), settings={}, inputs=())
    registry.record_checks(registry.commit(JudgeAnswer, rows, how, name), [] if passed else [RED])


def judges_in(registry: Registry, view: str) -> list[str]:
    """The judges whose answers a view has."""
    with duckdb.connect(registry.state.views, read_only=True) as connection:
        schema = "by_version" if "@" in view else "main"
        found = connection.execute(f'SELECT judge FROM {schema}."{view}" ORDER BY judge').fetchall()
    return [judge for (judge,) in found]


def test_latest_passed_versions_stand_together(registry: Registry) -> None:
    publish(registry, "judge_answers/one", "one")
    assert judges_in(registry, "judge_answers") == ["one"]
    publish(registry, "judge_answers/two", "two", "three")
    assert judges_in(registry, "judge_answers") == ["one", "three", "two"]
    publish(registry, "judge_answers/two", "four")
    publish(registry, "judge_answers/one", "five", passed=False)
    assert judges_in(registry, "judge_answers") == ["four", "one"]
    assert judges_in(registry, "judge_answers/two") == ["four"]


def test_each_place_has_its_own(registry: Registry) -> None:
    publish(registry, "judge_answers/one", "one")
    publish(registry, "round_02/judge_answers/one", "two")
    publish(registry, "round_02/judge_answers/two", "three")
    assert judges_in(registry, "judge_answers") == ["one"]
    assert judges_in(registry, "round_02/judge_answers") == ["three", "two"]


def test_a_place_is_no_row_type(registry: Registry) -> None:
    how = Derivation(code_version="1", settings={}, inputs=())
    figures = registry.commit(JudgeFigure, [make(JudgeFigure)], how, "round_02/judge_certificate")
    registry.record_checks(figures, [])
    publish(registry, "round_02/judge_answers/one", "one")
    with pytest.raises(duckdb.CatalogException):
        judges_in(registry, "round_02")


def test_whichever_was_built_last_has_the_name(registry: Registry) -> None:
    publish(registry, "judge_answers", "whole")
    publish(registry, "judge_answers/one", "one")
    assert judges_in(registry, "judge_answers") == ["one"]
    assert judges_in(registry, "judge_answers@1") == ["whole"]
    publish(registry, "judge_answers", "whole", "again")
    assert judges_in(registry, "judge_answers") == ["again", "whole"]
