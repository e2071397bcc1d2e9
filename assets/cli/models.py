"""trimtab models [show | export] NAME: which models there are, what one is, and one as a folder."""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from assets.cli.export_data import Push
from assets.cli.plan import planned
from assets.cli.printing import (
    Json,
    open_state,
    print_facts,
    print_rows,
    print_table,
    progress_bar,
    warn_unpassed,
)
from datasets_registry.exporting.exporting import require_empty
from datasets_registry.exporting.pushing import push, require_pushable
from datasets_registry.inspecting.chain import made
from datasets_registry.inspecting.listing import list_models
from datasets_registry.inspecting.models import require_model, show_model
from datasets_registry.inspecting.recipe_changes import setting_changes
from generation.models.export import export_model, exported_files


def export_command(
    name: Annotated[str, typer.Argument(help="dpo_policy for its latest passed version, or dpo_policy@3.")],
    folder: Annotated[Path, typer.Argument(help="A folder that is empty or not there yet.")],
    push_to: Push = None,
    as_json: Json = False,
) -> None:
    """Write a model as safetensors with tokenizer, chat template, manifest and a model card."""
    if push_to:
        require_pushable(push_to)
    registry = open_state()
    version = require_model(registry.resolve(name))
    require_empty(folder)
    warn_unpassed(version)
    size = sum(one.stat().st_size for one in exported_files(registry.folder(version)))
    with progress_bar("exporting", size, "bytes") as report:
        files = export_model(registry, version, folder, report)
    address = push(folder, push_to, "model") if push_to else None
    if as_json:
        said = {
            "version": str(version),
            "status": version.status,
            "folder": str(folder),
            "bytes": sum(one.stat().st_size for one in files),
            "files": [str(one.relative_to(folder)) for one in files],
            "pushed": address,
        }
        print(json.dumps(said, indent=2))
        return
    print(f"{version}: {len(files)} files in {folder}")
    if address:
        print(f"pushed to {address}")


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


models_app = typer.Typer(rich_markup_mode=None)
models_app.command("show")(show_command)
models_app.command("export")(export_command)


@models_app.callback(invoke_without_command=True)
def models(
    context: typer.Context,
    stale: Annotated[bool, typer.Option("--stale", help="Only what a rebuild would train, and why.")] = False,
    as_json: Json = False,
) -> None:
    """Show the newest version of every model: base, dataset, loss, and newer passed data it is behind."""
    if context.invoked_subcommand:
        return
    columns = ["name", "version", "status", "base", "trained_on", "behind", "rows", "loss", "data_version"]
    registry = open_state()
    found = list_models(registry)
    if stale:
        why = {one.name: one.reason for one in planned(registry)[0]}
        found = [one | {"why": why[one["name"]]} for one in found if one["name"] in why]
        columns.insert(2, "why")
    print_rows(found, as_json, columns)
