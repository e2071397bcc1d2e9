"""Small pictures for the UI: PNGs in Markdown, each under 50 kB."""

import base64
import io
from collections.abc import Callable, Sequence
from typing import Any

import dagster as dg

from datasets_registry.manifest import Manifest
from datasets_registry.rows.cai import RevisionStep
from datasets_registry.rows.judges import JudgeFigure, PrincipleFigure
from datasets_registry.rows.rlaif import PreferencePair

BLUE, ORANGE, GREY = "#2f5d8a", "#c8692b", "#b8bec6"
_SHOWN = (
    "parse_rate",
    "first_position_share",
    "slot_kept_share",
    "order_consistency",
    "longer_share",
    "human_accuracy",
    "cohen_kappa",
)


def picture(title: str, draw: Callable[[Any], None], *, height: float = 2.4) -> dg.MetadataValue:
    """What ``draw`` puts on axes, as metadata; ``height`` in inches."""
    return panels(title, 1, lambda axes, _: draw(axes), height=height)


def panels(
    title: str, count: int, draw: Callable[[Any, int], None], *, height: float = 2.4
) -> dg.MetadataValue:
    """What ``draw`` puts on each of ``count`` axes side by side, two in a row."""
    from matplotlib.figure import Figure

    columns = min(count, 2)
    rows = -(-count // columns)
    figure = Figure(figsize=(4.6 * (1 if columns == 1 else 1.4), height * rows), dpi=80, layout="tight")
    for place in range(count):
        axes = figure.add_subplot(rows, columns, place + 1)
        draw(axes, place)
        axes.spines[["top", "right"]].set_visible(False)
    image = io.BytesIO()
    figure.savefig(image, format="png")
    data = base64.b64encode(image.getvalue()).decode()
    return dg.MetadataValue.md(f"![{title}](data:image/png;base64,{data})")


def margin_plot(pairs: Sequence[PreferencePair]) -> dg.MetadataValue:
    """How sure labels are: pairs by P(a is better), ties beside labels."""

    def draw(axes: Any) -> None:
        labelled = [one.p_a for one in pairs if one.label in ("a", "b") and one.p_a is not None]
        tied = [one.p_a for one in pairs if one.label == "tie" and one.p_a is not None]
        bins = [place / 20 for place in range(21)]
        axes.hist([labelled, tied], bins, stacked=True, color=[BLUE, GREY], label=["labelled", "tie"])
        axes.set(xlabel="P(a is better)", ylabel="pairs")
        axes.legend(frameon=False, fontsize=8)

    return picture("verdict margins", draw)


def figure_plot(figures: Sequence[JudgeFigure]) -> dg.MetadataValue:
    """A judge's figures with intervals, those outside their bounds in another colour, bounds as ticks."""
    drawn = [one for one in figures if one.figure in _SHOWN and one.value is not None]

    def draw(axes: Any) -> None:
        for place, one in enumerate(reversed(drawn)):
            low, high = one.low if one.low is not None else one.value, one.high or one.value
            color = ORANGE if one.holds is False else BLUE
            axes.plot([low, high], [place, place], color=color, linewidth=2)
            axes.plot([one.value], [place], "o", color=color, markersize=4)
            bounds = [bound for bound in (one.at_least, one.at_most) if bound is not None]
            axes.plot(bounds, [place] * len(bounds), "|", color="black", markersize=9)
        several = len({one.judge for one in drawn}) > 1
        names = [f"{one.judge} {one.figure}" if several else one.figure for one in reversed(drawn)]
        axes.set_yticks(range(len(drawn)), names, fontsize=8)
        axes.set_ylim(-0.6, len(drawn) - 0.4)
        axes.set_xlim(min(0.0, *(one.low or 0.0 for one in drawn)) if drawn else 0.0, 1.0)

    return picture("judge figures", draw, height=0.8 + 0.25 * len(drawn))


def principle_plot(figures: Sequence[PrincipleFigure]) -> dg.MetadataValue:
    """Pairs judged and critiques drawn by principle."""
    ordered = sorted(figures, key=lambda one: (one.signal, one.principle_id), reverse=True)

    def draw(axes: Any) -> None:
        places = range(len(ordered))
        critiques = [one.num_critiques for one in ordered]
        axes.barh(places, critiques, color=BLUE, label="critiques")
        axes.barh(places, [one.num_pairs for one in ordered], left=critiques, color=ORANGE, label="pairs")
        axes.set_yticks(places, [one.principle_id for one in ordered], fontsize=7)
        axes.legend(frameon=False, fontsize=8)

    return picture("draws by principle", draw, height=1.0 + 0.2 * len(ordered))


def revision_plot(steps: Sequence[RevisionStep]) -> dg.MetadataValue:
    """Mean harmlessness and helpfulness of drafts (0) and of each revision, on red-team prompts."""
    red_team = [one for one in steps if one.kind == "red_team"]

    def draw(axes: Any) -> None:
        for signal, color in (("harmlessness", BLUE), ("helpfulness", ORANGE)):
            means = [_mean([getattr(one, f"draft_{signal}") for one in red_team if one.step == 1])]
            last = max((one.step for one in red_team), default=0)
            means += [
                _mean([getattr(one, signal) for one in red_team if one.step == step])
                for step in range(1, last + 1)
            ]
            axes.plot(range(len(means)), means, "o-", color=color, label=signal, markersize=4)
        axes.set(xlabel="revision", ylabel="mean score (1–10)")
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.legend(frameon=False, fontsize=8)

    return picture("scores by revision", draw)


def _mean(values: Sequence[float | None]) -> float:
    found = [one for one in values if one is not None]
    return sum(found) / len(found) if found else float("nan")


# of each panel's figures, those that were logged are drawn together
PANELS = (
    ("reward", "rewards/margins", "margin"),
    ("logps/chosen", "logps/rejected"),
    ("kl",),
    ("entropy",),
    ("completions/mean_length",),
)
SHOWN_PANELS = 4


def training_plot(manifest: Manifest) -> dg.MetadataValue:
    """Loss, reward or margin, log-probabilities, KL and entropy by step, as far as they were logged."""
    curves = manifest.curves
    logged = [[name for name in names if name in curves] for names in PANELS]
    drawn = [[("loss", manifest.loss)]]
    drawn += [[(name, curves[name]) for name in names] for names in logged if names]
    drawn = drawn[:SHOWN_PANELS]

    def draw(axes: Any, place: int) -> None:
        for (name, points), color in zip(drawn[place], (BLUE, ORANGE, GREY), strict=False):
            axes.plot([one[0] for one in points], [one[1] for one in points], color=color, label=name)
        axes.legend(frameon=False, fontsize=7)
        axes.tick_params(labelsize=7)

    return panels("figures by step", len(drawn), draw)
