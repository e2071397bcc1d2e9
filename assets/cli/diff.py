"""trimtab diff DATASET A B: what differs between two versions, and why labels flipped."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from assets.cli.printing import MOST_SHOWN, Json, console, open_state, print_json, print_table, say
from datasets_registry.errors import BadInput

if TYPE_CHECKING:
    from datasets_registry.inspecting.comparison import ChangedRow
    from datasets_registry.inspecting.difference import Difference
    from datasets_registry.inspecting.flips import InputFlips
    from datasets_registry.inspecting.recipe_changes import RecipeChange
    from datasets_registry.registry import Registry
    from datasets_registry.version import Version

Number = Annotated[str, typer.Argument(help="A version's number, a tag, or latest for the latest passed.")]
Experiments = Annotated[
    tuple[str, str] | None,
    typer.Option("--experiments", help="Compare all of two experiments instead; main is the line of none."),
]


def diff(
    dataset: Annotated[str, typer.Argument(help="The dataset's name.")] = "",
    a: Number = "",
    b: Number = "",
    experiments: Experiments = None,
    rows: Annotated[
        int,
        typer.Option(
            min=0, max=MOST_SHOWN, help="Rows of each kind to show: changed, and in one version only."
        ),
    ] = 0,
    as_json: Json = False,
) -> None:
    """Compare two versions, and explain flipped labels.

    With --experiments A B it is two experiments: settings, rows, labels, figures by item, and models.
    """
    if experiments is not None:
        from assets.cli.experiments.compared import compare_experiments

        if dataset:
            raise BadInput(f"--experiments compares all of two experiments: leave {dataset!r} out")
        compare_experiments(*experiments, as_json)
        return
    if not b:
        raise BadInput("name a dataset and two versions, such as `trimtab diff preference_pairs 1 2`")
    from datasets_registry.inspecting.difference import difference

    registry = open_state()
    with console(as_json).status("comparing"):
        compared = difference(registry, _version(registry, dataset, a), _version(registry, dataset, b), rows)
    if as_json:
        print_json(compared.dump())
    else:
        _print(compared)


def _version(registry: "Registry", dataset: str, number: str) -> "Version":
    from datasets_registry.version import NUMBER, TAG

    if number == "latest":
        return registry.resolve(dataset)
    if not (NUMBER.fullmatch(number) or TAG.fullmatch(number)):
        raise BadInput(
            f"{number!r} is not a version of {dataset!r}: write a number such as 3, a tag, or latest"
        )
    return registry.resolve(f"{dataset}@{number}")


def _print(difference: "Difference") -> None:
    from datasets_registry.inspecting.row_search import joined_key

    counts = difference.rows
    rows = ", ".join(f"{count:,} {kind}" for kind, count in counts.dump().items())
    say(f"{difference.name}@{difference.before} → @{difference.after}: rows {rows}")
    for change, columns in (("added", difference.columns.added), ("dropped", difference.columns.dropped)):
        if columns:
            say(f"columns {change}: {', '.join(columns)}")
    if difference.calls and counts.changed:
        say(
            f"changed rows: {difference.calls.same_calls:,} from the same model calls, parsed again;"
            f" {difference.calls.new_calls:,} from new calls"
        )
    if difference.changed_columns:
        print_table(("column", "rows changed"), map(_cells, difference.changed_columns.items()))
    for label, flips in difference.labels.items():
        if flips:
            values = [(flip.old, flip.new, flip.rows) for flip in flips]
            print_table((f"{label} from", "to", "rows"), map(_cells, values))
    for line in reasons(difference):
        say(line)
    for keys, version in ((difference.added, difference.after), (difference.dropped, difference.before)):
        for key in keys:
            say(f"only in @{version}: {joined_key(key)}")
    for row in difference.sample:
        _print_row(row)


def _cells(values: Iterable[object]) -> list[str]:
    return list(map(_cell, values))


def _cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def reasons(difference: "Difference") -> list[str]:
    """Why labels flipped, and what differs in how both versions were made, in sentences."""
    flips, lines = difference.flips, []
    if flips:
        lines.append(f"why {flips.flips:,} rows flipped:")
        lines += [f"  {_input(changed, flips.flips)}" for changed in flips.inputs]
        if flips.unexplained:
            lines.append(
                f"  {flips.unexplained:,} flips have no changed row in an input: code, settings or a model "
                "changed them"
            )
    return lines + [line for recipe in difference.recipes for line in _recipe(recipe)]


def _input(changed: "InputFlips", total: int) -> str:
    versions = f"{changed.name}@{changed.before} → @{changed.after}"
    if not changed.changed:
        return f"{changed.name}@{changed.after} is the same in both"
    if changed.missing is not None:
        return f"{versions} cannot be compared: {changed.missing}"
    if not changed.matched_on:
        return f"{versions} changed, and has no column in common to match rows by"
    columns = ", ".join(f"{column} in {number:,}" for column, number in changed.columns.items())
    counts = (
        ("rows added", changed.added),
        ("rows dropped", changed.dropped),
        ("the same model calls", changed.same_calls),
        ("new model calls", changed.new_calls),
    )
    parts = [columns, *(f"{what} in {number:,}" for what, number in counts if number)]
    changes = "; ".join(part for part in parts if part) or "none of its rows changed"
    matched = ", ".join(changed.matched_on)
    return f"{versions} changed under {changed.flips:,} of {total:,} flips (by {matched}): {changes}"


def _recipe(change: "RecipeChange") -> list[str]:
    versions, lines = f"{change.name}@{change.before} → @{change.after}", []
    if change.code_version:
        parts = f" ({', '.join(change.parts)})" if change.parts else ""
        lines.append(f"{versions}: code {change.code_version.before} → {change.code_version.after}{parts}")
    lines += [
        f"{versions}: {setting.path}: {setting.before} → {setting.after}" for setting in change.settings
    ]
    lines += [
        f"{versions}: model {model.name}@{model.before} ({model.data_version.before[:12]}) →"
        f" @{model.after} ({model.data_version.after[:12]})"
        for model in change.inputs
        if model.kind == "model" and model.changed
    ]
    lines += [f"{versions}: input {added} is new" for added in change.inputs_added]
    return lines + [f"{versions}: input {dropped} is gone" for dropped in change.inputs_dropped]


def _print_row(row: "ChangedRow") -> None:
    from datasets_registry.inspecting.recipe_changes import shortened
    from datasets_registry.inspecting.row_search import joined_key

    say(f"row {joined_key(row.key)}")
    changes = row.changes.items()
    shown = [(column, shortened(change.before), shortened(change.after)) for column, change in changes]
    print_table(("column", "before", "after"), shown)
