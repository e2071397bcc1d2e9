"""Rows that make a check red are found by SQL that a person can paste, whatever the check's SQL is like."""

from collections.abc import Sequence

import dagster as dg
import pytest

from assets.ui.metadata import check_results
from assets.ui.red import details_of
from datasets_registry.registry import Registry
from datasets_registry.rows.prompts import HelpfulPrompt
from datasets_registry.rows.rlaif import AiJudgement, CompletionPair, PreferencePair
from datasets_registry.rows.row import Row
from datasets_registry.version import Derivation, Version
from datasets_registry.views.asking import ask
from quality.auditing.publishing import publish
from quality.auditing.red.offenders import find_offenders
from quality.checks.check import Check
from tests.quality.checks.good_rows import LABEL_SETTINGS
from tests.rows import make


def published(registry: Registry) -> Version:
    """Pairs of a round of which one chooses what it rejects, with the labels' inputs."""

    def made(row: type[Row], rows: Sequence[Row], *inputs: Version) -> Version:
        how = Derivation(code_version="1", settings=LABEL_SETTINGS | {"secret": "x" * 999}, inputs=inputs)
        return publish(registry, row, rows, how, f"line/round_01/{row.dataset}")

    prompts = made(HelpfulPrompt, [make(HelpfulPrompt, name) for name in ("p1", "p2")])
    pairs = made(CompletionPair, [make(CompletionPair, name) for name in ("p1", "p2")], prompts)
    judged = made(AiJudgement, [make(AiJudgement, order=order) for order in ("ab", "ba")], pairs)
    same = make(PreferencePair, "p2", chosen="same <b>text</b> \u202e`", rejected="same <b>text</b> \u202e`")
    return made(PreferencePair, [make(PreferencePair), same], prompts, pairs, judged)


def test_a_red_check_shows_its_rows_and_sql_that_finds_them_again(registry: Registry) -> None:
    version = published(registry)
    results = check_results("pairs", registry.checks(version), (), details_of(registry, version))
    red = {result.check_name: result.metadata for result in results if not result.passed}
    assert {"chosen_differs", "label_recomputed", "unparsed_share"} & red.keys() >= {"chosen_differs"}
    for name, parts in red.items():
        assert {"n", "bound", "studio", "what_to_do"} <= parts.keys(), name
        sql = parts["sql"]
        assert isinstance(sql, dg.TextMetadataValue) and sql.text is not None and "xxx" not in sql.text
        _, rows = ask(registry.state, sql.text)
        table = parts.get("offending_rows")
        if isinstance(table, dg.TableMetadataValue):
            assert len(rows) == len(table.records), name
    assert "chosen_differs" in red and "offending_rows" in red["chosen_differs"]
    table = red["chosen_differs"]["offending_rows"]
    assert isinstance(table, dg.TableMetadataValue)
    ((pair_id, chosen, rejected),) = [tuple(record.data.values()) for record in table.records]
    assert pair_id == make(PreferencePair, "p2").pair_id and chosen == rejected == "same <b>text</b> \\u202e`"
    passed = [result for result in results if result.passed]
    assert passed and all(set(result.metadata) <= {"value"} for result in passed)


ODD = (
    Check("preference_pairs", "longest", "SELECT max(length(chosen)) FROM this", "x", at_most=1),
    Check("preference_pairs", "united", "SELECT 1 UNION ALL SELECT 2 LIMIT 1", "x", at_most=0),
    Check("preference_pairs", "counted", "select COUNT(1) from this", "x", at_most=0),
    Check("preference_pairs", "nested", "SELECT count(*) FROM (VALUES ((1))) AS one(x)", "x", at_most=0),
)


@pytest.mark.parametrize("check", ODD, ids=lambda check: check.name)
def test_a_check_that_is_written_otherwise_still_says_its_sql(check: Check, registry: Registry) -> None:
    version = published(registry)
    offenders = find_offenders(check, 1.0, registry, version, ())
    assert offenders.sql is not None
    _, rows = ask(registry.state, offenders.sql)
    assert len(rows) == 1 and len(offenders.rows) == (check.name == "nested")
