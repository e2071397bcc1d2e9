"""Small pictures for the UI: PNGs in Markdown, each under 50 kB."""

import base64
import io
from collections.abc import Callable, Sequence
from typing import Any

import dagster as dg

from datasets_registry.cards.markdown import cell
from datasets_registry.manifest import Manifest
from datasets_registry.rows.cai import RevisionStep
from datasets_registry.rows.judges import JudgeFigure, PrincipleFigure
from datasets_registry.rows.rlaif import PreferencePair
from quality.judges.bounds import CERTAIN

BLUE, ORANGE, GREY = "#2f5d8a", "#c8692b", "#b8bec6"


def picture(title: str, draw: Callable[[Any], None], *, height: float = 2.4) -> dg.MetadataValue:
    """A picture that ``draw`` draws on axes, as metadata; ``height`` in inches."""
    return panels(title, 1, lambda axes, _: draw(axes), height=height)


def panels(
    title: str, count: int, draw: Callable[[Any, int], None], *, height: float = 2.4
) -> dg.MetadataValue:
    """``count`` pictures side by side, two in a row; ``draw`` gets the axes and the index of each."""
    from matplotlib.figure import Figure

    columns = min(count, 2)
    rows = -(-count // columns)
    figure = Figure(figsize=(4.6 * (1 if columns == 1 else 1.4), height * rows), dpi=80, layout="tight")
    for index in range(count):
        axes = figure.add_subplot(rows, columns, index + 1)
        draw(axes, index)
        axes.spines[["top", "right"]].set_visible(False)
    image = io.BytesIO()
    figure.savefig(image, format="png")
    data = base64.b64encode(image.getvalue()).decode()
    return dg.MetadataValue.md(f"![{cell(title)}](data:image/png;base64,{data})")


def margin_plot(pairs: Sequence[PreferencePair]) -> dg.MetadataValue:
    """The confidence of labels: pairs by P(a is better), labels and ties in two colours."""

    def draw(axes: Any) -> None:
        labelled = [pair.p_a for pair in pairs if pair.label in ("a", "b") and pair.p_a is not None]
        tied = [pair.p_a for pair in pairs if pair.label == "tie" and pair.p_a is not None]
        bins = [edge / 20 for edge in range(21)]
        axes.hist([labelled, tied], bins, stacked=True, color=[BLUE, GREY], label=["labelled", "tie"])
        axes.set(xlabel="P(a is better)", ylabel="pairs")
        axes.legend(frameon=False, fontsize=8)

    return picture("confidence of labels", draw)


def figure_plot(figures: Sequence[JudgeFigure]) -> dg.MetadataValue:
    """A judge's figures with intervals; bounds are ticks, and a figure outside its bounds is orange."""
    drawn = [row for row in figures if row.figure in CERTAIN and row.value is not None]
    several = len({row.judge for row in drawn}) > 1

    def draw(axes: Any) -> None:
        for y, row in enumerate(reversed(drawn)):
            low, high = row.low if row.low is not None else row.value, row.high or row.value
            color = ORANGE if row.holds is False else BLUE
            axes.plot([low, high], [y, y], color=color, linewidth=2)
            axes.plot([row.value], [y], "o", color=color, markersize=4)
            bounds = [bound for bound in (row.at_least, row.at_most) if bound is not None]
            axes.plot(bounds, [y] * len(bounds), "|", color="black", markersize=9)
        labels = [f"{row.judge} {row.figure}" if several else row.figure for row in reversed(drawn)]
        axes.set_yticks(range(len(drawn)), labels, fontsize=8)
        axes.set_ylim(-0.6, len(drawn) - 0.4)
        axes.set_xlim(min(0.0, *(row.low or 0.0 for row in drawn)) if drawn else 0.0, 1.0)

    return picture("judge figures", draw, height=0.8 + 0.25 * len(drawn))


def principle_plot(figures: Sequence[PrincipleFigure]) -> dg.MetadataValue:
    """How many pairs were judged and critiques written under each principle."""
    ordered = sorted(figures, key=lambda row: (row.signal, row.principle_id), reverse=True)

    def draw(axes: Any) -> None:
        bars = range(len(ordered))
        critiques = [row.num_critiques for row in ordered]
        axes.barh(bars, critiques, color=BLUE, label="critiques")
        axes.barh(bars, [row.num_pairs for row in ordered], left=critiques, color=ORANGE, label="pairs")
        axes.set_yticks(bars, [row.principle_id for row in ordered], fontsize=7)
        axes.legend(frameon=False, fontsize=8)

    return picture("critiques and pairs by principle", draw, height=1.0 + 0.2 * len(ordered))


def revision_plot(revisions: Sequence[RevisionStep]) -> dg.MetadataValue:
    """Mean harmlessness and helpfulness of drafts (0) and of each revision, on red-team prompts."""
    red_team = [row for row in revisions if row.kind == "red_team"]

    def draw(axes: Any) -> None:
        for signal, color in (("harmlessness", BLUE), ("helpfulness", ORANGE)):
            means = [_mean([getattr(row, f"draft_{signal}") for row in red_team if row.step == 1])]
            last = max((row.step for row in red_team), default=0)
            means += [
                _mean([getattr(row, signal) for row in red_team if row.step == number])
                for number in range(1, last + 1)
            ]
            axes.plot(range(len(means)), means, "o-", color=color, label=signal, markersize=4)
        axes.set(xlabel="revision", ylabel="mean score (1–10)")
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.legend(frameon=False, fontsize=8)

    return picture("scores by revision", draw)


def _mean(values: Sequence[float | None]) -> float:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else float("nan")


# metrics that share a panel, as far as they were logged
PANELS = (
    ("reward", "rewards/margins", "margin"),
    ("logps/chosen", "logps/rejected"),
    ("kl",),
    ("entropy",),
    ("completions/mean_length",),
)
SHOWN_PANELS = 4


def training_plot(manifest: Manifest) -> dg.MetadataValue:
    """Loss, reward or margin, log-probabilities, KL and entropy by step, where they were logged."""
    curves = manifest.curves
    logged = [[metric for metric in panel if metric in curves] for panel in PANELS]
    drawn = [[("loss", manifest.loss)]]
    drawn += [[(metric, curves[metric]) for metric in panel] for panel in logged if panel]
    drawn = drawn[:SHOWN_PANELS]

    def draw(axes: Any, index: int) -> None:
        for (metric, points), color in zip(drawn[index], (BLUE, ORANGE, GREY), strict=False):
            axes.plot([step for step, _ in points], [value for _, value in points], color=color, label=metric)
        axes.legend(frameon=False, fontsize=7)
        axes.tick_params(labelsize=7)

    return panels("training metrics by step", len(drawn), draw)
