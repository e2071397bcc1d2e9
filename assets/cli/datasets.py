"""trimtab datasets, versions NAME, show NAME[@N], pass NAME@N: which versions there are, and one of them."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from assets.cli.printing import (
    MOST_SHOWN,
    Csv,
    Json,
    Reference,
    open_state,
    print_facts,
    print_json,
    print_rows,
    print_table,
    say,
)
from datasets_registry.errors import BadInput

if TYPE_CHECKING:
    from datasets_registry.inspecting.listing import VersionEntry
    from datasets_registry.inspecting.version_details import (
        Column,
        DatasetVersionDetails,
        ModelVersionDetails,
    )
    from datasets_registry.registry import Registry
    from datasets_registry.version import CheckResult
    from datasets_registry.views.scanning import ResultRow

    Details = ModelVersionDetails | DatasetVersionDetails

# of a listing, by which versions are one name and checks one count
_LISTED = ("dataset", "rows", "status", "checks", "warnings")
_OF_VERSIONS = ("version", "rows", "status", "checks", "data version", "created")


def datasets(as_json: Json = False, as_csv: Csv = False) -> None:
    """List every dataset: newest version, rows and checks."""
    from datasets_registry.inspecting.listing import list_datasets

    registry = open_state()
    entries = list_datasets(registry)
    if not entries and not (as_json or as_csv):
        say("there is no dataset yet: `trimtab plan` shows what a build would make")
        return
    _print_entries(entries, as_json, as_csv, _LISTED, ("warnings",))
    if not (as_json or as_csv) and (sentence := _line(registry)):
        say(sentence)


def _line(registry: "Registry") -> str:
    """Whose datasets these are, and which experiments there are beside the main line; empty without any."""
    from datasets_registry.catalog.line import experiments

    if experiment := registry.records.line.experiment:
        return f"of experiment {experiment}, and imports of the main line"
    others = experiments(registry.engine)
    return f"experiments beside these: {', '.join(others)} (--experiment {others[0]})" if others else ""


def versions(
    name: Annotated[str, typer.Argument(help="A dataset or model.")],
    as_json: Json = False,
    as_csv: Csv = False,
) -> None:
    """List all versions of a dataset or model, oldest first."""
    from datasets_registry.inspecting.listing import list_versions

    entries = list_versions(open_state(), name)
    _print_entries(entries, as_json, as_csv, _OF_VERSIONS, ("data version",))


def _print_entries(
    entries: "Sequence[VersionEntry]",
    as_json: bool,
    as_csv: bool,
    columns: Sequence[str],
    can_go: Sequence[str],
) -> None:
    from datasets_registry.inspecting.listing import VersionEntry

    rows = [entry.dump() for entry in entries]
    if as_json or as_csv:
        print_rows(rows, as_json, list(VersionEntry.model_fields), as_csv)
        return
    listed = [_listed(entry) for entry in entries]
    tags = ["tags"] if any(entry.tags for entry in entries) else []
    print_rows(listed, False, [*columns, *tags], can_go=can_go)


def _listed(entry: "VersionEntry") -> dict[str, object]:
    named = f"{entry.name}@{entry.version}"
    return {
        "dataset": named,
        "version": named,
        "rows": None if entry.rows is None else f"{entry.rows:,}",
        "status": entry.status,
        "checks": f"{entry.checks_passed} of {entry.checks}" if entry.checks else "none",
        "warnings": entry.warnings,
        "data version": entry.data_version,
        "created": entry.created_at,
        "tags": entry.tags,
    }


def pass_version(
    version: Annotated[str, typer.Argument(help="An exact version, such as preference_pairs@3.")],
    reason: Annotated[str, typer.Option("--reason", help="What you checked, and why it may be used.")],
    as_json: Json = False,
) -> None:
    """Pass a version by hand although a blocking check is red.

    Models may then train on it. Who passed it and why is recorded.
    """
    from datasets_registry.version import parsed_reference
    from quality.auditing.overruling import pass_by_hand

    if parsed_reference(version)[1] is None:
        raise BadInput(
            f"{version} is not an exact version: name the one that you checked, such as {version}@3"
        )
    registry = open_state(to_write=True)
    passed = pass_by_hand(registry, registry.resolve(version), reason)
    checks = [result.model_dump() | {"version": str(passed)} for result in registry.checks(passed)]
    if as_json:
        print_json(checks)
        return
    say(f"{passed} is passed by hand")
    print_rows(checks, False, ("check", "passed", "severity", "description"))


def show(
    name: Reference,
    rows: Annotated[int, typer.Option(min=0, max=MOST_SHOWN, help="Number of rows to show.")] = 3,
    as_json: Json = False,
) -> None:
    """Show one version: status, columns, checks, inputs, rows."""
    from datasets_registry.inspecting.version_details import version_details

    registry = open_state()
    details = version_details(registry, registry.resolve(name), rows)
    if as_json:
        print_json(details.dump())
    else:
        _print(details)


def _print(details: "Details") -> None:
    from datasets_registry.inspecting.recipe_changes import setting_changes
    from datasets_registry.inspecting.version_details import DatasetVersionDetails

    say(f"{details}  {details.kind}  {details.status}")
    if details.newest != str(details):
        say(f"the newest version is {details.newest}: see `trimtab show {details.newest}`")
    print_facts(_facts(details))
    if isinstance(details, DatasetVersionDetails):
        say("\ncolumns")
        print_rows(list(map(_column, details.columns)), False, ("name", "type", "meaning"))
    if details.checks:
        say("\nchecks")
        print_rows(list(map(_check, details.checks)), False, ("check", "passed", "what"))
    if details.settings:
        say("\nsettings")
        changes = setting_changes({}, details.settings)
        print_table(("setting", "value"), ((change.path, change.after) for change in changes))
    if isinstance(details, DatasetVersionDetails) and details.sample:
        say(f"\nrows ({len(details.sample):,} of {details.rows or 0:,})")
        _print_sample(details.sample, details.key)


def _facts(details: "Details") -> Iterable[tuple[str, object]]:
    yield "tags", ", ".join(details.tags)
    yield from _own_facts(details)
    yield "inputs", ", ".join(details.inputs) or "none: a source"
    yield "data version", details.data_version
    yield "code version", details.code_version
    yield from (("kept", f"{waiver} ({waiver.summary})") for waiver in details.kept)
    yield "created at", details.created_at
    yield "run", details.run_id


def _own_facts(details: "Details") -> Iterable[tuple[str, object]]:
    """The facts that only datasets, or only models, have."""
    from datasets_registry.inspecting.version_details import DatasetVersionDetails

    if isinstance(details, DatasetVersionDetails):
        yield "rows", details.rows
        yield "grain", details.grain
        yield "key", ", ".join(details.key)
        return
    model = details.model
    yield "base", model.base
    yield "folder", model.folder
    yield from ((f"dataset {role}", dataset) for role, dataset in model.datasets.items())
    yield from model.metrics.items()
    yield from ((f"rows {kind}", count) for kind, count in model.rows.items())


def _column(column: "Column") -> dict[str, object]:
    nullable = " or null" if column.nullable else ""
    # what is in a list or a struct stands in the row types' page
    kind, _, inner = column.type.partition("<")
    of = " of structs" if "struct<" in inner else f" of {inner.removeprefix('item: ').rstrip('>')}"
    return {
        "name": column.name,
        "type": kind + (of if inner and kind == "list" else "") + nullable,
        "meaning": column.meaning,
    }


def _check(check: "CheckResult") -> dict[str, object]:
    failed = "warns" if check.severity == "warning" else "FAILED"
    return {
        "check": check.check,
        "what": check.description,
        "passed": "passed" if check.passed else failed,
    }


def _print_sample(rows: "Sequence[ResultRow]", key: Sequence[str]) -> None:
    """Each row by itself, then what all of them share."""
    from assets.cli.screen.sample import sampled

    sample = sampled(rows, key)
    for number, facts in enumerate(sample.own):
        if number:
            say("")
        print_facts(facts)
    if sample.shared:
        say("\nthe same in all of these rows")
        print_facts(sample.shared)
    if sample.empty:
        say(f"\nempty in all of these rows: {', '.join(sample.empty)}")
