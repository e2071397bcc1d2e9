"""What `trimtab diff --experiments A B` prints: two experiments side by side."""

from collections.abc import Iterable

from assets.cli.evaluating.compare import COLUMNS, lines
from assets.cli.printing import console, open_state, print_json, print_rows, say
from datasets_registry.errors import BadInput
from datasets_registry.inspecting.experiments import AssetDifference, asset_differences, lines_of

MOST_SETTINGS = 20


def compare_experiments(a: str, b: str, as_json: bool) -> None:
    """Print what differs between both; raises BadInput for one that was never built, or for one twice."""
    if a == b:
        raise BadInput(f"experiment {a!r} cannot be compared with itself: name another, or main")
    # numpy takes a moment to import, which other commands need not wait for
    from quality.evaluation.report.experiments import figure_differences

    before, after = lines_of(open_state(begins=True), a, b)
    with console(as_json).status("comparing"):
        assets = list(asset_differences(before, after))
        figures = dict(figure_differences(before, after))
    if as_json:
        print_json(
            {
                "before": a,
                "after": b,
                "assets": [each.model_dump() for each in assets],
                "figures": {model: [row.model_dump() for row in rows] for model, rows in figures.items()},
            }
        )
        return
    same = [each for each in assets if each.same]
    others = [each for each in assets if not each.same]
    say(f"{a} → {b}: {len(same)} datasets and models are the same, {len(others)} differ")
    _print_settings(assets)
    if others:
        print_rows([_row(each, a, b) for each in others], False, ("name", a, b, "rows", "labels", "loss"))
    for model, rows in figures.items():
        say(f"\n{model}, figures of {b} less those of {a}, by the items that both were asked")
        measured = [row for row in rows if row.difference is not None]
        if measured:
            print_rows(lines(measured), False, COLUMNS)
        else:
            say("nothing of it is measured in both")


def _print_settings(assets: Iterable[AssetDifference]) -> None:
    """The settings that differ, by dataset or model, and the parts of their recipes."""
    changed = [
        {"setting": change.path, "before": change.before, "after": change.after, "of": each.name}
        for each in assets
        for change in each.settings
    ]
    if changed:
        print_rows(changed[:MOST_SETTINGS], False, ("of", "setting", "before", "after"))
    if len(changed) > MOST_SETTINGS:
        say(f"and {len(changed) - MOST_SETTINGS} more settings: --json has all")
    for each in assets:
        if each.parts:
            say(f"{each.name}: {', '.join(each.parts[:4])} changed")


def _row(each: AssetDifference, a: str, b: str) -> dict[str, str]:
    """A line of the table for each dataset or model that differs."""
    rows = each.rows.dump().items() if each.rows else ()
    flips = [f"{label}: {sum(flip.rows for flip in found):,} flipped" for label, found in each.labels.items()]
    return {
        "name": each.name,
        a: _number(each.before),
        b: _number(each.after),
        "rows": ", ".join(f"{count:,} {kind}" for kind, count in rows),
        "labels": ", ".join(flips),
        "loss": " → ".join("–" if loss is None else f"{loss:.3f}" for loss in each.losses or ()),
    }


def _number(version: str | None) -> str:
    return f"@{version.rpartition('@')[2]}" if version else "none"
