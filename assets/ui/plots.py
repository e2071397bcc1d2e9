"""What the UI draws: labels' confidence, revisions' scores, a judge's figures, training curves."""

from collections.abc import Sequence, Set

import dagster as dg

from assets.ui.charts import curves, stacked
from assets.ui.tables import in_words, interval_bar, shown_table
from datasets_registry.manifest import Manifest
from datasets_registry.rows.cai import RevisionStep
from datasets_registry.rows.judges import JudgeFigure, PrincipleFigure
from datasets_registry.rows.rlaif import PreferencePair
from quality.judges.bounds import CERTAIN

BINS = 20


def margin_plot(pairs: Sequence[PreferencePair]) -> dg.MetadataValue:
    """The confidence of labels: pairs by P(a is better), labels and ties in two colours."""
    labelled, tied = [0] * BINS, [0] * BINS
    for pair in pairs:
        if pair.p_a is not None and pair.label in ("a", "b", "tie"):
            counts = tied if pair.label == "tie" else labelled
            counts[min(int(pair.p_a * BINS), BINS - 1)] += 1
    return stacked("confidence of labels", "P(a is better)", (0, 1), {"labelled": labelled, "tie": tied})


def figure_plot(figures: Sequence[JudgeFigure]) -> dg.MetadataValue:
    """A judge's figures with intervals on a line from 0 to 1, their bounds, and whether these hold."""
    judges = {row.judge for row in figures}
    headings = ("figure", "value", "95 %", "0 to 1", "must be", "holds")
    return shown_table(headings, [_figure(row, judges) for row in figures if row.figure in CERTAIN])


def _figure(row: JudgeFigure, judges: Set[str]) -> Sequence[object]:
    name = in_words(row.figure if len(judges) == 1 else f"{row.judge}: {row.figure}")
    bounds = (("at least", row.at_least), ("at most", row.at_most))
    must = " and ".join(f"{side} {bound:g}" for side, bound in bounds if bound is not None)
    holds = "" if row.holds is None else "yes" if row.holds else "NO"
    if row.value is None or row.low is None or row.high is None:
        return name, row.value, None, None, must, holds
    bar = interval_bar(row.low, row.value, row.high)
    return name, row.value, f"{row.low:.2f} to {row.high:.2f}", bar, must, holds


def principle_plot(figures: Sequence[PrincipleFigure]) -> dg.MetadataValue:
    """How many pairs were judged and critiques written under each principle, and a bar of both."""
    ordered = sorted(figures, key=lambda row: (row.signal, row.principle_id))
    most = max((row.num_critiques + row.num_pairs for row in ordered), default=0) or 1
    rows = [
        (
            in_words(row.principle_id),
            row.signal,
            row.num_critiques,
            row.num_pairs,
            "▒" * round(10 * row.num_critiques / most) + "█" * round(10 * row.num_pairs / most),
        )
        for row in ordered
    ]
    return shown_table(("principle", "signal", "critiques ▒", "pairs █", "both"), rows)


def revision_plot(revisions: Sequence[RevisionStep]) -> dg.MetadataValue:
    """Mean harmlessness and helpfulness of drafts (0) and of each revision, on red-team prompts."""
    red_team = [row for row in revisions if row.kind == "red_team"]
    last = max((row.step for row in red_team), default=0)
    series = {
        signal: [
            (0.0, _mean([getattr(row, f"draft_{signal}") for row in red_team if row.step == 1])),
            *(
                (float(number), _mean([getattr(row, signal) for row in red_team if row.step == number]))
                for number in range(1, last + 1)
            ),
        ]
        for signal in ("harmlessness", "helpfulness")
    }
    return curves("scores by revision", "revision; mean score, 1 to 10", series)


def _mean(values: Sequence[float | None]) -> float:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else float("nan")


# metrics that share a picture, by its name and as far as they were logged
PANELS = {
    "reward": ("reward", "rewards/margins", "margin"),
    "log_probabilities": ("logps/chosen", "logps/rejected"),
    "kl": ("kl",),
    "entropy": ("entropy",),
    "length": ("completions/mean_length",),
}


def training_plots(manifest: Manifest) -> dict[str, dg.MetadataValue]:
    """Loss, reward or margin, log-probabilities, KL, entropy and length by step, where they were logged."""
    logged = {
        name: {metric: manifest.curves[metric] for metric in panel if metric in manifest.curves}
        for name, panel in PANELS.items()
    }
    drawn = {"loss": {"loss": manifest.loss}, **{name: series for name, series in logged.items() if series}}
    return {f"curve_{name}": curves(f"{name} by step", "step", series) for name, series in drawn.items()}
