"""trimtab compare A B: differences in pairs, with intervals, and the answers that flipped."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from assets.cli.printing import Json, open_state, print_json, print_rows, say
from datasets_registry.settings import MOST

if TYPE_CHECKING:
    from datasets_registry.rows.evaluation import EvaluationDifference
    from quality.evaluation.flips import Flip

COLUMNS = ("suite", "of", "figure", "difference", "95 %", "n", "p (Holm)", "says")
Suites = Annotated[list[str] | None, typer.Option("--suite", help="Show this suite alone; several times.")]


def compare(
    model: Annotated[str, typer.Argument(help="A model that is evaluated, in whatever round.")],
    baseline: Annotated[str, typer.Argument(help="Another one, which it is compared with.")],
    suite: Suites = None,
    rows: Annotated[int, typer.Option(min=0, max=MOST, help="Number of flipped answers to show.")] = 5,
    as_json: Json = False,
) -> None:
    """Compare two evaluated models, item by item.

    Differences are paired by item, with 95 % intervals, and p-values corrected for all figures (Holm); of
    fewer than 100 pairs the interval stands alone. Answers that flipped stand word for word: what is the
    baseline's alone in [-…-], what is the model's alone in {+…+}. Models of rounds have their full name, such
    as `iterative_dpo/round_02/policy`; both must have been asked the same items. No model is asked.
    """
    # numpy takes a moment to import, which other commands need not wait for
    from assets.cli.evaluating.stored import of_suites, require_distinct, stored
    from quality.evaluation.report.flipped import flipped, in_lines

    require_distinct([model, baseline])
    both, (model, baseline) = stored(open_state(), model, baseline)
    differences = of_suites(both.differences(model, baseline), suite or ())
    flips = [flip for flip in both.flips(model, baseline) if not suite or flip.item.suite in suite]
    if as_json:
        print_json(
            {
                "model": model,
                "baseline": baseline,
                "versions": both.versions,
                "differences": [row.model_dump() for row in differences],
                "flips": [dumped(flip) for flip in flips],
            }
        )
        return
    say(f"{model} less {baseline} ({', '.join(both.versions)})")
    print_rows(lines(differences), False, COLUMNS)
    say(
        ("1 answer" if len(flips) == 1 else f"{len(flips):,} answers")
        + " flipped"
        + (f"; the first {rows}:" if 0 < rows < len(flips) else "")
    )
    for flip in flips[:rows]:
        for line in in_lines(flipped(flip)):
            say(line)


def dumped(flip: "Flip") -> dict[str, object]:
    """A flip for programs, with both answers in full."""
    return {
        "direction": flip.direction,
        "changes": [asdict(change) for change in flip.changes],
        "item": flip.item.model_dump(),
        "before": flip.before.model_dump(),
        "after": flip.after.model_dump(),
    }


def lines(differences: "Sequence[EvaluationDifference]") -> list[dict[str, object]]:
    """A line of the table for each difference."""
    from quality.evaluation.report.marks import difference_mark, number

    marked = [(row, difference_mark(row, row.model)) for row in differences]
    return [
        {
            "suite": row.suite,
            "of": row.category,
            "figure": row.metric,
            "difference": number(mark.value),
            "95 %": mark.interval,
            "n": f"{row.num_pairs:,}",
            "p (Holm)": number(row.p_holm),
            "says": mark.says,
        }
        for row, mark in marked
    ]
