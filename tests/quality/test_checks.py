"""Every check goes red on its planted fault, and is green on good rows."""

from collections.abc import Sequence
from typing import Any

import pytest

from datasets_registry.hygiene_schemas import HygieneFinding
from datasets_registry.imported_schemas import Demonstration, HumanPreference, Problem
from datasets_registry.registry import Registry
from datasets_registry.row import Row
from datasets_registry.schemas import (
    AiJudgement,
    CompletionPair,
    EvaluationAnswer,
    HelpfulAnswer,
    HelpfulPrompt,
    Metric,
    PreferencePair,
    RedTeamPrompt,
    RevisionStep,
    SftExample,
)
from datasets_registry.version import CheckResult, Derivation, Version
from quality.check import run_check
from quality.checks import CHECKS, checks_of
from tests.rows import make

METRIC = Metric(model="m", kind="helpful", metric="x", value=1, low=None, high=None, num_items=1)
JUDGED = [make(AiJudgement), make(AiJudgement, order="ba", p_first=0.1, verdict="second")]
GOOD: dict[type[Row], list[Row]] = {
    RedTeamPrompt: [make(RedTeamPrompt), make(RedTeamPrompt, "held", split="evaluation")],
    HelpfulPrompt: [make(HelpfulPrompt, "h1"), make(HelpfulPrompt, "held too", split="evaluation")],
    RevisionStep: [make(RevisionStep)],
    HelpfulAnswer: [make(HelpfulAnswer, "h1")],
    SftExample: [make(SftExample, "h1"), make(SftExample, kind="revision")],
    CompletionPair: [make(CompletionPair)],
    AiJudgement: list(JUDGED),
    PreferencePair: [make(PreferencePair)],
    EvaluationAnswer: [make(EvaluationAnswer, "held")],
    Metric: [METRIC],
    Problem: [make(Problem)],
    HumanPreference: [make(HumanPreference)],
    Demonstration: [make(Demonstration)],
    HygieneFinding: [],
}

# (row type, check, the rows that must turn it red)
FAULTS: list[tuple[type[Row], str, Sequence[Row]]] = [
    # to find nothing is good
    *((row, "has_rows", []) for row in GOOD if row is not HygieneFinding),
    (RedTeamPrompt, "no_empty_text", [make(RedTeamPrompt, prompt=" ")]),
    (HelpfulPrompt, "no_empty_text", [make(HelpfulPrompt, prompt="")]),
    *(
        (row, "splits_apart", [make(row), make(row, "x", split="evaluation", split_group="p1")])
        for row in (RedTeamPrompt, HelpfulPrompt, Problem)
    ),
    (RevisionStep, "no_empty_text", [make(RevisionStep, revision=" ")]),
    (RevisionStep, "prompt_equals_source", [make(RevisionStep, prompt="prompt")]),
    (RevisionStep, "no_evaluation_prompt", [make(RevisionStep, "held")]),
    (RevisionStep, "revisions_change", [make(RevisionStep, changed=False)]),
    (HelpfulAnswer, "no_empty_text", [make(HelpfulAnswer, "h1", completion="")]),
    (HelpfulAnswer, "prompt_equals_source", [make(HelpfulAnswer, "unknown")]),
    (HelpfulAnswer, "no_evaluation_prompt", [make(HelpfulAnswer, "held too")]),
    (SftExample, "no_empty_text", [make(SftExample, completion="\t")]),
    (SftExample, "prompt_equals_source", [make(SftExample, prompt="prompt p1 ")]),
    (SftExample, "no_evaluation_prompt", [make(SftExample, split_group="held")]),
    (CompletionPair, "no_empty_text", [make(CompletionPair, completion_b="")]),
    (CompletionPair, "prompt_equals_source", [make(CompletionPair, prompt="other")]),
    (CompletionPair, "no_evaluation_prompt", [make(CompletionPair, split_group="held")]),
    (AiJudgement, "parse_rate", [*JUDGED, make(AiJudgement, "p2", verdict=None, failure="x")]),
    (AiJudgement, "both_orders", [make(AiJudgement)]),
    (AiJudgement, "first_position_share", [make(AiJudgement), make(AiJudgement, order="ba")]),
    (PreferencePair, "no_empty_text", [make(PreferencePair, chosen="")]),
    (PreferencePair, "prompt_equals_source", [make(PreferencePair, prompt="other")]),
    (PreferencePair, "no_evaluation_prompt", [make(PreferencePair, split_group="held too")]),
    (PreferencePair, "chosen_differs", [make(PreferencePair, chosen="two")]),
    (PreferencePair, "label_recomputed", [make(PreferencePair, label="b", chosen="two", rejected="one")]),
    (PreferencePair, "labelled_share", [make(PreferencePair, label="tie", chosen=None, rejected=None)]),
    (EvaluationAnswer, "prompt_equals_source", [make(EvaluationAnswer, "held", prompt="other")]),
    (EvaluationAnswer, "no_training_prompt", [make(EvaluationAnswer, "h1")]),
    (Problem, "no_empty_text", [make(Problem, answer=" ")]),
    (HumanPreference, "no_empty_text", [make(HumanPreference, chosen="")]),
    (HumanPreference, "chosen_differs", [make(HumanPreference, chosen="two")]),
    (Demonstration, "no_empty_text", [make(Demonstration, completion="")]),
    *(
        (row, "near_duplicates_across_splits", [make(row), make(row, "P1!", split="evaluation")])
        for row in (RedTeamPrompt, HelpfulPrompt)
    ),
    (SftExample, "contamination", [make(SftExample, prompt="Prompt, HELD.")]),
    (PreferencePair, "contamination", [make(PreferencePair, chosen="Prompt held too")]),
    *(
        (HygieneFinding, name, [make(HygieneFinding, kind=kind)])
        for name, kind in (
            ("duplicate_share", "near_duplicate"), ("boilerplate_share", "boilerplate"),
            ("refusal_share", "refusal"), ("personal_data", "email"),
            ("language_outlier_share", "language_outlier"),
        )
    ),
]  # fmt: skip


def version_of(registry: Registry, row: type[Row], rows: Sequence[Row]) -> Version:
    """The rows as a passed version."""
    version = registry.commit(row, rows, Derivation(code_version="1", settings={}, inputs=()))
    return registry.record_checks(version, [])


def results(registry: Registry, row: type[Row], rows: Sequence[Row]) -> dict[str, CheckResult]:
    """All checks of ``rows``, everything else being good."""
    good = [version_of(registry, other, kept) for other, kept in GOOD.items() if other is not row]
    version = version_of(registry, row, rows)
    return {one.name: run_check(one, registry, version, good) for one in checks_of(row.dataset)}


@pytest.mark.parametrize("row", GOOD, ids=lambda row: row.dataset)
def test_good_rows_pass_every_check(row: type[Row], registry: Registry) -> None:
    assert [one for one in results(registry, row, GOOD[row]).values() if not one.passed] == []


@pytest.mark.parametrize(("row", "name", "rows"), FAULTS, ids=lambda one: getattr(one, "dataset", None))
def test_a_planted_fault_turns_its_check_red(
    row: type[Row], name: str, rows: Sequence[Row], registry: Registry
) -> None:
    result = results(registry, row, rows)[name]
    assert not result.passed
    assert "wanted at" in result.description


def test_every_check_has_a_planted_fault() -> None:
    planted = {(row.dataset, name) for row, name, _ in FAULTS}
    assert {(one.dataset, one.name) for one in CHECKS} == planted


def verdict(order: str, p_first: float) -> AiJudgement:
    """A judgement of the pair p1."""
    said = "first" if p_first > 0.5 else "second"
    return make(AiJudgement, order=order, p_first=p_first, verdict=said)


@pytest.mark.parametrize(
    ("judgements", "label"),
    [
        ([verdict("ab", 0.9), verdict("ba", 0.1)], {}),
        ([verdict("ab", 0.9), verdict("ba", 0.8)], {"label": "tie", "chosen": None, "rejected": None}),
        ([verdict("ab", 0.1), verdict("ba", 0.9)], {"label": "b", "chosen": "two", "rejected": "one"}),
        ([verdict("ab", 0.9), verdict("ba", 0.7), verdict("aa", 0.8), verdict("bb", 0.8)], {}),
        ([], {"label": "unjudged", "chosen": None, "rejected": None}),
    ],
)
def test_the_recomputed_label_agrees_with_what_the_judge_module_says(
    judgements: list[AiJudgement], label: dict[str, Any], registry: Registry
) -> None:
    version_of(registry, CompletionPair, [make(CompletionPair)])
    version_of(registry, AiJudgement, judgements)
    version = version_of(registry, PreferencePair, [make(PreferencePair, **label)])
    (check,) = [one for one in checks_of("preference_pairs") if one.name == "label_recomputed"]
    assert run_check(check, registry, version, []).passed
