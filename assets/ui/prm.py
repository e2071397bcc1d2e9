"""What the UI shows of step labels: shares, spending against exhaustive, and sample solutions by step."""

from collections.abc import Sequence
from typing import Any

import dagster as dg

from assets.ui.plots import BLUE, GREY, ORANGE, picture
from datasets_registry.hashing import ranked
from datasets_registry.rows.prm import Solution, StepLabels

SAMPLES = 12


def solutions_summary(solutions: Sequence[Solution]) -> dict[str, Any]:
    """How many solutions can be labelled, are accepted, and how long they are."""
    usable = [solution for solution in solutions if solution.failure is None]
    return {
        "failures": len(solutions) - len(usable),
        "accepted": sum(bool(solution.accepted) for solution in usable),
        "mean_steps": sum(len(solution.completions) for solution in usable) / max(len(usable), 1),
    }


def labels_summary(labelled: Sequence[StepLabels]) -> dict[str, Any]:
    """Counts, tokens spent as a share of exhaustive, and two pictures."""
    usable = [one for one in labelled if one.failure is None]
    spent, exhaustive = (
        sum(getattr(one, name) for one in usable) for name in ("num_tokens", "exhaustive_tokens")
    )
    return {
        "failures": len(labelled) - len(usable),
        "with_an_error": sum(bool(one.first_error) for one in usable),
        "undecided": sum(one.first_error is None for one in usable),
        "tokens": spent,
        "exhaustive_tokens": exhaustive,
        "share_of_exhaustive": spent / max(exhaustive, 1),
        "sample_solutions": heat_map(usable),
        "tokens_spent": spending_plot(spent, exhaustive),
    }


def heat_map(labelled: Sequence[StepLabels]) -> dg.MetadataValue:
    """Accepted share of the rollouts by step, a row per sample solution; what was not measured is empty."""
    chosen = {one.solution_id: one for one in labelled}
    sampled = [chosen[one] for one in ranked(list(chosen), "shown")[:SAMPLES]]
    sampled.sort(key=lambda one: (len(one.completions), one.first_error or 0))
    width = max((len(one.completions) for one in sampled), default=1)

    def draw(axes: Any) -> None:
        cells = [[_share(one, place) for place in range(width)] for one in sampled] or [[float("nan")]]
        image = axes.imshow(cells, cmap="RdYlBu", vmin=0, vmax=1, aspect="auto")
        for row, one in enumerate(sampled):
            for place, text in enumerate(one.completions):
                # dark cells, at both ends of the scale, want light letters
                dark = abs(cells[row][place] - 0.5) > 0.35
                axes.text(
                    place,
                    row,
                    text[:12],
                    ha="center",
                    va="center",
                    fontsize=6,
                    color="white" if dark else "black",
                )
            if one.first_error:
                axes.plot([one.first_error - 1.5] * 2, [row - 0.5, row + 0.5], color="black", linewidth=2)
        axes.set(xlabel="step (black: the first error begins)", yticks=[])
        axes.set_xticks(range(width), [str(place + 1) for place in range(width)])
        axes.figure.colorbar(image, ax=axes, label="accepted share")

    return picture("step labels of sample solutions", draw, height=1.0 + 0.25 * max(len(sampled), 1))


def _share(one: StepLabels, place: int) -> float:
    share = one.soft[place] if place < len(one.soft) else None
    return float("nan") if share is None else share


def spending_plot(spent: int, exhaustive: int) -> dg.MetadataValue:
    """Tokens that rollouts took, beside those that the same number from every step would have taken."""

    def draw(axes: Any) -> None:
        axes.barh(
            ["exhaustive", "spent"], [exhaustive, spent], color=[GREY, ORANGE if spent > exhaustive else BLUE]
        )
        axes.set(xlabel="tokens of rollouts")

    return picture("tokens spent", draw, height=1.3)
