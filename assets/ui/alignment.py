"""What the UI shows of Constitutional AI, RLAIF and judges."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from assets.ui.mixed import conflict_counts
from assets.ui.plots import figure_plot, margin_plot, principle_plot, revision_plot
from datasets_registry.rows.cai import RevisionStep, SftExample
from datasets_registry.rows.judges import CompletionScore, JudgeFigure, PrincipleFigure
from datasets_registry.rows.rlaif import AiJudgement, PreferencePair


def revision_summary(revisions: Sequence[RevisionStep]) -> dict[str, Any]:
    """How many red-team drafts changed, failures, and scores by revision."""
    changed = [row.changed for row in revisions if row.kind == "red_team" and row.changed is not None]
    return {
        "changed_share": sum(changed) / max(len(changed), 1),
        "failures": sum(row.failure is not None for row in revisions),
        "scores_by_revision": revision_plot(revisions),
    }


def sft_summary(examples: Sequence[SftExample]) -> dict[str, Any]:
    """Examples and shares of tokens by kind."""
    total = max(sum(example.num_tokens for example in examples), 1)
    figures: dict[str, Any] = {}
    for kind in ("revision", "helpful", "capability"):
        tokens = [example.num_tokens for example in examples if example.kind == kind]
        figures |= {kind: len(tokens), f"{kind}_token_share": sum(tokens) / total}
    return figures


def judgement_summary(judgements: Sequence[AiJudgement]) -> dict[str, Any]:
    """How many verdicts could be read, and how many name the first response."""
    crossed = [row for row in judgements if row.order in ("ab", "ba")]
    parsed = [row for row in crossed if row.verdict is not None]
    first = sum(row.verdict == "first" for row in parsed)
    return {
        "parse_rate": len(parsed) / max(len(crossed), 1),
        "first_position_share": first / max(len(parsed), 1),
    }


def label_summary(pairs: Sequence[PreferencePair]) -> dict[str, Any]:
    """Pairs by label, and how confident the labels are."""
    counts = Counter(pair.label for pair in pairs)
    margins = [abs(pair.p_a - 0.5) for pair in pairs if pair.p_a is not None]
    return {
        "labelled": counts["a"] + counts["b"],
        "ties": counts["tie"],
        "unparsed": counts["unparsed"],
        "unjudged": counts["unjudged"],
        "mean_margin": sum(margins) / max(len(margins), 1),
        **conflict_counts(pairs),
        "margins": margin_plot(pairs),
    }


def score_summary(scores: Sequence[CompletionScore]) -> dict[str, Any]:
    """The mean score, and how many completions have none."""
    values = [row.score for row in scores if row.score is not None]
    return {"mean_score": sum(values) / max(len(values), 1), "failures": len(scores) - len(values)}


def certificate_summary(figures: Sequence[JudgeFigure]) -> dict[str, Any]:
    """The bounds that are not shown to hold, and all figures with their intervals."""
    bounded = [row for row in figures if row.at_least is not None or row.at_most is not None]
    failed = [row.figure for row in bounded if not row.holds]
    return {"not_shown_to_hold": ", ".join(failed) or "none", "figures": figure_plot(figures)}


def principle_summary(figures: Sequence[PrincipleFigure]) -> dict[str, Any]:
    """What each principle did."""
    return {"principles": principle_plot(figures)}
