"""trimtab diff DATASET A B: what differs between two versions, and why labels flipped."""

import json
from typing import Annotated, Any

import typer
from rich.table import Table

from assets.cli.printing import Json, console, open_state, plain
from datasets_registry.errors import BadInput
from datasets_registry.inspecting.difference import difference
from datasets_registry.inspecting.recipe_changes import shortened
from datasets_registry.registry import Registry
from datasets_registry.version import Version

Number = Annotated[str, typer.Argument(help="A version's number, or latest for the latest passed.")]


def diff(
    dataset: str,
    a: Number,
    b: Number,
    rows: Annotated[int, typer.Option(min=0, help="Show so many changed rows.")] = 0,
    as_json: Json = False,
) -> None:
    """Show what differs between versions A and B: rows, columns, labels, and why labels flipped."""
    registry = open_state()
    with console(as_json).status("comparing"):
        found = difference(registry, _version(registry, dataset, a), _version(registry, dataset, b), rows)
    if as_json:
        print(json.dumps(found, indent=2, default=str))
    else:
        _print(found)


def _version(registry: Registry, dataset: str, number: str) -> Version:
    if number == "latest":
        return registry.resolve(dataset)
    if not number.isdecimal():
        raise BadInput(f"{number!r} names no version of {dataset}: write a number such as 3, or latest")
    return registry.version(dataset, int(number))


def _print(found: dict[str, Any]) -> None:
    screen, counts = console(), found["rows"]
    told = ", ".join(f"{counts[one]:,} {one}" for one in ("added", "dropped", "changed", "same"))
    screen.print(f"{found['name']}@{found['before']} → @{found['after']}: rows {told}")
    for what, names in found["columns"].items():
        if names:
            screen.print(f"columns {what}: {', '.join(names)}")
    if found["calls"] and counts["changed"]:
        calls = found["calls"]
        screen.print(
            f"of the changed rows {calls['same_calls']:,} come from the same model calls as before (read"
            f" anew), {calls['new_calls']:,} from new calls"
        )
    if found["changed_columns"]:
        screen.print(_table(("column", "rows changed"), found["changed_columns"].items()))
    for label, flips in found["labels"].items():
        if flips:
            rows = [(one["from"], one["to"], one["rows"]) for one in flips]
            screen.print(_table((f"{label} from", "to", "rows"), rows))
    for line in reasons(found):
        screen.print(plain(line))
    for one in found["sample"]:
        _print_row(one)


def _table(headings: tuple[str, ...], rows: Any) -> Table:
    table = Table(*headings)
    for row in rows:
        table.add_row(*(plain(_cell(one)) for one in row))
    return table


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:,}" if type(value) is int else str(value)


def reasons(found: dict[str, Any]) -> list[str]:
    """Why labels flipped, and what differs in how both versions were made, in sentences."""
    flips, lines = found["flips"], []
    if flips:
        lines.append(f"why {flips['flips']:,} rows flipped:")
        lines += [f"  {_input(one, flips['flips'])}" for one in flips["inputs"]]
        if flips["unexplained"]:
            lines.append(
                f"  {flips['unexplained']:,} flips have no changed row in an input: "
                "code, settings or a model did it"
            )
    lines += [line for one in found["recipes"] for line in _recipe(one)]
    return lines


def _input(one: dict[str, Any], total: int) -> str:
    name = f"{one['name']}@{one['before']} → @{one['after']}"
    if not one["changed"]:
        return f"{one['name']}@{one['after']} is the same in both"
    if "missing" in one:
        return f"{name} cannot be compared: {one['missing']}"
    if not one["matched_on"]:
        return f"{name} changed, and has no column in common to match rows by"
    columns = ", ".join(f"{column} in {number:,}" for column, number in one.get("columns", {}).items())
    more = [f"rows {what} in {one[what]:,}" for what in ("added", "dropped") if one.get(what)]
    calls = [
        f"{what} model calls in {one[name]:,}"
        for what, name in (("the same", "same_calls"), ("new", "new_calls"))
        if one.get(name)
    ]
    told = "; ".join([part for part in (columns, *more, *calls) if part]) or "none of its rows changed"
    matched = ", ".join(one["matched_on"])
    return f"{name} changed under {one['flips']:,} of {total:,} flips (by {matched}): {told}"


def _recipe(one: dict[str, Any]) -> list[str]:
    name, lines = f"{one['name']}@{one['before']} → @{one['after']}", []
    if one["code_version"]:
        changed = f" ({', '.join(one['parts'])})" if one["parts"] else ""
        lines.append(
            f"{name}: code {one['code_version']['before']} → {one['code_version']['after']}{changed}"
        )
    lines += [f"{name}: {it['path']}: {it['before']} → {it['after']}" for it in one["settings"]]
    lines += [
        f"{name}: model {it['name']}@{it['before']} ({it['data_version']['before'][:12]}) →"
        f" @{it['after']} ({it['data_version']['after'][:12]})"
        for it in one["inputs"]
        if it["kind"] == "model" and it["changed"]
    ]
    lines += [f"{name}: input {it} is new" for it in one["inputs_added"]]
    return lines + [f"{name}: input {it} is gone" for it in one["inputs_dropped"]]


def _print_row(one: dict[str, Any]) -> None:
    table = Table("column", "before", "after", title=plain("/".join(map(str, one["key"].values()))))
    for name, values in one["changes"].items():
        table.add_row(name, *(plain(shortened(values[one])) for one in ("before", "after")))
    console().print(table)
