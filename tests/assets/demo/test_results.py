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
from datasets_registry.rows.evaluation import EvaluationDifference
from datasets_registry.rows.imported import Problem
from datasets_registry.rows.judges import JudgeFigure
from datasets_registry.rows.prompts import HelpfulPrompt
from datasets_registry.rows.rft import Candidate
from datasets_registry.rows.row import Row
from datasets_registry.version import CheckResult, Derivation
from generation.request import Request
from generation.scripted import ScriptedBackend
from tests.rows import make

TAUGHT = ("base_policy", "lab_policy", "rft_policy", "rft_control", "rules_policy", "rules_control")


@pytest.mark.parametrize(
    ("gains", "verdict"),
    [
        ([0.2, 0.3, 0.25, 0.2], "a gain"),
        ([-0.2, -0.3, -0.25, -0.2], "a loss"),
        ([0.2, -0.3, 0.1, -0.1], "no difference is shown"),
        ([0.2], "too few to say"),
    ],
)
def test_the_interval_of_the_difference_decides_the_words(gains: list[float], verdict: str) -> None:
    after = [0.5 + gain for gain in gains]
    found = finding(
        "a result", ("before", [0.5] * len(gains)), ("after", after), num_items=len(gains), of="of these"
    )
    assert found.difference.verdict == verdict
    assert str(found).startswith(f"a result: {verdict}") and str(found).endswith("of these.")


def test_a_finding_is_one_sentence_with_its_control() -> None:
    sides = [("before", [0.2, 0.4]), ("after", [0.8, 0.9]), ("control", [0.3, 0.3])]
    before, after, control = ((name, shares * 20) for name, shares in sides)
    found = finding("a result", before, after, control, num_items=40, of="40 prompts")
    assert str(found) == (
        "a result: a gain of +0.55 (+0.53 to +0.57), from before 0.30 (0.27 to 0.33) to after 0.85 "
        "(0.83 to 0.87), on 40 prompts; beside control, which learned as many random finished samples in as "
        "many steps and has 0.30 (0.18 to 0.45), a gain of +0.55 (+0.53 to +0.57)."
    )


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
    prompts: list[Row] = [make(HelpfulPrompt, f"p{number}", split="evaluation") for number in range(6)]
    _committed(registry, derivation, HelpfulPrompt, prompts)
    for name in TAUGHT:
        version = registry.commit_model(name, tiny_model, name.encode().hex().ljust(64, "0"), derivation)
        registry.record_checks(version, [])

    def opened(_: Registry, model: object, __: object) -> ScriptedBackend:
        return ScriptedBackend(partial(_reply, str(model)), model=str(model))

    def _reply(model: str, asked: Request) -> str:
        """All answers of policies that learned what was selected are right, and keep the rules."""
        if model.startswith("rules_policy"):
            return "This prompt is answered."
        return "Answer: 7" if asked.sample % 2 == 0 or model.startswith("rft_policy") else "Answer: 8"

    monkeypatch.setattr("assets.demo.drawn.GraphModel", partial(GraphModel, open_backend=opened))
    monkeypatch.setattr("assets.demo.reasoning._step_model", lambda _: None)
    return registry


def _closing(registry: Registry) -> str:
    printed = io.StringIO()
    results(build_graph(load_profile("laptop")), registry, Console(file=printed, width=400))
    return printed.getvalue()


def test_results_come_with_intervals_and_a_second_look_generates_nothing(
    planted: Registry, derivation: Derivation
) -> None:
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
    assert f"6 held-out problems with {SAMPLES} samples" in said
    for title, before, after, control in (
        ("rejection sampling", "lab_policy 0\\.50", "rft_policy 1\\.00", "rft_control, .* has 0\\.50"),
        ("principles kept", "base_policy 0\\.00", "rules_policy 1\\.00", "rules_control, .* has 0\\.00"),
    ):
        assert re.search(rf"{title}: a gain of .* from {before} .* to {after} .*; beside {control}", said)
    assert "dpo_policy is worse than base_policy: capability, accuracy -0.30 (-0.50 to -0.10" in said
    assert "shows the machinery alone" in said and "order_consistency" in said
    assert "to generate" not in _closing(planted)


def test_the_opening_says_what_will_be_shown_and_how_long_it_takes() -> None:
    said = list(opening(load_profile("laptop"), [Step("prompts", "never built")], {}))
    assert any("before and after rejection sampling" in line for line in said)
    assert any("by the step model, against a vote" in line for line in said)
    assert "1 asset is to be built" in said[-2] and "prompts (never built)" in said[-1]


@pytest.mark.parametrize("width", [80, 120])
def test_no_word_of_the_closing_tables_is_split(
    width: int, registry: Registry, tiny_model: Path, derivation: Derivation
) -> None:
    name, check = "evaluation_answers/of_a_model_whose_name_is_rather_long", f"{'share_' * 8}end"
    warning = CheckResult(check=check, passed=False, severity="warning", value=1, threshold=0, description="")
    version = registry.commit(SftExample, [make(SftExample)], derivation, name)
    registry.record_checks(version, [warning, warning.model_copy(update={"check": "another_share"})])
    for model in ("process_reward_model", "policy_of_a_name_that_is_rather_long"):
        registry.record_checks(registry.commit_model(model, tiny_model, "0" * 64, derivation), [])
    printed = io.StringIO()
    show(registry, Console(file=printed, width=width))
    assert max(map(len, printed.getvalue().splitlines())) <= width
    words = printed.getvalue().split()
    assert {f"{name}@1", "another_share)", "policy_of_a_name_that_is_rather_long@1"} < {*words}
    assert any(check in word for word in words) and "…" not in printed.getvalue()
