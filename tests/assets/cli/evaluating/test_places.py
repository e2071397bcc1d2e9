"""Models of rounds are found by name, wherever their answers lie, and paired on the same items alone."""

import json
from pathlib import Path
from typing import Any

import pytest

from assets.ui.suites import figure_pages
from datasets_registry.errors import BadInput
from datasets_registry.registry import Registry
from datasets_registry.rows.evaluation import SuiteAnswer, SuiteFigure
from datasets_registry.version import Derivation
from methods.evaluation.suites.named import SUITES
from quality.evaluation.report.places import model_of, places
from tests.assets.cli.evaluating.planted import AT, PLANTED, POLICY, SUITE, publish_answers, publish_round
from tests.assets.cli.trained import run
from tests.quality.evaluation.evaluated import BASELINE, figure

ALIAS = "iterative_dpo/policy"
BEHIND = "iterative_dpo/round_03/policy"


@pytest.fixture
def measured(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """A model of the main place, whose figures a test can count."""
    monkeypatch.setitem(SUITES, SUITE, PLANTED)
    publish_answers(registry, BASELINE, 60)
    return registry


def compared(*models: str) -> Any:
    """What `trimtab compare` says of two models."""
    return json.loads(run("compare", *models, "--json").stdout)


def test_a_policy_of_a_round_is_compared_by_its_name(measured: Registry, tiny_model: Path) -> None:
    publish_round(measured, tiny_model, POLICY)
    shown = compared(POLICY, BASELINE)
    row = shown["differences"][0]
    assert (row["model"], row["baseline"], row["num_pairs"]) == (POLICY, BASELINE, 120)
    assert row["difference"] == pytest.approx(-0.25)
    assert f"{AT}evaluation_answers/policy@1" in shown["versions"]
    assert places(measured)[POLICY] == [f"{AT}evaluation_answers/policy"]


def test_a_baseline_that_is_measured_twice_is_taken_where_both_were_asked_the_same(
    measured: Registry, tiny_model: Path
) -> None:
    publish_round(measured, tiny_model, POLICY, BASELINE, question="And what is that?")
    assert places(measured)[BASELINE] == [
        f"evaluation_answers/{BASELINE}",
        f"{AT}evaluation_answers/{BASELINE}",
    ]
    shown = compared(POLICY, BASELINE)
    assert shown["versions"] == [
        f"{AT}evaluation_answers/policy@1",
        f"{AT}evaluation_answers/{BASELINE}@1",
        f"{AT}evaluation_items@1",
    ]


def test_models_that_were_asked_other_items_are_refused_with_the_remedy(
    measured: Registry, tiny_model: Path, tmp_path: Path
) -> None:
    publish_round(measured, tiny_model, POLICY, question="And what is that?")
    says = (
        rf"{POLICY} was asked {AT}evaluation_items@1; {BASELINE} was asked evaluation_items@1; answers to "
        r"different items are no pairs: name both in \[evaluation\] of one profile, then `trimtab evaluate"
    )
    page = tmp_path / "page.html"
    for words in (
        ("compare", POLICY, BASELINE),
        ("report", POLICY, "--against", BASELINE, "--out", str(page)),
    ):
        with pytest.raises(BadInput, match=says):
            run(*words)
    assert not page.exists()
    # alone it has its page
    run("report", POLICY, "--out", str(page))
    assert POLICY in page.read_text()


def test_an_alias_of_the_same_weights_shows_the_answers_of_the_model_that_gave_them(
    measured: Registry, tiny_model: Path
) -> None:
    publish_round(measured, tiny_model, POLICY, weights="w")
    how = Derivation(code_version="alias", settings={}, inputs=())
    alias = measured.commit_model(ALIAS, tiny_model, "w", how)
    measured.record_checks(alias, [])
    result = run("compare", ALIAS, BASELINE, "--json")
    assert f"{ALIAS} has the weights of {POLICY}, whose answers these are" in result.stderr
    assert json.loads(result.stdout)["model"] == POLICY
    with pytest.raises(BadInput, match=f"{ALIAS} and {POLICY} have the same weights, .* nothing differs"):
        run("compare", ALIAS, POLICY)
    measured.record_checks(measured.commit_model(ALIAS, tiny_model, "others", how), [])
    with pytest.raises(BadInput, match=f"'{ALIAS}' is not evaluated yet"):
        run("compare", ALIAS, BASELINE)


def test_a_round_behind_a_stop_shows_the_answers_of_the_policy_that_it_passes_on(
    measured: Registry, tiny_model: Path
) -> None:
    publish_round(measured, tiny_model, POLICY, weights="w")
    how = Derivation(code_version="passed on", settings={}, inputs=())
    measured.record_checks(measured.commit_model(BEHIND, tiny_model, "w", how), [])
    name = BEHIND.replace("policy", "evaluation_answers/policy")
    measured.record_checks(measured.commit(SuiteAnswer, [], how, name), [])
    assert compared(BEHIND, BASELINE)["model"] == POLICY
    with pytest.raises(BadInput, match="have the same weights"):
        run("compare", BEHIND, POLICY)


def test_the_name_of_a_model_is_that_of_its_place_or_of_one_from_outside(
    measured: Registry, tiny_model: Path
) -> None:
    publish_round(measured, tiny_model, POLICY, "other")
    newest = [measured.newest(f"{AT}evaluation_answers/{name}") for name in ("policy", "other")]
    assert [model_of(measured, version) for version in newest if version] == [POLICY, "other"]


def test_figures_of_a_round_have_pages_by_the_models_full_name(measured: Registry, tiny_model: Path) -> None:
    publish_round(measured, tiny_model, POLICY)
    answers = measured.passed(f"{AT}evaluation_answers/policy")
    how = Derivation(code_version="1", settings={}, inputs=(answers,))
    figures = measured.commit(SuiteFigure, [figure(POLICY)], how, f"{AT}{SuiteFigure.dataset}")
    assert list(figure_pages(measured, figures)) == [f"page_{POLICY}"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("compare", POLICY[:-1], BASELINE), rf"no model .* \(did you mean '{POLICY}'\?\)"),
        (("compare", POLICY, BASELINE, "--suite", "harmlesness"), r"\(did you mean 'harmlessness'\?\)"),
    ],
)
def test_a_name_that_is_nearly_one_says_which(
    words: tuple[str, ...], says: str, measured: Registry, tiny_model: Path
) -> None:
    publish_round(measured, tiny_model, POLICY)
    with pytest.raises(BadInput, match=says):
        run(*words)
