"""The demo's closing lines: results first, each with its interval, and whoever is worse is called so."""

import io
import re
from functools import partial
from pathlib import Path

import pytest
from rich.console import Console

from assets.building.inputs import GraphModel
from assets.demo.demo import opening, results
from assets.demo.finding import finding
from assets.demo.reasoning import SAMPLES, _best, _voted
from assets.graph import build_graph
from assets.orders.closing import show
from assets.plan import Step
from assets.profile.profile import load_profile
from datasets_registry.registry import Registry
from datasets_registry.rows.cai import SftExample
from datasets_registry.rows.evaluation import EvaluationDifference, SuiteAnswer
from datasets_registry.rows.imported import Problem
from datasets_registry.rows.judges import JudgeFigure
from datasets_registry.rows.rft import Candidate
from datasets_registry.rows.row import Row
from datasets_registry.version import CheckResult, Derivation
from generation.request import Request
from generation.scripted import ScriptedBackend
from tests.rows import make


@pytest.mark.parametrize(
    ("gains", "verdict"),
    [
        ([0.2, 0.3, 0.25, 0.2], "a gain"),
        ([-0.2, -0.3, -0.25, -0.2], "after is worse than before"),
        ([0.2, -0.3, 0.1, -0.1], "no difference is shown"),
        ([0.2], "too few to say"),
    ],
)
def test_the_interval_of_the_difference_decides_the_words(gains: list[float], verdict: str) -> None:
    after = [0.5 + gain for gain in gains]
    found = finding(
        "a result", ("before", [0.5] * len(gains)), ("after", after), num_items=len(gains), of="of these"
    )
    assert found.verdict == verdict and verdict in str(found) and str(found).endswith("of these.")


def test_a_vote_takes_the_most_frequent_answer_and_the_step_model_the_best_solution() -> None:
    answers = [("7", True), ("8", False), ("8", False)]
    group = [
        make(Candidate, f"p{number}", extracted=answer, accepted=right)
        for number, (answer, right) in enumerate(answers)
    ]
    assert _voted(group) == 0 and _best(group, [0.9, 0.5, None]) == 1 and _best(group, [None] * 3) == 0


def _committed(registry: Registry, how: Derivation, row: type[Row], rows: list[Row], name: str = "") -> None:
    registry.record_checks(registry.commit(row, rows, how, name or None), [])


@pytest.fixture
def planted(
    registry: Registry, tiny_model: Path, derivation: Derivation, monkeypatch: pytest.MonkeyPatch
) -> Registry:
    """The laptop's policies as scripted ones: the one after rejection sampling is right more often."""
    problems: list[Row] = [
        make(Problem, f"q{number}", answer="7", split="evaluation", family="symbol_sums")
        for number in range(6)
    ]
    _committed(registry, derivation, Problem, problems)
    for name in ("base_policy", "lab_policy", "rft_policy"):
        version = registry.commit_model(name, tiny_model, name.encode().hex().ljust(64, "0"), derivation)
        registry.record_checks(version, [])

    def opened(_: Registry, model: object, __: object) -> ScriptedBackend:
        every = 1 if "rft" in str(model) else 2
        return ScriptedBackend(lambda asked: _reply(asked, every), model=str(model))

    def _reply(asked: Request, every: int) -> str:
        return "Answer: 7" if asked.sample % every == 0 else "Answer: 8"

    monkeypatch.setattr("assets.demo.reasoning.GraphModel", partial(GraphModel, open_backend=opened))
    monkeypatch.setattr("assets.demo.reasoning._step_model", lambda _: None)
    return registry


def _closing(registry: Registry) -> str:
    printed = io.StringIO()
    results(build_graph(load_profile("laptop")), registry, Console(file=printed, width=400))
    return printed.getvalue()


def test_results_come_with_intervals_and_a_second_look_generates_nothing(
    planted: Registry, derivation: Derivation
) -> None:
    answers = {
        model: [
            make(
                SuiteAnswer,
                f"i{item}",
                model=model,
                suite="helpfulness",
                failure=None,
                grades=[{"name": "kept_one_sentence", "value": float(item < kept)}],
            )
            for item in range(6)
        ]
        for model, kept in (("base_policy", 2), ("sft_policy", 6))
    }
    for model, rows in answers.items():
        _committed(planted, derivation, SuiteAnswer, list(rows), f"evaluation_answers/{model}")
    worse = make(
        EvaluationDifference,
        model="dpo_policy",
        baseline="base_policy",
        category="all",
        suite="capability",
        metric="accuracy",
        better="higher",
        difference=-0.3,
        low=-0.5,
        high=-0.1,
    )
    figure = make(JudgeFigure, judge="base_policy", figure="order_consistency", holds=False, at_least=0.75)
    _committed(planted, derivation, EvaluationDifference, [worse])
    _committed(planted, derivation, JudgeFigure, [figure])
    said = _closing(planted)
    assert f"6 held-out problems, {SAMPLES} samples" in said
    assert re.search(r"lab_policy 0\.50 .*, rft_policy 1\.00 .*; difference \+0\.50 .*: a gain\. ", said)
    assert re.search(r"principles kept: base_policy 0\.33 .*, sft_policy 1\.00 .*: a gain\. 6 held-out", said)
    assert "dpo_policy is worse than base_policy: capability, accuracy -0.30 (-0.50 to -0.10" in said
    assert "shows the machinery alone" in said and "order_consistency" in said
    assert "to generate" not in _closing(planted)


def test_the_opening_says_what_will_be_shown_and_how_long_it_takes() -> None:
    said = list(opening(load_profile("laptop"), [Step("prompts", "never built")], {}))
    assert any("before and after rejection sampling" in line for line in said)
    assert any("by the step model, against a vote" in line for line in said)
    assert "1 asset is to be built" in said[-2] and "prompts (never built)" in said[-1]


def test_names_are_never_cut(registry: Registry, derivation: Derivation) -> None:
    name = "evaluation_answers/of_a_model_whose_name_is_rather_long"
    _committed(registry, derivation, SftExample, [make(SftExample)], name)
    warning = CheckResult(
        check=f"{'share_' * 8}end", passed=False, severity="warning", value=1, threshold=0, description=""
    )
    registry.record_checks(registry.commit(SftExample, [make(SftExample)], derivation, "warned"), [warning])
    printed = io.StringIO()
    show(registry, Console(file=printed, width=80))
    assert name in printed.getvalue() and "…" not in printed.getvalue()
