"""principles and judges: what each principle did, and how far each judge can be trusted."""

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from assets.cli.commands import app
from datasets_registry.errors import BadInput
from datasets_registry.rows.cai import RevisionStep
from datasets_registry.rows.judge_benchmark import BenchmarkFigure
from datasets_registry.rows.judges import JudgeFigure, PrincipleFigure
from datasets_registry.rows.oversight.report import OversightFigure
from datasets_registry.rows.row import Row
from datasets_registry.version import Derivation
from tests.rows import make
from tests.traced import Traced


def output_of(*arguments: str) -> str:
    """What the command prints."""
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture
def audited(traced: Traced) -> Traced:
    """The registry with a history, an audit and a certificate."""
    how = Derivation(code_version="1", settings={}, inputs=())
    rows: list[tuple[type[Row], list[Row]]] = [
        (PrincipleFigure, [make(PrincipleFigure), make(PrincipleFigure, principle_id="unused", num_pairs=0)]),
        (JudgeFigure, [make(JudgeFigure), make(JudgeFigure, figure="longer_share", holds=False)]),
        (BenchmarkFigure, [make(BenchmarkFigure), make(BenchmarkFigure, judge="longest", value=0.6)]),
        (OversightFigure, [make(OversightFigure), make(OversightFigure, part="naive", flagged=True)]),
        (RevisionStep, [make(RevisionStep), make(RevisionStep, "p2", changed=False)]),
    ]
    for row, ones in rows:
        traced.registry.record_checks(traced.registry.commit(row, ones, how), [])
    return traced


def test_principles_are_listed_with_what_they_did(audited: Traced) -> None:
    rows: list[dict[str, Any]] = json.loads(output_of("principles", "--json"))
    assert [row["principle_id"] for row in rows] == ["kind", "unused"]
    assert "mean_margin" in output_of("principles") and "unused" in output_of("principles")


def test_a_principle_shows_the_rows_it_did_least_for(audited: Traced) -> None:
    shown = json.loads(output_of("principles", "kind", "--json"))
    steps, pairs = shown["weakest"]["cai_revisions"], shown["weakest"]["preference_pairs"]
    assert steps[0]["row"] == "p2/1" and not steps[0]["changed"]
    assert pairs and pairs == sorted(pairs, key=lambda pair: abs(pair["p_a"] - 0.5))
    assert "trimtab explain preference_pairs ROW" in output_of("principles", "kind")
    with pytest.raises(BadInput, match="no principle 'nobody': it has kind, unused"):
        output_of("principles", "nobody")


def test_judges_show_their_certificate(audited: Traced) -> None:
    rows = json.loads(output_of("judges", "--json"))
    assert {row["figure"]: row["holds"] for row in rows} == {"parse_rate": True, "longer_share": False}
    assert "longer_share" in output_of("judges")


def test_judges_show_how_they_do_on_suites(audited: Traced) -> None:
    rows = json.loads(output_of("judges", "--suites", "--json"))
    assert {row["judge"]: row["value"] for row in rows} == {"base_policy": 0.8, "longest": 0.6}
    assert "num_clusters" in output_of("judges", "--suites")


def test_those_found_out_stand_first_in_the_report_on_oversight(audited: Traced) -> None:
    rows = json.loads(output_of("judges", "--oversight", "--json"))
    assert [(row["part"], row["flagged"]) for row in rows] == [("naive", True), ("debate", False)]
    assert "num_missing" in output_of("judges", "--oversight")
