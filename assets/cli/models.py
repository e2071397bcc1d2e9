"""trimtab models | models show NAME | models export NAME DIR: the models, one in detail, one as a folder."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assets.cli.export_data import Push
from assets.cli.planning.plan import graph_of_profile, planned
from assets.cli.planning.release import releases, require_released
from assets.cli.printing import (
    Csv,
    Json,
    Reference,
    open_state,
    print_facts,
    print_json,
    print_rows,
    print_table,
    progress_bar,
    say,
    warn_unpassed,
)
from datasets_registry.exporting.places import require_empty
from datasets_registry.exporting.pushing import push, require_pushable

if TYPE_CHECKING:
    from datasets_registry.inspecting.chain import Ancestor
    from datasets_registry.inspecting.model_details import ModelDetails
    from quality.evaluation.release import Release

Because = Annotated[str, typer.Option(help="Why a model that its gates hold may leave; it is recorded.")]


def export_command(
    name: Reference,
    folder: Annotated[Path, typer.Argument(help="A folder that is empty or not there yet.")],
    push_to: Push = None,
    because: Because = "",
    as_json: Json = False,
) -> None:
    """Write a model to a folder, with a model card.

    The folder has safetensors, the tokenizer, the chat template and the manifest. A trained adapter is merged
    into its base in float32, file by file, with memory for twice the base's largest file. A model that its
    gates hold is refused.
    """
    from datasets_registry.inspecting.model_details import require_model
    from generation.models.export import export_model, exported_bytes

    if push_to:
        require_pushable(push_to)
    registry = open_state(to_write=bool(because))
    version = require_model(registry.resolve(name))
    require_empty(folder)
    require_released(registry, version, because)
    warn_unpassed(version)
    size = exported_bytes(registry, version)
    with progress_bar("exporting", size, "bytes") as report:
        files = export_model(registry, version, folder, report)
    address = push(folder, push_to, "model") if push_to else None
    if as_json:
        outcome = {
            "version": str(version),
            "status": version.status,
            "folder": str(folder),
            "bytes": sum(file.stat().st_size for file in files),
            "files": [str(file.relative_to(folder)) for file in files],
            "pushed": address,
        }
        print_json(outcome)
        return
    say(f"{version}: {len(files)} files in {folder}")
    if address:
        say(f"pushed to {address}")


HASH_DIGITS = 16
FIGURES = ("suite", "metric", "value", "low", "high", "num_items")


def show_command(name: Reference, as_json: Json = False) -> None:
    """Show a model: ancestors, data, metrics, evaluations.

    Shows its settings and checks too, and the newer data that it has not learned from.
    """
    from datasets_registry.inspecting.model_details import model_details

    registry = open_state()
    details = model_details(registry, version := registry.resolve(name))
    (release,) = releases(registry, [version])
    if as_json:
        print_json(details.dump() | {"release": str(release)})
    else:
        _print(details, release)


def _print(details: "ModelDetails", release: "Release") -> None:
    from datasets_registry.inspecting.recipe_changes import setting_changes

    version, newest = details.facts.version, details.newest
    say(f"{version}  {details.facts.status}  {details.chain[0].how_made}")
    if newest != version:
        say(f"the newest version is {newest}: see `trimtab models show {newest}`")
    if details.behind:
        say(f"behind {', '.join(details.behind)}, which passed after this model was made")
    print_facts([("release", release), *_facts(details)])
    for title, headings, rows in _tables(details):
        if rows:
            say(f"\n{title}")
            print_rows(rows, False, headings)
    settings = [(change.path, change.after) for change in setting_changes({}, details.settings)]
    if settings:
        say("\nsettings")
        print_table(("setting", "value"), settings)


def _facts(details: "ModelDetails") -> Iterable[tuple[str, object]]:
    facts = details.facts
    yield "tags", ", ".join(details.tags)
    yield from ((f"rows {kind}", count) for kind, count in facts.rows.items())
    yield from facts.steps.items()
    yield "seconds", facts.seconds
    yield "dtype", facts.dtype
    yield "stored", facts.stored
    yield "update kept by bfloat16", facts.kept_by_bfloat16
    yield "libraries", ", ".join(" ".join(library) for library in facts.libraries.items()) or None
    yield "fingerprint", facts.fingerprint[:HASH_DIGITS]
    yield "code version", details.code_version[:HASH_DIGITS]
    yield from (("kept", f"{waiver} ({waiver.summary})") for waiver in details.kept)
    yield from (("made at", facts.created_at), ("run", details.run_id), ("folder", facts.folder))
    size = sum(file.bytes for file in details.files) / 1e6
    yield "files", f"{size:.1f} MB: {', '.join(file.file for file in details.files)}"


Row = dict[str, object]


def _tables(details: "ModelDetails") -> Iterator[tuple[str, tuple[str, ...], list[Row]]]:
    """Title, columns and rows of each table."""
    if len(details.chain) > 1:
        columns = ("model", "status", "trainer", "trained on", "behind")
        yield "ancestors", columns, list(map(_ancestor, details.chain))
    data = [
        {"role": role, "dataset": dataset.version, **dataset.dump()}
        for role, dataset in details.datasets.items()
    ]
    yield "trained on", ("role", "dataset", "rows", "status", "data_version"), data
    metrics: list[Row] = [
        {"metric": metric, "value": value} for metric, value in details.facts.metrics.items()
    ]
    yield "metrics", ("metric", "value"), metrics
    figures = [
        {"evaluation": evaluation.version, **{column: figure.get(column) for column in FIGURES}}
        for evaluation in details.evaluations
        for figure in evaluation.figures or ({"metric": "rows", "value": evaluation.rows},)
    ]
    yield "evaluations", ("evaluation", *FIGURES), figures
    checks = [check.model_dump() for check in details.checks]
    yield "checks", ("check", "passed", "value", "threshold", "description"), checks


def _ancestor(model: "Ancestor") -> Row:
    trained_on = f"given: {model.given}" if model.given else ", ".join(model.datasets.values())
    return {**model.dump(), "model": model.version, "trained on": trained_on}


_OF_PROGRAMS = ("status", "release", "base", "trained_on", "behind", "rows", "loss", "data_version", "tags")
_LISTED = ("status", "release", "base", "trained on", "behind", "rows", "loss")
_CAN_GO = ("behind", "base", "rows", "loss")


models_app = typer.Typer(rich_markup_mode=None)
models_app.command("show")(show_command)
models_app.command("export")(export_command)


@models_app.callback(invoke_without_command=True)
def models(
    context: typer.Context,
    stale: Annotated[
        bool, typer.Option("--stale", help="Only models that a rebuild would train, and why.")
    ] = False,
    as_json: Json = False,
    as_csv: Csv = False,
) -> None:
    """List models: base, data, loss, and newer data to train on."""
    from datasets_registry.inspecting.listing import list_models

    if context.invoked_subcommand:
        return
    registry = open_state()
    listed = list_models(registry)
    newest = [registry.version(model.name, model.version) for model in listed]
    released = map(str, releases(registry, newest))
    rows = [model.dump() | {"release": text} for model, text in zip(listed, released, strict=True)]
    if stale:
        why = {step.name: step.reason for step in planned(graph_of_profile(), registry)}
        rows = [row | {"why": why[name]} for row in rows if (name := str(row["name"])) in why]
    if as_json or as_csv:
        print_rows(rows, as_json, ["name", "version", *(["why"] if stale else []), *_OF_PROGRAMS], as_csv)
    elif rows:
        shown = [
            row | {"model": f"{row['name']}@{row['version']}", "trained on": row["trained_on"]}
            for row in rows
        ]
        tags = ["tags"] if any(row["tags"] for row in rows) else []
        print_rows(shown, False, ["model", *(["why"] if stale else []), *_LISTED, *tags], can_go=_CAN_GO)
    else:
        none = "a rebuild would train no model anew" if stale else "there is no model yet"
        say(f"{none}: `trimtab plan` shows what a build would make")
