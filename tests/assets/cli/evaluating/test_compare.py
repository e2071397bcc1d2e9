"""compare and report: from stored rows alone, and refused in a sentence where there are none."""

import json
from pathlib import Path

import pytest

from assets.cli.evaluating.compare import missing
from datasets_registry.errors import BadInput, UnpassedVersion
from datasets_registry.registry import Registry
from datasets_registry.rows.evaluation import EvaluationDifference, SuiteAnswer, SuiteFigure
from datasets_registry.version import CheckResult, Derivation
from methods.evaluation.suites.named import SUITES
from tests.assets.cli.evaluating.planted import PLANTED, SUITE, publish_answers
from tests.assets.cli.trained import run
from tests.quality.evaluation.evaluated import BASELINE, HOSTILE, MODEL, answer, difference, figure

RED = CheckResult(check="holds", passed=False, severity="error", value=1.0, threshold=0.0, description="no")


@pytest.fixture
def evaluated(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """Two models that differ in thirty of a hundred and twenty answers."""
    monkeypatch.setitem(SUITES, SUITE, PLANTED)
    publish_answers(registry, MODEL, 30)
    publish_answers(registry, BASELINE, 60, "Another one.")
    return registry


def test_differences_are_counted_from_stored_answers(evaluated: Registry) -> None:
    shown = json.loads(run("compare", MODEL, BASELINE, "--json").stdout)
    row, *composite = shown["differences"]
    # one suite is no composite of three
    assert {each["suite"] for each in composite} == {"composite"}
    assert all(each["difference"] is None for each in composite)
    assert row["difference"] == pytest.approx(-0.25) and row["num_pairs"] == 120
    assert row["low"] < -0.25 < row["high"] < 0 and row["p_holm"] < 0.001
    assert shown["versions"] == [
        f"{SuiteAnswer.dataset}/{MODEL}@1",
        f"{SuiteAnswer.dataset}/{BASELINE}@1",
        "evaluation_items@1",
    ]
    table = run("compare", MODEL, BASELINE).stdout
    assert "-0.25" in table and "better" in table and "120" in table
    # what neither has stands in a line of its own, and is no row
    assert "not measured: composite (" in table and "│ composite" not in table
    assert "30 answers flipped; the first 5:" in table
    assert "baseline [-Another one-]. 30" in table and "model    {+An answer+}. 30" in table
    assert "first" not in run("compare", MODEL, BASELINE, "--rows", "0").stdout
    assert [flip["item"]["item_id"] for flip in shown["flips"]] == [f"item{n}" for n in range(30, 60)]
    # the other way round it is worse by as much
    assert "0.25" in (turned := run("compare", BASELINE, MODEL).stdout) and "worse" in turned


def test_stored_differences_are_taken_while_they_are_of_these_answers(evaluated: Registry) -> None:
    answers = tuple(evaluated.passed(f"{SuiteAnswer.dataset}/{model}") for model in (MODEL, BASELINE))
    how = Derivation(code_version="1", settings={}, inputs=answers)
    stored = evaluated.commit(EvaluationDifference, [difference("stored")], how)
    evaluated.record_checks(stored, [])
    figures = evaluated.commit(SuiteFigure, [figure(MODEL, "stored"), figure(BASELINE, "stored")], how)
    evaluated.record_checks(figures, [])
    assert "stored" in run("compare", MODEL, BASELINE).stdout
    publish_answers(evaluated, MODEL, 31)
    assert "stored" not in run("compare", MODEL, BASELINE).stdout


def test_missing_answers_are_counted_with_their_reason() -> None:
    cut = answer(MODEL, 1).model_copy(update={"failure": "truncated"})
    assert missing([answer(MODEL, 0), cut, answer(BASELINE, 0)]) == [
        f"{MODEL}: 1 of 2 answers are missing (truncated: 1)"
    ]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("compare", MODEL, MODEL), f"'{MODEL}' cannot be compared with itself"),
        (("report", MODEL, "--against", MODEL), f"'{MODEL}' cannot be compared with itself"),
        (("compare", MODEL, "nobody"), f"no model 'nobody': evaluated are {BASELINE}, {MODEL}"),
        (("report", "nobody"), "no model 'nobody'"),
        (("compare", MODEL, "given"), "'given' is not evaluated yet .*`trimtab evaluate given`"),
        (
            ("compare", MODEL, BASELINE, "--suite", "manners"),
            f"nothing measured 'manners': .* are composite, {SUITE}",
        ),
        (("report", MODEL, "--out", "nowhere/report.html"), "there is no folder nowhere"),
        (("report", MODEL, "--out", "."), "is a folder: name a file"),
    ],
)
def test_what_cannot_be_shown_is_refused_with_a_remedy(
    words: tuple[str, ...],
    says: str,
    evaluated: Registry,
    tiny_model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    how = Derivation(code_version="1", settings={}, inputs=())
    evaluated.record_checks(evaluated.commit_model("given", tiny_model, "f", how), [])
    before = sorted(tmp_path.glob("*.html"))
    with pytest.raises(BadInput, match=says):
        run(*words)
    assert sorted(tmp_path.glob("*.html")) == before


def test_nothing_is_evaluated_yet(registry: Registry) -> None:
    with pytest.raises(BadInput, match="no model is evaluated yet"):
        run("report", MODEL)


def test_answers_that_did_not_pass_are_named(registry: Registry) -> None:
    version = publish_answers(registry, MODEL, 30)
    registry.record_checks(version, [RED])
    with pytest.raises(UnpassedVersion, match="check holds failed"):
        run("report", MODEL)


def test_a_page_is_written_from_stored_answers(evaluated: Registry, tmp_path: Path) -> None:
    publish_answers(evaluated, MODEL, 30, HOSTILE[:90])
    file = tmp_path / "page.html"
    shown = json.loads(run("report", MODEL, "--against", BASELINE, "--out", str(file), "--json").stdout)
    assert shown["file"] == str(file) and f"{SuiteAnswer.dataset}/{MODEL}@2" in shown["versions"]
    text = file.read_text()
    assert f"{MODEL} against {BASELINE}" in text and "-0.25" in text and "<script" not in text
    assert run("report", BASELINE, "--out", str(file)).stdout == f"wrote {file}\n"
