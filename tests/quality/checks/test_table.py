"""Every check goes red on its planted fault, and is green on good rows."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from datasets_registry.registry import Registry
from datasets_registry.rows.cai import HelpfulAnswer, RevisionStep, SftExample
from datasets_registry.rows.evaluation import EvaluationAnswer, Metric
from datasets_registry.rows.hygiene import HygieneFinding
from datasets_registry.rows.imported import Demonstration, HumanPreference, Problem
from datasets_registry.rows.judges import CompletionScore, HumanAgreement, JudgeFigure, PrincipleFigure
from datasets_registry.rows.prm import Solution, StepLabels, StepRollout
from datasets_registry.rows.prompts import HelpfulPrompt, RedTeamPrompt
from datasets_registry.rows.rft import Candidate, GoldSolution, GoldVerdict, RftSelection, VerifiedPair
from datasets_registry.rows.rlaif import AiJudgement, CompletionPair, PreferencePair
from datasets_registry.rows.row import Row
from datasets_registry.state import State
from datasets_registry.version import CheckResult, Derivation, Version
from methods.rlaif.labels import LabelSettings, label_pairs
from quality.checks.check import run_check
from quality.checks.table import CHECKS, checks_of
from tests.rows import make

LABELS = {"weights": {"helpful": {"helpfulness": 1}}, "clamp": None, "tie_logit": 0.01}
METRIC = Metric(model="m", kind="helpful", metric="x", value=1, low=None, high=None, num_items=1)
JUDGED = [make(AiJudgement), make(AiJudgement, order="ba", p_first=0.1, verdict="second")]
CUT = make(CompletionPair, "cut", finish_reason_a="length", failure="completion a: truncated")
UNJUDGED = make(
    PreferencePair, "cut", label="unjudged", p_a=None, p_helpfulness=None, chosen=None, rejected=None
)
RIGHT_STEPS = ["1 + 1 = 2", "2 + 2 = 4", "Answer: 4"]
RIGHT: dict[str, Any] = {"solution_id": "s2", "completions": RIGHT_STEPS, "accepted": True}
UNPROBED = make(
    StepLabels,
    **RIGHT,
    labels=[None, None, True],
    implied=[True, True, None],
    soft=[None, None, 1.0],
    low=[None, None, 1.0],
    high=[None, None, 1.0],
    num_accepted=[0, 0, 1],
    num_rollouts=[0, 0, 1],
    probed=[False, False, True],
    stops=[None, None, "outcome"],
    first_error=0,
    num_tokens=0,
)
ROLLOUTS = [make(StepRollout), make(StepRollout, step=2, accepted=False, reason="another answer")]
GOOD: dict[type[Row], list[Row]] = {
    RedTeamPrompt: [make(RedTeamPrompt), make(RedTeamPrompt, "held", split="evaluation")],
    HelpfulPrompt: [
        make(HelpfulPrompt, "h1"),
        make(HelpfulPrompt, "cut"),
        make(HelpfulPrompt, "held too", split="evaluation"),
    ],
    RevisionStep: [make(RevisionStep), make(RevisionStep, step=2, draft="better", revision="best")],
    HelpfulAnswer: [make(HelpfulAnswer, "h1")],
    SftExample: [make(SftExample, "h1"), make(SftExample, kind="revision", step=1)],
    CompletionPair: [make(CompletionPair), CUT],
    AiJudgement: list(JUDGED),
    PreferencePair: [make(PreferencePair), UNJUDGED],
    CompletionScore: [make(CompletionScore)],
    HumanAgreement: [make(HumanAgreement)],
    JudgeFigure: [make(JudgeFigure)],
    PrincipleFigure: [make(PrincipleFigure)],
    EvaluationAnswer: [make(EvaluationAnswer, "held")],
    Metric: [METRIC],
    Problem: [make(Problem), make(Problem, "held", split="evaluation")],
    GoldSolution: [make(GoldSolution)],
    GoldVerdict: [make(GoldVerdict)],
    Candidate: [
        make(Candidate, num_draws=2),
        make(
            Candidate,
            num_draws=2,
            sample=1,
            accepted=False,
            completion="2+2=5\nA:5",
            reason="5 is not 4",
            completion_key="w",
        ),
    ],
    RftSelection: [make(RftSelection)],
    VerifiedPair: [make(VerifiedPair)],
    HumanPreference: [make(HumanPreference)],
    Demonstration: [make(Demonstration)],
    HygieneFinding: [],
    Solution: [
        make(Solution),
        make(Solution, **RIGHT, completion="\n".join(RIGHT_STEPS), reason=None),
        make(Solution, solution_id="s3", finish_reason="length", failure="truncated"),
    ],
    StepRollout: list(ROLLOUTS),
    StepLabels: [make(StepLabels), UNPROBED],
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
    (RevisionStep, "steps_follow", [make(RevisionStep), make(RevisionStep, step=2)]),
    (RevisionStep, "change_recomputed", [make(RevisionStep, changed=False)]),
    (RevisionStep, "revisions_change", [make(RevisionStep, changed=False)]),
    (RevisionStep, "controls_stay", [make(RevisionStep, "h1", kind="helpful")]),
    (RevisionStep, "harmlessness_gain", [make(RevisionStep, harmlessness=2.0)]),
    (HelpfulAnswer, "no_empty_text", [make(HelpfulAnswer, "h1", completion="")]),
    (HelpfulAnswer, "prompt_equals_source", [make(HelpfulAnswer, "unknown")]),
    (HelpfulAnswer, "no_evaluation_prompt", [make(HelpfulAnswer, "held too")]),
    (SftExample, "no_empty_text", [make(SftExample, completion="\t")]),
    (SftExample, "prompt_equals_source", [make(SftExample, prompt="prompt p1 ")]),
    (SftExample, "no_evaluation_prompt", [make(SftExample, split_group="held")]),
    (SftExample, "no_truncated_completion", [make(SftExample, "h1", completion_key="cut")]),
    (SftExample, "revision_share", [make(SftExample, "h1")]),
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
        + [make(AiJudgement, principle_id=one) for one in "bcdef"],
    ),
    (CompletionScore, "parse_rate", [make(CompletionScore, score=None, reward=None, probabilities=[])]),
    (CompletionScore, "score_recomputed", [make(CompletionScore, score=6.0)]),
    (HumanAgreement, "agreement_recomputed", [make(HumanAgreement, agrees=False)]),
    (JudgeFigure, "required_figures_hold", [make(JudgeFigure, holds=None)]),
    (JudgeFigure, "figures_hold", [make(JudgeFigure, holds=False, required=False)]),
    (PrincipleFigure, "every_principle_judges", [make(PrincipleFigure, num_critiques=0, num_pairs=0)]),
    (PrincipleFigure, "revisions_win", [make(PrincipleFigure, win_rate=0.3)]),
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
    (PreferencePair, "judges_disagree", [make(PreferencePair, judges_disagree=True)]),
    (PreferencePair, "labelled_share", [make(PreferencePair, label="tie", chosen=None, rejected=None)]),
    (EvaluationAnswer, "prompt_equals_source", [make(EvaluationAnswer, "held", prompt="other")]),
    (EvaluationAnswer, "no_training_prompt", [make(EvaluationAnswer, "h1")]),
    (Problem, "no_empty_text", [make(Problem, answer=" ")]),
    (Problem, "solution_gives_answer", [make(Problem, solution="A:5", steps=["A:5"])]),
    (
        Problem,
        "no_problem_in_both_splits",
        [make(Problem), make(Problem, "x", prompt="Prompt p1", split="evaluation")],
    ),
    (
        Problem,
        "contaminated_share",
        [make(Problem), make(Problem, "x", prompt="prompt: p1!", split="evaluation")],
    ),
    (GoldVerdict, "gold_accepted", [make(GoldVerdict, accepted=False, reason="no final answer")]),
    (GoldSolution, "no_empty_text", [make(GoldSolution, completion=" ")]),
    *(
        (row, "no_evaluation_problem", [make(row, "held")])
        for row in (GoldSolution, Candidate, RftSelection, VerifiedPair)
    ),
    *(
        (row, "prompt_equals_source", [make(row, prompt="prompt p1\n\nThe answer is 4.")])
        for row in (GoldSolution, Candidate, RftSelection, VerifiedPair)
    ),
    (Candidate, "verdict_or_reason", [make(Candidate, accepted=False)]),
    (Candidate, "no_truncated_accepted", [make(Candidate, finish_reason="length")]),
    (Candidate, "counts_recomputed", [make(Candidate, num_draws=2)]),
    (
        Candidate,
        "acceptance_by_difficulty",
        [make(Candidate, sample=place, accepted=False) for place in range(20)],
    ),
    (Candidate, "acceptance", [make(Candidate, sample=place) for place in range(20)]),
    (Candidate, "failed_share", [make(Candidate, finish_reason="length", accepted=False)]),
    (RftSelection, "no_empty_text", [make(RftSelection, completion="")]),
    (RftSelection, "only_accepted", [make(RftSelection, completion="2+2=5\nA:5", completion_key="w")]),
    (
        RftSelection,
        "distinct_paths",
        [make(RftSelection), make(RftSelection, rank=2, completion="2 + 2 = 4")],
    ),
    (RftSelection, "no_duplicates", [make(RftSelection), make(RftSelection, rank=2, path=None)]),
    (
        RftSelection,
        "hint_stripped",
        [make(RftSelection, kind="rationalised", completion="Given that the answer is 4: 2+2=4")],
    ),
    (RftSelection, "easy_share", [make(RftSelection, pass_rate=1.0)]),
    (VerifiedPair, "chosen_is_right", [make(VerifiedPair, chosen_key="w", rejected_key="k")]),
    (VerifiedPair, "no_empty_text", [make(VerifiedPair, chosen="2+2=5\nA:5")]),
    (VerifiedPair, "longer_chosen_share", [make(VerifiedPair, num_tokens_chosen=11)]),
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
            ("duplicate_share", "near_duplicate"),
            ("boilerplate_share", "boilerplate"),
            ("refusal_share", "refusal"),
            ("personal_data", "email"),
            ("language_outlier_share", "language_outlier"),
        )
    ),
    (Solution, "no_empty_text", [make(Solution, answer=" ")]),
    *((row, "no_evaluation_problem", [make(row, split_group="held")]) for row in (Solution, StepLabels)),
    (Solution, "steps_give_completion", [make(Solution, separator=" ")]),
    (Solution, "no_blank_step", [make(Solution, completion="a\n \nb", completions=["a", " ", "b"])]),
    (Solution, "merged_step_share", [make(Solution, completions=["1 + 1 = 2, 2 + 2 = 5", "Answer: 5"])]),
    (Solution, "truncated_has_failure", [make(Solution, finish_reason="length")]),
    (Solution, "failed_share", [make(Solution, failure="truncated")]),
    (StepRollout, "verdict_unless_error", [make(StepRollout, finish_reason="error")]),
    (StepRollout, "no_truncated_accepted", [make(StepRollout, finish_reason="length")]),
    (StepRollout, "samples_follow", [make(StepRollout), make(StepRollout, sample=2)]),
    (StepRollout, "steps_of_solutions", [make(StepRollout, step=3)]),
    (StepRollout, "steps_of_solutions", [make(StepRollout, solution_id="s3")]),
    (StepRollout, "accepted_share", [make(StepRollout)]),
    (StepRollout, "parse_rate", [make(StepRollout, accepted=False, extracted=None)]),
    (StepRollout, "truncated_share", [make(StepRollout, accepted=False, finish_reason="length")]),
    (StepRollout, "failed_share", [make(StepRollout, accepted=None, finish_reason="error")]),
    (StepLabels, "lists_agree", [make(StepLabels, implied=[None, None])]),
    (StepLabels, "unprobed_is_null", [make(StepLabels, probed=[True, False, True])]),
    (StepLabels, "unprobed_is_null", [make(StepLabels, implied=[True, None, None])]),
    (StepLabels, "label_recomputed", [make(StepLabels, soft=[0.5, 0.0, 0.0])]),
    (StepLabels, "label_recomputed", [make(StepLabels, labels=[True, True, False])]),
    (StepLabels, "interval_holds_share", [make(StepLabels, high=[0.9, 0.8, 0.0])]),
    (StepLabels, "counts_recomputed", [make(StepLabels, num_rollouts=[2, 1, 1])]),
    (StepLabels, "counts_recomputed", [UNPROBED]),
    (StepLabels, "last_step_is_outcome", [make(StepLabels, accepted=True)]),
    (StepLabels, "first_error_follows", [make(StepLabels, first_error=3)]),
    (StepLabels, "first_error_follows", [make(StepLabels, first_error=None)]),
    (StepLabels, "decided_share", [make(StepLabels, first_error=None)]),
    (StepLabels, "right_after_wrong_share", [make(StepLabels, labels=[False, True, False])]),
    (StepLabels, "distinct_labels", [make(StepLabels, labels=[False, False, False])]),
    (StepLabels, "right_share", [make(StepLabels)]),
    (
        StepLabels,
        "right_share_by_step",
        [make(StepLabels, solution_id=f"s{place}") for place in range(20)],
    ),
    (StepLabels, "confirmed_share", [make(StepLabels, confirmed=False)]),
    (StepLabels, "consensus_share", [make(StepLabels, consensus=False)]),
    (StepLabels, "share_of_exhaustive_tokens", [make(StepLabels, num_tokens=97)]),
]


def version_of(registry: Registry, row: type[Row], rows: Sequence[Row]) -> Version:
    """The rows as a passed version."""
    settings = {PreferencePair: LABELS, StepLabels: {"threshold": 0.1}}.get(row, {})
    version = registry.commit(row, rows, Derivation(code_version="1", settings=settings, inputs=()))
    return registry.record_checks(version, [])


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Registry, dict[type[Row], Version]]]:
    """A registry with good rows of every type, to which tests add what they look at."""
    registry = Registry(State(tmp_path_factory.mktemp("good") / "state").prepare())
    yield registry, {row: version_of(registry, row, rows) for row, rows in GOOD.items()}
    registry.engine.dispose()


Good = tuple[Registry, dict[type[Row], Version]]


def results(good: Good, row: type[Row], rows: Sequence[Row], *names: str) -> list[CheckResult]:
    """The checks ``names``, or all, of ``rows``, everything else being good."""
    registry, versions = good
    others = [version for other, version in versions.items() if other is not row]
    version = version_of(registry, row, rows)
    wanted = [one for one in checks_of(row.dataset) if not names or one.name in names]
    return [run_check(one, registry, version, others) for one in wanted]


@pytest.mark.parametrize("row", GOOD, ids=lambda row: row.dataset)
def test_good_rows_pass_every_check(row: type[Row], good: Good) -> None:
    assert [one for one in results(good, row, GOOD[row]) if not one.passed] == []


@pytest.mark.parametrize(("row", "name", "rows"), FAULTS, ids=lambda one: getattr(one, "dataset", None))
def test_a_planted_fault_turns_its_check_red(
    row: type[Row], name: str, rows: Sequence[Row], good: Good
) -> None:
    (result,) = results(good, row, rows, name)
    assert not result.passed
    assert "wanted at" in result.description


def test_every_check_has_a_planted_fault() -> None:
    planted = {(row.dataset, name) for row, name, _ in FAULTS}
    assert {(one.dataset, one.name) for one in CHECKS} == planted


def verdict(order: str, p_first: float | None, **fields: Any) -> AiJudgement:
    """A judgement of the pair p1."""
    said = None if p_first is None else "first" if p_first > 0.5 else "second"
    failure = "x" if said is None else None
    return make(AiJudgement, order=order, p_first=p_first, verdict=said, failure=failure, **fields)


def two(principle: str, ab: float, ba: float, **fields: Any) -> list[AiJudgement]:
    """A principle's verdicts in both orders."""
    return [
        verdict("ab", ab, principle_id=principle, **fields),
        verdict("ba", ba, principle_id=principle, **fields),
    ]


JUDGED_ANYHOW: list[list[AiJudgement]] = [
    [],
    two("kind", 0.9, 0.1),
    two("kind", 0.9, 0.8),
    two("kind", 0.1, 0.9),
    two("kind", 0.505, 0.4),
    [verdict("ab", 0.9), verdict("ba", 0.7), verdict("aa", 0.8), verdict("bb", 0.6)],
    [verdict("ab", None), verdict("ba", 0.7)],
    [verdict("ab", 0.9)],
    two("kind", 0.9, 0.1) + two("brief", 0.2, 0.6),
    two("kind", 0.9, 0.1) + two("brief", 0.2, 0.6, judge="judge_other"),
    [*two("kind", 0.9, 0.1), verdict("ab", None, principle_id="brief")],
    two("kind", 0.9, 0.1) + two("true", 0.1, 0.95, signal="honesty"),
    two("true", 0.1, 0.95, signal="honesty"),
]
WAYS = [
    LabelSettings(),
    LabelSettings(clamp=(0.4, 0.6)),
    LabelSettings(tie_logit=1.5),
    LabelSettings(weights={"helpful": {"helpfulness": 1, "honesty": 3}}),
    LabelSettings(weights={"red_team": {"harmlessness": 1}}),
]


@pytest.mark.parametrize("settings", WAYS, ids=str)
def test_the_recomputed_label_agrees_with_the_label_whatever_the_verdicts_and_settings(
    settings: LabelSettings, registry: Registry
) -> None:
    pairs = [make(CompletionPair, f"p{place}") for place in range(len(JUDGED_ANYHOW))]
    judgements = [
        one.model_copy(update={"pair_id": f"pair p{place}"})
        for place, ones in enumerate(JUDGED_ANYHOW)
        for one in ones
    ]
    version_of(registry, CompletionPair, pairs)
    version_of(registry, AiJudgement, judgements)
    how = Derivation(code_version="1", settings=settings.model_dump(mode="json"), inputs=())
    labelled = label_pairs(pairs, judgements, settings)
    version = registry.commit(PreferencePair, labelled, how)
    (check,) = [one for one in checks_of("preference_pairs") if one.name == "label_recomputed"]
    result = run_check(check, registry, version, [])
    assert result.passed, result.description
    assert len({one.label for one in labelled}) >= 2
