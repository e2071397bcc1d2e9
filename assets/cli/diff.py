"""trimtab diff DATASET A B: what differs between two versions, and why labels flipped."""

import json
from collections.abc import Iterable
from typing import Annotated

import typer
from rich.table import Table

from assets.cli.printing import Json, console, open_state, plain
from datasets_registry.errors import BadInput
from datasets_registry.inspecting.comparison import ChangedRow
from datasets_registry.inspecting.difference import Difference, difference
from datasets_registry.inspecting.flips import InputFlips
from datasets_registry.inspecting.recipe_changes import RecipeChange, shortened
from datasets_registry.registry import Registry
from datasets_registry.version import Version

Number = Annotated[str, typer.Argument(help="A version's number, or latest for the latest passed.")]


def diff(
    dataset: str,
    a: Number,
    b: Number,
    rows: Annotated[int, typer.Option(min=0, help="Number of changed rows to show.")] = 0,
    as_json: Json = False,
) -> None:
    """Show what differs between versions A and B: rows, columns, labels, and why labels flipped."""
    registry = open_state()
    with console(as_json).status("comparing"):
        found = difference(registry, _version(registry, dataset, a), _version(registry, dataset, b), rows)
    if as_json:
        print(json.dumps(found.dump(), indent=2, default=str))
    else:
        _print(found)


def _version(registry: Registry, dataset: str, number: str) -> Version:
    if number == "latest":
        return registry.resolve(dataset)
    if not number.isdecimal():
        raise BadInput(f"{number!r} is not a version of {dataset}: write a number such as 3, or latest")
    return registry.version(dataset, int(number))


def _print(found: Difference) -> None:
    screen, counts = console(), found.rows
    rows = ", ".join(f"{count:,} {name}" for name, count in counts.dump().items())
    screen.print(f"{found.name}@{found.before} → @{found.after}: rows {rows}")
    for change, names in (("added", found.columns.added), ("dropped", found.columns.dropped)):
        if names:
            screen.print(f"columns {change}: {', '.join(names)}")
    if found.calls and counts.changed:
        screen.print(
            f"of the changed rows {found.calls.same_calls:,} come from the same model calls as before (parsed"
            f" again), {found.calls.new_calls:,} from new calls"
        )
    if found.changed_columns:
        screen.print(_table(("column", "rows changed"), found.changed_columns.items()))
    for label, flips in found.labels.items():
        if flips:
            values = [(flip.old, flip.new, flip.rows) for flip in flips]
            screen.print(_table((f"{label} from", "to", "rows"), values))
    for line in reasons(found):
        screen.print(plain(line))
    for row in found.sample:
        _print_row(row)


def _table(headings: tuple[str, ...], rows: Iterable[Iterable[object]]) -> Table:
    table = Table(*headings)
    for row in rows:
        table.add_row(*(plain(_cell(value)) for value in row))
    return table


def _cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def reasons(found: Difference) -> list[str]:
    """Why labels flipped, and what differs in how both versions were made, in sentences."""
    flips, lines = found.flips, []
    if flips:
        lines.append(f"why {flips.flips:,} rows flipped:")
        lines += [f"  {_input(changed, flips.flips)}" for changed in flips.inputs]
        if flips.unexplained:
            lines.append(
                f"  {flips.unexplained:,} flips have no changed row in an input: code, settings or a model "
                "changed them"
            )
    return lines + [line for recipe in found.recipes for line in _recipe(recipe)]


def _input(changed: InputFlips, total: int) -> str:
    name = f"{changed.name}@{changed.before} → @{changed.after}"
    if not changed.changed:
        return f"{changed.name}@{changed.after} is the same in both"
    if changed.missing is not None:
        return f"{name} cannot be compared: {changed.missing}"
    if not changed.matched_on:
        return f"{name} changed, and has no column in common to match rows by"
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
    return f"{name} changed under {changed.flips:,} of {total:,} flips (by {matched}): {changes}"


def _recipe(change: RecipeChange) -> list[str]:
    name, lines = f"{change.name}@{change.before} → @{change.after}", []
    if change.code_version:
        parts = f" ({', '.join(change.parts)})" if change.parts else ""
        lines.append(f"{name}: code {change.code_version.before} → {change.code_version.after}{parts}")
    lines += [f"{name}: {setting.path}: {setting.before} → {setting.after}" for setting in change.settings]
    lines += [
        f"{name}: model {model.name}@{model.before} ({model.data_version.before[:12]}) →"
        f" @{model.after} ({model.data_version.after[:12]})"
        for model in change.inputs
        if model.kind == "model" and model.changed
    ]
    lines += [f"{name}: input {added} is new" for added in change.inputs_added]
    return lines + [f"{name}: input {dropped} is gone" for dropped in change.inputs_dropped]


def _print_row(row: ChangedRow) -> None:
    table = Table("column", "before", "after", title=plain("/".join(map(str, row.key.values()))))
    for name, change in row.changes.items():
        table.add_row(name, plain(shortened(change.before)), plain(shortened(change.after)))
    console().print(table)
