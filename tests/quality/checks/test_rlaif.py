"""Checks of AI feedback: each on its planted fault, and recomputed labels against the method's."""

from typing import Any

import pytest

from datasets_registry.registry import Registry
from datasets_registry.rows.rlaif import AiJudgement, CompletionPair, PreferencePair, SignalShare
from datasets_registry.version import Derivation
from methods.rlaif.labels import LabelSettings, label_pairs
from quality.checks.check import run_check
from quality.checks.table import checks_of
from tests.quality.checks.good_rows import JUDGED, Fault, Good, fault_id, require_red, version_of
from tests.rows import make

OPPOSED = [SignalShare(signal="harmlessness", p_a=0.1), SignalShare(signal="helpfulness", p_a=0.9)]
FAULTS: list[Fault] = [
    (CompletionPair, "usable_share", [make(CompletionPair, failure="identical completions")]),
    (CompletionPair, "no_empty_text", [make(CompletionPair, completion_b="")]),
    (CompletionPair, "prompt_equals_source", [make(CompletionPair, prompt="other")]),
    (CompletionPair, "no_evaluation_prompt", [make(CompletionPair, split_group="held")]),
    (AiJudgement, "parse_rate", [*JUDGED, make(AiJudgement, "p2", verdict=None, failure="x")]),
    (AiJudgement, "both_orders", [make(AiJudgement)]),
    (AiJudgement, "verdict_follows_probability", [make(AiJudgement, verdict="second")]),
    (AiJudgement, "failure_has_no_verdict", [make(AiJudgement, failure="error")]),
    (AiJudgement, "first_position_share", [make(AiJudgement), make(AiJudgement, order="ba")]),
    (AiJudgement, "slot_kept_share", [make(AiJudgement), make(AiJudgement, order="ba")]),
    (
        AiJudgement,
        "principle_balance",
        [make(AiJudgement, f"p{place}", principle_id="a") for place in range(30)]
        + [make(AiJudgement, principle_id=name) for name in "bcdef"],
    ),
    (PreferencePair, "no_empty_text", [make(PreferencePair, chosen="")]),
    (PreferencePair, "prompt_equals_source", [make(PreferencePair, prompt="other")]),
    (PreferencePair, "no_evaluation_prompt", [make(PreferencePair, split_group="held too")]),
    (PreferencePair, "chosen_differs", [make(PreferencePair, chosen="two")]),
    (PreferencePair, "label_recomputed", [make(PreferencePair, label="b", chosen="two", rejected="one")]),
    (PreferencePair, "no_truncated_chosen", [make(PreferencePair, "cut")]),
    (PreferencePair, "slot_balance", [make(PreferencePair, f"p{place}") for place in range(20)]),
    (PreferencePair, "tie_share", [make(PreferencePair, label="tie", chosen=None, rejected=None)]),
    (PreferencePair, "unparsed_share", [make(PreferencePair, label="unparsed", chosen=None, rejected=None)]),
    (PreferencePair, "longer_chosen_share", [make(PreferencePair, chosen="longer")]),
    (PreferencePair, "mean_margin", [make(PreferencePair, p_a=0.99)]),
    (PreferencePair, "conflicting_share", [make(PreferencePair, p_signals=OPPOSED)]),
    (PreferencePair, "judges_disagree", [make(PreferencePair, judges_disagree=True)]),
    (PreferencePair, "labelled_share", [make(PreferencePair, label="tie", chosen=None, rejected=None)]),
]


@pytest.mark.parametrize("fault", FAULTS, ids=fault_id)
def test_a_planted_fault_turns_its_check_red(fault: Fault, good: Good) -> None:
    require_red(fault, good)


def verdict(order: str, p_first: float | None, **fields: Any) -> AiJudgement:
    """A judgement of the pair p1."""
    slot = None if p_first is None else "first" if p_first > 0.5 else "second"
    failure = "x" if slot is None else None
    return make(AiJudgement, order=order, p_first=p_first, verdict=slot, failure=failure, **fields)


def both_orders(principle: str, ab: float, ba: float, **fields: Any) -> list[AiJudgement]:
    """A principle's verdicts in both orders."""
    return [
        verdict("ab", ab, principle_id=principle, **fields),
        verdict("ba", ba, principle_id=principle, **fields),
    ]


VERDICTS: list[list[AiJudgement]] = [
    [],
    both_orders("kind", 0.9, 0.1),
    both_orders("kind", 0.9, 0.8),
    both_orders("kind", 0.1, 0.9),
    both_orders("kind", 0.505, 0.4),
    [verdict("ab", 0.9), verdict("ba", 0.7), verdict("aa", 0.8), verdict("bb", 0.6)],
    [verdict("ab", None), verdict("ba", 0.7)],
    [verdict("ab", 0.9)],
    both_orders("kind", 0.9, 0.1) + both_orders("brief", 0.2, 0.6),
    both_orders("kind", 0.9, 0.1) + both_orders("brief", 0.2, 0.6, judge="judge_other"),
    [*both_orders("kind", 0.9, 0.1), verdict("ab", None, principle_id="brief")],
    both_orders("kind", 0.9, 0.1) + both_orders("true", 0.1, 0.95, signal="honesty"),
    both_orders("true", 0.1, 0.95, signal="honesty"),
]
SETTINGS = [
    LabelSettings(),
    LabelSettings(clamp=(0.4, 0.6)),
    LabelSettings(tie_logit=1.5),
    LabelSettings(weights={"helpful": {"helpfulness": 1, "honesty": 3}}),
    LabelSettings(weights={"red_team": {"harmlessness": 1}}),
]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_the_recomputed_label_agrees_with_the_label_whatever_the_verdicts_and_settings(
    settings: LabelSettings, registry: Registry
) -> None:
    pairs = [make(CompletionPair, f"p{place}") for place in range(len(VERDICTS))]
    judgements = [
        judgement.model_copy(update={"pair_id": f"pair p{place}"})
        for place, judged in enumerate(VERDICTS)
        for judgement in judged
    ]
    inputs = version_of(registry, CompletionPair, pairs), version_of(registry, AiJudgement, judgements)
    how = Derivation(code_version="1", settings=settings.model_dump(mode="json"), inputs=inputs)
    labelled = label_pairs(pairs, judgements, settings)
    version = registry.commit(PreferencePair, labelled, how)
    (check,) = [check for check in checks_of("preference_pairs") if check.name == "label_recomputed"]
    result = run_check(check, registry, version, inputs)
    assert result.passed, result.description
    assert len({pair.label for pair in labelled}) >= 2


def test_a_figure_of_no_labels_is_nothing_to_measure_and_never_nan(
    registry: Registry, derivation: Derivation
) -> None:
    ties = [make(PreferencePair, label="tie", chosen=None, rejected=None)]
    version = registry.commit(PreferencePair, ties, derivation)
    (check,) = [check for check in checks_of("preference_pairs") if check.name == "slot_balance"]
    result = run_check(check, registry, version, ())
    assert (result.value, result.passed) == (None, False)
    assert "nothing to measure" in result.description
