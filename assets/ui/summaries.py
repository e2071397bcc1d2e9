"""What the UI shows of each row type: figures and small pictures of a version, by typed rows or by SQL."""

from collections import Counter
from collections.abc import Callable, Container, Mapping, Sequence
from typing import Any

import duckdb

from assets.ui.alignment import (
    certificate_summary,
    judgement_summary,
    label_summary,
    principle_summary,
    revision_summary,
    score_summary,
    sft_summary,
)
from assets.ui.evaluation import (
    agreement_summary,
    answer_summary,
    benchmark_summary,
    item_counts,
    review_summary,
    steered_summary,
)
from assets.ui.mixed import mixture_summary, place_counts
from assets.ui.oversight.amplification import answers_summary
from assets.ui.oversight.amplification import labels_summary as amplified_labels_summary
from assets.ui.oversight.report import report_summary
from assets.ui.prm import labels_summary, solutions_summary
from assets.ui.rft import candidates_summary, selections_summary
from assets.ui.rounds import prompt_counts, rounds_table_of, verdict_summary, watch_summary
from assets.ui.suites import (
    difference_pages,
    difference_summary,
    figure_pages,
    suite_answer_summary,
    suite_figure_summary,
    suite_item_summary,
)
from datasets_registry.registry import Registry
from datasets_registry.rows.cai import HelpfulAnswer, RevisionStep, SftExample
from datasets_registry.rows.evaluation import (
    EvaluationDifference,
    EvaluationItem,
    SuiteAnswer,
    SuiteFigure,
)
from datasets_registry.rows.hygiene import HygieneFinding
from datasets_registry.rows.imported import Problem
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
from datasets_registry.rows.oversight.report import OversightFigure
from datasets_registry.rows.prm import Solution, StepLabels
from datasets_registry.rows.review.agreement import ReviewFigure
from datasets_registry.rows.rft import Candidate, RftSelection
from datasets_registry.rows.rlaif import AiJudgement, CompletionPair, PreferencePair
from datasets_registry.rows.rounds.prompts import RoundPrompt
from datasets_registry.rows.rounds.verdict import Verdict
from datasets_registry.rows.rounds.watch import RoundWatch
from datasets_registry.rows.row import Row
from datasets_registry.rows.scored.pass_rates import PromptPassRate
from datasets_registry.version import Version
from datasets_registry.views.scanning import scanning
from quality.checks.check import create_view

Summary = dict[str, Any]
OfRows = Callable[[Sequence[Any]], Summary]
OfVersion = Callable[[Registry, Version], Summary]
OfView = Callable[["duckdb.DuckDBPyConnection"], Summary]


def failure_count(rows: Sequence[HelpfulAnswer | CompletionPair]) -> Summary:
    """How many rows must not train anything."""
    return {"failures": sum(row.failure is not None for row in rows)}


def problem_counts(problems: Sequence[Problem]) -> Summary:
    """Problems by split and family."""
    return dict(Counter(f"{problem.split}_{problem.family}" for problem in problems))


def finding_counts(findings: Sequence[HygieneFinding]) -> Summary:
    """Findings by kind."""
    return dict(Counter(finding.kind for finding in findings))


OF_ROWS: Mapping[type[Row], OfRows] = {
    RevisionStep: revision_summary,
    HelpfulAnswer: failure_count,
    SftExample: sft_summary,
    CompletionPair: failure_count,
    AiJudgement: judgement_summary,
    PreferencePair: label_summary,
    CompletionScore: score_summary,
    HumanAgreement: agreement_summary,
    SteeredVerdict: steered_summary,
    JudgeFigure: certificate_summary,
    JudgeItem: item_counts,
    JudgeAnswer: answer_summary,
    BenchmarkFigure: benchmark_summary,
    PrincipleFigure: principle_summary,
    ReviewFigure: review_summary,
    OversightFigure: report_summary,
    EvaluationItem: suite_item_summary,
    SuiteAnswer: suite_answer_summary,
    SuiteFigure: suite_figure_summary,
    EvaluationDifference: difference_summary,
    HygieneFinding: finding_counts,
    Problem: problem_counts,
    RoundPrompt: prompt_counts,
    RoundWatch: watch_summary,
    Verdict: verdict_summary,
    Solution: solutions_summary,
    StepLabels: labels_summary,
    PromptPassRate: place_counts,
}
# of many rows: over the view ``this``
OF_VIEW: Mapping[type[Row], OfView] = {
    Candidate: candidates_summary,
    RftSelection: selections_summary,
    MixedExample: mixture_summary,
    MixedPair: mixture_summary,
    AmplifiedAnswer: answers_summary,
    AmplifiedLabel: amplified_labels_summary,
}

# what is made of a version and of what it was made from, beside its figures
OF_VERSION: Mapping[type[Row], OfVersion] = {
    SuiteFigure: figure_pages,
    EvaluationDifference: difference_pages,
    Verdict: rounds_table_of,
}

# these are shown as tables and pages of their own, and a sample of their rows would be wider than the page
TOLD: Container[type[Row]] = (SuiteFigure, EvaluationDifference, RoundWatch, Verdict)


def summary_of(registry: Registry, row: type[Row], version: Version) -> Summary:
    """Figures and pictures of a version; none for a row type without a summary.

    What is read stands before numbers, of which there can be hundreds that plot.
    """
    if row in OF_VIEW:
        with scanning(registry.state) as connection:
            create_view(connection, "this", registry, [version])
            return OF_VIEW[row](connection)
    figures = OF_ROWS[row](registry.rows(row, version)) if row in OF_ROWS else {}
    shown = figures | (OF_VERSION[row](registry, version) if row in OF_VERSION else {})
    return dict(sorted(shown.items(), key=lambda each: isinstance(each[1], int | float)))
