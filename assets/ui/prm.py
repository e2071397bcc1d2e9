"""What the UI shows of step labels: counts, the tokens that rollouts took, and sample solutions."""

from collections.abc import Sequence
from typing import Any

import dagster as dg

from assets.ui.charts import HEIGHT, LEFT, chart, label, stroke
from assets.ui.tables import shown_table
from datasets_registry.hashing import ranked
from datasets_registry.rows.prm import Solution, StepLabels

SAMPLES = 10
LOW, HIGH = 0.2, 0.8
# of a step, in pixels of the picture
STEP = 28
_COLORS = ("darkorange", "silver", "steelblue")


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

    def draw(details: int) -> str:
        # a long solution's last steps give way before the picture hides behind a link
        cells = [
            (10 + 11 * row, LEFT + STEP * step, share)
            for row, solution in enumerate(sampled)
            for step, share in enumerate(solution.soft[:details])
            if share is not None
        ]
        parts = [
            stroke("".join(f"M{x} {y}h{STEP - 2}" for y, x, share in cells if band(share) == place), color, 9)
            for place, color in enumerate(_COLORS)
        ]
        errors = "".join(
            f"M{LEFT + STEP * (solution.first_error - 1) - 1} {5 + 11 * row}v10"
            for row, solution in enumerate(sampled)
            if solution.first_error and solution.first_error <= details
        )
        says = "accepted share: blue 0.8 and more, orange 0.2 and less"
        return "".join(parts) + stroke(errors, "black", 2) + label(LEFT, HEIGHT - 1, says, most=80)

    return chart("steps of sample solutions by accepted share; black: the first error", draw)


def band(share: float) -> int:
    """The colour of an accepted share: low, between or high."""
    return 0 if share <= LOW else 2 if share >= HIGH else 1


def spending_plot(spent: int, exhaustive: int) -> dg.MetadataValue:
    """Tokens of the rollouts, beside those of as many rollouts from every step."""
    most = max(spent, exhaustive) or 1
    rows = [
        (name, tokens, "█" * round(10 * tokens / most))
        for name, tokens in (("exhaustive", exhaustive), ("spent", spent))
    ]
    return shown_table(("search", "tokens of rollouts", "beside each other"), rows)
