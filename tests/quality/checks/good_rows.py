"""Rows of every dataset that pass all of its checks, and what a check says of others."""

from collections.abc import Mapping, Sequence
from typing import Any

from assets.ui.red import parts_of
from datasets_registry.registry import Registry
from datasets_registry.rows.cai import HelpfulAnswer, RevisionStep, SftExample
from datasets_registry.rows.evaluation import (
    EvaluationDifference,
    EvaluationItem,
    GateResult,
    SuiteAnswer,
    SuiteFigure,
)
from datasets_registry.rows.hygiene import EvaluationLeak, HygieneFinding
from datasets_registry.rows.imported import (
    Demonstration,
    HumanPreference,
    Problem,
    StepwiseSupervision,
    UnpairedPreference,
)
from datasets_registry.rows.judge_benchmark import BenchmarkFigure, JudgeAnswer, JudgeItem
from datasets_registry.rows.judges import (
    CompletionScore,
    HumanAgreement,
    JudgeFigure,
    PrincipleFigure,
    SteeredVerdict,
)
from datasets_registry.rows.mixed.mixtures import MixedExample, MixedPair
from datasets_registry.rows.oversight.amplified import AmplifiedAnswer, AmplifiedLabel
from datasets_registry.rows.oversight.debates import Debate
from datasets_registry.rows.oversight.preferences import OversightPreference
from datasets_registry.rows.oversight.questions import OversightQuestion, PassageQuestion
from datasets_registry.rows.oversight.report import OversightFigure
from datasets_registry.rows.prm import Solution, StepLabels, StepRollout
from datasets_registry.rows.prompts import HelpfulPrompt, RedTeamPrompt
from datasets_registry.rows.review.agreement import ReviewFigure
from datasets_registry.rows.review.labels import LabelItem
from datasets_registry.rows.review.pairs import ReviewedPair
from datasets_registry.rows.review.reviewed import ReviewedFigure
from datasets_registry.rows.review.reviews import HumanReview
from datasets_registry.rows.review.sample import ReviewItem
from datasets_registry.rows.rft import (
    Candidate,
    GoldSolution,
    GoldVerdict,
    RftControl,
    RftSelection,
    VerifiedPair,
)
from datasets_registry.rows.rlaif import AiJudgement, CompletionPair, PreferencePair
from datasets_registry.rows.rounds.divergence import Divergence
from datasets_registry.rows.rounds.failures import FeedbackFigure, RedTeamFailure
from datasets_registry.rows.rounds.pooled import PooledSelection
from datasets_registry.rows.rounds.prompts import RoundProblem, RoundPrompt
from datasets_registry.rows.rounds.revisions import FailureRevision
from datasets_registry.rows.rounds.rollouts import Rollout, RolloutPair
from datasets_registry.rows.rounds.verdict import Verdict
from datasets_registry.rows.rounds.watch import RoundWatch
from datasets_registry.rows.row import Row
from datasets_registry.rows.scored.pass_rates import BandedProblem, PromptPassRate
from datasets_registry.rows.scored.reward_pairs import RewardPair
from datasets_registry.rows.scored.ruled import RuleControl, RuleSelection
from datasets_registry.version import CheckResult, Derivation, Version
from quality.auditing.red.offenders import find_offenders
from quality.checks.check import run_check
from quality.checks.table import checks_of
from tests.methods.oversight.oversight_rows import CHAINS, LEAF, OWN, SPLIT, SWAPPED
from tests.quality.rounds.watched import decided, watched
from tests.rows import make

LABEL_SETTINGS = {"weights": {"helpful": {"helpfulness": 1}}, "clamp": None, "tie_logit": 0.01}
METRIC = SuiteFigure(model="m", suite="helpful", metric="x", value=1, low=None, high=None, num_items=1)
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
    SteeredVerdict: [make(SteeredVerdict)],
    JudgeFigure: [make(JudgeFigure)],
    JudgeItem: [make(JudgeItem)],
    JudgeAnswer: [make(JudgeAnswer)],
    BenchmarkFigure: [
        make(BenchmarkFigure),
        make(BenchmarkFigure, judge="longest", judge_kind="content-blind", asked="", value=0.6),
    ],
    PrincipleFigure: [make(PrincipleFigure)],
    EvaluationItem: [make(EvaluationItem)],
    SuiteAnswer: [make(SuiteAnswer, "p1")],
    EvaluationDifference: [make(EvaluationDifference)],
    SuiteFigure: [METRIC],
    GateResult: [make(GateResult)],
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
    RftControl: [make(RftControl)],
    RuleSelection: [make(RuleSelection)],
    RuleControl: [make(RuleControl)],
    VerifiedPair: [make(VerifiedPair)],
    HumanPreference: [make(HumanPreference)],
    UnpairedPreference: [make(UnpairedPreference), make(UnpairedPreference, "bad", accepted=False)],
    StepwiseSupervision: [
        make(StepwiseSupervision),
        make(StepwiseSupervision, "right", labels=[True, True], first_error=0),
        make(StepwiseSupervision, "open", labels=[None, False], first_error=None),
    ],
    Demonstration: [make(Demonstration)],
    HygieneFinding: [],
    EvaluationLeak: [],
    Rollout: [make(Rollout), make(Rollout, sample=1, reward=0.0)],
    RolloutPair: [make(RolloutPair)],
    Solution: [
        make(Solution),
        make(Solution, **RIGHT, completion="\n".join(RIGHT_STEPS), reason=None),
        make(Solution, solution_id="s3", finish_reason="length", failure="truncated"),
    ],
    RoundPrompt: [
        make(RoundPrompt),
        make(RoundPrompt, "h1", kind="helpful"),
        make(RoundPrompt, "v1", origin="variant", parent_id="p1", split_group="p1"),
        make(RoundPrompt, "cut", kind="helpful", origin="failure"),
    ],
    RoundProblem: [make(RoundProblem)],
    RedTeamFailure: [make(RedTeamFailure), make(RedTeamFailure, "u1", part="never_fed")],
    FailureRevision: [make(FailureRevision)],
    FeedbackFigure: [make(FeedbackFigure)],
    PooledSelection: [make(PooledSelection)],
    StepRollout: list(ROLLOUTS),
    StepLabels: [make(StepLabels), UNPROBED],
    MixedExample: [make(MixedExample)],
    MixedPair: [make(MixedPair)],
    ReviewItem: [make(ReviewItem)],
    LabelItem: [make(LabelItem)],
    ReviewedFigure: [make(ReviewedFigure)],
    HumanReview: [make(HumanReview)],
    ReviewFigure: [make(ReviewFigure)],
    ReviewedPair: [make(ReviewedPair)],
    PromptPassRate: [make(PromptPassRate)],
    BandedProblem: [make(BandedProblem)],
    Divergence: [make(Divergence)],
    RewardPair: [make(RewardPair)],
    PassageQuestion: [make(PassageQuestion)],
    OversightQuestion: [make(OversightQuestion), make(OversightQuestion, **CHAINS)],
    Debate: [
        make(Debate),
        make(Debate, **SWAPPED),
        make(Debate, **OWN),
        make(Debate, **OWN | SWAPPED),
    ],
    OversightPreference: [make(OversightPreference)],
    AmplifiedAnswer: [
        make(AmplifiedAnswer, **SPLIT),
        make(AmplifiedAnswer, **LEAF),
        *(make(AmplifiedAnswer, f"a{number}") for number in range(7)),
    ],
    AmplifiedLabel: [make(AmplifiedLabel)],
    OversightFigure: [make(OversightFigure), make(OversightFigure, part="self_consistency")],
    RoundWatch: [watched()],
    Verdict: [decided()],
}


Good = tuple[Registry, dict[type[Row], Version]]
# a row type, the name of a check, and the rows that must turn it red
Fault = tuple[type[Row], str, Sequence[Row]]


def version_of(registry: Registry, row: type[Row], rows: Sequence[Row]) -> Version:
    """The rows as a passed version."""
    settings = {
        PreferencePair: LABEL_SETTINGS,
        StepLabels: {"threshold": 0.1},
        SteeredVerdict: {"tie_logit": 0.01},
        Debate: {"max_samples": 64},
        AmplifiedLabel: {"min_share": 0.75},
        MixedExample: {"parts": {"cai_sft": 1.0}},
        MixedPair: {"parts": {"preference_pairs": 1.0}},
        RoundPrompt: {"feedback": {"max_share": 0.5}},
    }.get(row, {})
    version = registry.commit(row, rows, Derivation(code_version="1", settings=settings, inputs=()))
    return registry.record_checks(version, [])


def results(good: Good, row: type[Row], rows: Sequence[Row], *names: str) -> list[CheckResult]:
    """The checks ``names``, or all, of ``rows``, everything else being good."""
    registry, versions = good
    others = [version for other, version in versions.items() if other is not row]
    version = version_of(registry, row, rows)
    checks = [check for check in checks_of(row.dataset) if not names or check.name in names]
    return [run_check(check, registry, version, others) for check in checks]


# figures of the whole, in which no rows offend
OF_THE_WHOLE = {
    "both_labels",
    "distinct_labels",
    "has_rows",
    "revision_share",
    "right_first_share",
    "right_share_by_step",
    "share_of_exhaustive_tokens",
    "shares_kept",
    "slot_balance",
    "whole_steps",
    "yield_share",
}


def require_red(fault: Fault, good: Good) -> None:
    """The check of ``fault`` fails on its rows, says what it wants, and names the rows that offend."""
    row, name, rows = fault
    registry, versions = good
    others = [version for other, version in versions.items() if other is not row]
    version = version_of(registry, row, rows)
    (check,) = [check for check in checks_of(row.dataset) if check.name == name]
    result = run_check(check, registry, version, others)
    assert not result.passed
    assert "must be at" in result.description
    parts = parts_of(version, result, check, find_offenders(check, result.value, registry, version, others))
    assert parts["n"] == len(rows) and parts["bound"] == check.bounds and check.catches in parts["what_to_do"]
    assert ("sql" in parts) is isinstance(check.measure, str)
    named = isinstance(check.measure, str) and name not in OF_THE_WHOLE and result.value is not None
    require_rows(parts, row, named=named)


def require_rows(parts: Mapping[str, Any], row: type[Row], *, named: bool) -> None:
    """Rows that offend are listed, by what names them; none of a figure of the whole."""
    assert ("offending_rows" in parts) is named, "derived.py finds no rows: or is it a figure of the whole?"
    if named:
        listed = [record.data for record in parts["offending_rows"].records]
        assert 0 < len(listed) <= 5 and parts["num_offending"] >= len(listed)
        assert set(row.key) & listed[0].keys() or "GROUP BY" in parts["sql"]


def fault_id(fault: Fault) -> str:
    """Dataset and check, as pytest shows them."""
    return f"{fault[0].dataset}-{fault[1]}"
