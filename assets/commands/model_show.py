"""trimtab models show NAME[@N]: what a model was made from and with, and how it was measured."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from assets.printing import Json, open_state, print_facts, print_rows, print_table
from datasets_registry.inspecting.chain import made
from datasets_registry.inspecting.models import require_model, show_model
from datasets_registry.inspecting.recipe_changes import setting_changes

HASH_DIGITS = 16
FIGURES = ("kind", "metric", "value", "low", "high", "num_items")


def show_command(name: str, as_json: Json = False) -> None:
    """Show a model (the latest passed, or NAME@3): data, settings, metrics, checks, the models that it
    goes back to, its evaluations, and newer data that it is behind."""
    registry = open_state()
    found = show_model(registry, require_model(registry.resolve(name)))
    if as_json:
        print(json.dumps(found, indent=2, default=str))
    else:
        _print(found)


def _print(found: Mapping[str, Any]) -> None:
    print(f"{found['version']}  {found['status']}  {made(found['chain'][0])}")
    if found["newest"] != found["version"]:
        print(f"the newest build is {found['newest']}: `trimtab models show {found['newest']}` looks into it")
    if found["behind"]:
        print(f"behind {', '.join(found['behind'])}: passed since, and not what it was made from")
    print_facts(_facts(found))
    for title, headings, rows in _tables(found):
        if rows:
            print(f"\n{title}")
            print_rows(rows, False, headings)
    settings = list(setting_changes({}, found["settings"]))
    if settings:
        print("\nsettings")
        print_table(("setting", "value"), ((one["path"], one["after"]) for one in settings))


def _facts(found: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    yield from ((f"rows {name}", count) for name, count in found["rows"].items())
    yield from ((one, found[one]) for one in ("seconds", "dtype"))
    yield "libraries", ", ".join(" ".join(one) for one in found["libraries"].items()) or None
    yield from ((one.replace("_", " "), found[one][:HASH_DIGITS]) for one in ("fingerprint", "code_version"))
    yield from (("made at", found["created_at"]), ("run", found["run_id"]), ("folder", found["folder"]))
    size = sum(one["bytes"] for one in found["files"]) / 1e6
    yield "files", f"{size:.1f} MB: {', '.join(one['file'] for one in found['files'])}"


def _tables(found: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, ...], list[dict[str, Any]]]]:
    """Title, columns and rows of each table."""
    if len(found["chain"]) > 1:
        columns = ("model", "status", "trainer", "trained on", "behind")
        yield "goes back to", columns, list(map(_ancestor, found["chain"]))
    data = [{"role": role, "dataset": one["version"], **one} for role, one in found["datasets"].items()]
    yield "trained on", ("role", "dataset", "rows", "status", "data_version"), data
    metrics = [{"metric": name, "value": value} for name, value in found["metrics"].items()]
    yield "metrics", ("metric", "value"), metrics
    figures = [
        {"evaluation": one["version"], **{name: figure.get(name) for name in FIGURES}}
        for one in found["evaluations"]
        for figure in one["figures"] or [{"metric": "rows", "value": one["rows"]}]
    ]
    yield "evaluations", ("evaluation", *FIGURES), figures
    yield "checks", ("check", "passed", "value", "threshold", "description"), found["checks"]


def _ancestor(one: Mapping[str, Any]) -> dict[str, Any]:
    on = f"given: {one['given']}" if one["given"] else ", ".join(one["datasets"].values())
    return {**one, "model": one["version"], "trained on": on}
