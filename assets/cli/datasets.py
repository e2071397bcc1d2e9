"""trimtab show DATASET|MODEL[@N]: what one version is."""

import json
from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import typer

from assets.cli.printing import Json, open_state, print_facts, print_rows, print_table
from datasets_registry.errors import BadInput
from datasets_registry.inspecting.listing import list_datasets, list_versions
from datasets_registry.inspecting.recipe_changes import setting_changes, shortened
from datasets_registry.inspecting.showing import show_version


def datasets(as_json: Json = False) -> None:
    """Show the newest version of every dataset, with its checks."""
    columns = ("name", "version", "rows", "status", "checks_passed", "checks", "warnings")
    print_rows(list_datasets(open_state()), as_json, columns)


def versions(dataset: str, as_json: Json = False) -> None:
    """Show every version of a dataset or model, oldest first."""
    columns = (
        "name",
        "version",
        "rows",
        "status",
        "checks_passed",
        "checks",
        "data_version",
        "created_at",
    )
    print_rows(list_versions(open_state(), dataset), as_json, columns)


def pass_version(
    version: Annotated[str, typer.Argument(help="An exact version, such as preference_pairs@3.")],
    reason: Annotated[str, typer.Option("--reason", help="What you looked at, and why it may be used.")],
    as_json: Json = False,
) -> None:
    """Let a version train models although a blocking check is red; who and why stays on record."""
    if "@" not in version:
        raise BadInput(f"say which version of {version} you looked at: {version}@N")
    registry = open_state()
    passed = registry.pass_by_hand(registry.resolve(version), reason)
    checks = [one.model_dump() | {"version": str(passed)} for one in registry.checks(passed)]
    print_rows(checks, as_json, ("version", "check", "passed", "severity", "description"))


CELL_CHARACTERS = 40


def show(
    name: str,
    rows: Annotated[int, typer.Option(min=0, help="Show so many rows.")] = 3,
    as_json: Json = False,
) -> None:
    """Show a dataset or model (the latest passed, or NAME@3): status, columns, checks, inputs, rows."""
    registry = open_state()
    version = registry.resolve(name)
    found = show_version(registry, version, rows)
    newest = registry.newest(version.name)
    found["newest"] = str(newest or version)
    if as_json:
        print(json.dumps(found, indent=2, default=str))
    else:
        _print(found)


def _print(found: dict[str, Any]) -> None:
    name = f"{found['name']}@{found['version']}"
    print(f"{name}  {found['kind']}  {found['status']}")
    if found["newest"] != name:
        print(f"the newest build is {found['newest']}: `trimtab show {found['newest']}` looks into it")
    print_facts(_facts(found))
    for title, names in (("columns", ("name", "type", "meaning")), ("checks", ("check", "passed", "what"))):
        rows = _columns(found) if title == "columns" else _checks(found)
        if rows:
            print_rows(rows, False, names)
    if found["settings"]:
        print_table(
            ("setting", "value"),
            ((one["path"], one["after"]) for one in setting_changes({}, found["settings"])),
        )
    _sample(found.get("sample", []))


def _facts(found: dict[str, Any]) -> Iterable[tuple[str, Any]]:
    yield from ((one, found[one]) for one in ("rows", "grain") if one in found)
    if "key" in found:
        yield "key", ", ".join(found["key"])
    card = found.get("model", {})
    yield from ((one, card[one]) for one in ("base", "folder") if card.get(one))
    yield from ((f"dataset {role}", one) for role, one in card.get("datasets", {}).items())
    yield from ((one, value) for one, value in card.get("metrics", {}).items())
    yield from ((f"rows {one}", value) for one, value in card.get("rows", {}).items())
    yield "inputs", ", ".join(found["inputs"]) or "none: a source"
    yield from ((one.replace("_", " "), found[one]) for one in ("data_version", "code_version", "created_at"))
    yield "run", found["run_id"]


def _columns(found: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {**one, "type": one["type"] + (" or null" if one["nullable"] else "")}
        for one in found.get("columns", [])
    ]


def _checks(found: dict[str, Any]) -> list[dict[str, Any]]:
    words = {(True, "error"): "passed", (True, "warning"): "passed", (False, "warning"): "warns"}
    return [
        {
            "check": one["check"],
            "what": one["description"],
            "passed": words.get((one["passed"], one["severity"]), "FAILED"),
        }
        for one in found["checks"]
    ]


def _sample(rows: Sequence[dict[str, Any]]) -> None:
    """The rows side by side: a column of the dataset is a line."""
    if rows:
        names = list(rows[0])
        headings = ("column", *(f"row {place + 1}" for place in range(len(rows))))
        print_table(headings, ((name, *(_cut(row[name]) for row in rows)) for name in names))


def _cut(value: Any) -> str:
    return "" if value is None else shortened(value, CELL_CHARACTERS)
