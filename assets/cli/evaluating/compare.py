"""trimtab compare A B: differences in pairs, with intervals, and the answers that flipped."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from assets.cli.printing import MOST_SHOWN, Json, open_state, print_json, print_rows, say

if TYPE_CHECKING:
    from datasets_registry.rows.evaluation import EvaluationDifference, SuiteAnswer
    from quality.evaluation.flips import Flip

# of why answers are missing
MOST_REASONS = 3
COLUMNS = ("suite", "of", "figure", "difference", "95 %", "n", "p (Holm)", "says")
Suites = Annotated[list[str] | None, typer.Option("--suite", help="Show this suite alone; several times.")]


def compare(
    model: Annotated[str, typer.Argument(help="A model that is evaluated, in whatever round.")],
    baseline: Annotated[str, typer.Argument(help="Another one, which it is compared with.")],
    suite: Suites = None,
    rows: Annotated[int, typer.Option(min=0, max=MOST_SHOWN, help="Number of flipped answers to show.")] = 5,
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
    for line in missing(both.answers):
        say(line)
    print_rows(lines([row for row in differences if row.difference is not None]), False, COLUMNS)
    if names := unmeasured(differences):
        say(f"not measured: {names}")
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


def missing(answers: "Sequence[SuiteAnswer]") -> list[str]:
    """A line for each model that has no answer to some of its items, with the commonest reasons."""
    asked = Counter(row.model for row in answers)
    reasons = {model: Counter(row.failure for row in answers if row.model == model) for model in asked}
    return [
        f"{model}: {of_model.total():,} of {asked[model]:,} answers are missing ({_commonest(of_model)})"
        for model, all_reasons in reasons.items()
        if (of_model := Counter({reason: all_reasons[reason] for reason in all_reasons if reason}))
    ]


def _commonest(reasons: Counter[str]) -> str:
    commonest = reasons.most_common(MOST_REASONS)
    named = [f"{reason}: {number:,}" for reason, number in commonest]
    others = reasons.total() - sum(number for _, number in commonest)
    return "; ".join([*named, *([f"other reasons: {others:,}"] if others else [])])


def unmeasured(differences: "Sequence[EvaluationDifference]") -> str:
    """The figures that the two have no difference of, by suite."""
    rows = [row for row in differences if row.difference is None]
    named = {
        suite: [row for row in rows if row.suite == suite] for suite in sorted({row.suite for row in rows})
    }
    return "; ".join(
        f"{suite} ({', '.join(dict.fromkeys(row.metric for row in of_suite))})"
        for suite, of_suite in named.items()
    )


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
