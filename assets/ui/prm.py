"""What the UI shows of step labels: counts, the tokens that rollouts took, and sample solutions."""

from collections.abc import Sequence
from typing import Any

import dagster as dg

from assets.ui.plots import BLUE, GREY, ORANGE, picture
from datasets_registry.hashing import ranked
from datasets_registry.rows.prm import Solution, StepLabels

SAMPLES = 12


def solutions_summary(solutions: Sequence[Solution]) -> dict[str, Any]:
    """How many solutions failed or were accepted, and their mean number of steps."""
    usable = [solution for solution in solutions if solution.failure is None]
    return {
        "failures": len(solutions) - len(usable),
        "accepted": sum(bool(solution.accepted) for solution in usable),
        "mean_steps": sum(len(solution.completions) for solution in usable) / max(len(usable), 1),
    }


def labels_summary(labelled: Sequence[StepLabels]) -> dict[str, Any]:
    """Counts, tokens as a share of an exhaustive search's, and two pictures."""
    usable = [solution for solution in labelled if solution.failure is None]
    spent = sum(solution.num_tokens for solution in usable)
    exhaustive = sum(solution.exhaustive_tokens for solution in usable)
    return {
        "failures": len(labelled) - len(usable),
        "with_an_error": sum(bool(solution.first_error) for solution in usable),
        "undecided": sum(solution.first_error is None for solution in usable),
        "tokens": spent,
        "exhaustive_tokens": exhaustive,
        "share_of_exhaustive": spent / max(exhaustive, 1),
        "sample_solutions": heat_map(usable),
        "tokens_spent": spending_plot(spent, exhaustive),
    }


def heat_map(labelled: Sequence[StepLabels]) -> dg.MetadataValue:
    """Accepted share of the rollouts by step, a row per sample solution; a step without rollouts is empty."""
    by_id = {solution.solution_id: solution for solution in labelled}
    sampled = [by_id[solution_id] for solution_id in ranked(list(by_id), "shown")[:SAMPLES]]
    sampled.sort(key=lambda solution: (len(solution.completions), solution.first_error or 0))
    width = max((len(solution.completions) for solution in sampled), default=1)

    def draw(axes: Any) -> None:
        cells = [[_share(solution, step) for step in range(width)] for solution in sampled] or [
            [float("nan")]
        ]
        image = axes.imshow(cells, cmap="RdYlBu", vmin=0, vmax=1, aspect="auto")
        for row, solution in enumerate(sampled):
            for step, text in enumerate(solution.completions):
                # cells at both ends of the scale are dark, and need light letters
                dark = abs(cells[row][step] - 0.5) > 0.35
                axes.text(
                    step,
                    row,
                    text[:12],
                    ha="center",
                    va="center",
                    fontsize=6,
                    color="white" if dark else "black",
                )
            if error := solution.first_error:
                axes.plot([error - 1.5] * 2, [row - 0.5, row + 0.5], color="black", linewidth=2)
        axes.set(xlabel="step (black line: the first error)", yticks=[])
        axes.set_xticks(range(width), [str(step + 1) for step in range(width)])
        axes.figure.colorbar(image, ax=axes, label="accepted share")

    return picture("step labels of sample solutions", draw, height=1.0 + 0.25 * max(len(sampled), 1))


def _share(solution: StepLabels, step: int) -> float:
    share = solution.soft[step] if step < len(solution.soft) else None
    return float("nan") if share is None else share


def spending_plot(spent: int, exhaustive: int) -> dg.MetadataValue:
    """Tokens of the rollouts, beside those of as many rollouts from every step."""

    def draw(axes: Any) -> None:
        axes.barh(
            ["exhaustive", "spent"], [exhaustive, spent], color=[GREY, ORANGE if spent > exhaustive else BLUE]
        )
        axes.set(xlabel="tokens of rollouts")

    return picture("tokens spent", draw, height=1.3)
