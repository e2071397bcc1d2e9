"""trimtab import FILE|hub:NAME --as DATASET: data from elsewhere, every rejected row with its reason."""

import json
import sys
from collections import deque
from collections.abc import Sequence
from itertools import chain
from typing import Annotated, Any, Literal

import typer

from assets.cli.printing import Json, open_state, print_rows, progress_bar
from datasets_registry.errors import BadInput, TrimtabError
from datasets_registry.importing.filling import Given
from datasets_registry.importing.importing import NO_LICENCE, Imported, import_rows, write_rejections
from datasets_registry.importing.mapping import parsed_map
from datasets_registry.importing.source import open_source
from datasets_registry.registry import Registry
from datasets_registry.rows.row import Row
from datasets_registry.rows.types import ROW_TYPES, row_type
from datasets_registry.store.staging import Staged
from datasets_registry.version import CheckResult, Version, validated_name
from quality.auditing.publishing import check_candidate
from quality.checks.check import Check, run_check

Name = Annotated[str, typer.Option("--as", help="The dataset to add a version to.")]
Like = Annotated[str | None, typer.Option(help="Row type, if the format does not imply it.")]
Map = Annotated[
    list[str] | None,
    typer.Option("--map", help="column=source; a source is a field, turns.0, a+b, or =some text."),
]
Split = Annotated[
    Literal["train", "evaluation"] | None,
    typer.Option(help="What the rows may be used for; train if left out."),
]
Licence = Annotated[str | None, typer.Option(help="The licence's SPDX identifier, such as MIT.")]
Text = Annotated[str | None, typer.Option(help="Who made the data; the file's name if left out.")]


def import_dataset(
    file: Annotated[str, typer.Argument(help="A file, a folder, or hub:owner/name[:split].")],
    dataset: Name,
    like: Like = None,
    maps: Map = None,
    split: Split = None,
    licence: Licence = None,
    source: Text = None,
    as_json: Json = False,
) -> None:
    """Import a file or Hub dataset as a version of a dataset.

    It reads JSONL, JSON, CSV and Parquet. Exported rows and the public forms in docs/import-export.md are
    recognised; for others give --like and --map.
    """
    registry, mapping = open_state(), parsed_map(maps or [])
    like_row = _row(registry, validated_name(dataset), like)
    if mapping and like_row is None:
        raise BadInput(f"--map needs --like ROW_TYPE, one of {', '.join(ROW_TYPES)}")
    with progress_bar("importing") as report:
        imported = import_rows(open_source(file), like_row, mapping, Given(split, source, licence), report)
        _require_same(registry, dataset, imported.format.row)
        staged = _staged(registry, dataset, imported)
    rejected = write_rejections(registry.state, dataset, imported)
    if not imported.accepted:
        why = ", ".join(f"{count} × {kind}" for kind, count in imported.counts().items())
        raise BadInput(f"no row of {file} can be imported ({why}): {rejected} lists each with its reason")
    version, is_new = _published(registry, dataset, imported, staged)
    _report(version, is_new, imported, str(rejected) if rejected else None, as_json)


def _staged(registry: Registry, dataset: str, imported: Imported) -> Staged | None:
    """The rows, stored as they are read; None where none is accepted, or this import was made before."""
    first = next(imported.rows, None)
    if first is None:
        return None
    rows = chain([first], imported.rows)
    if registry.find(dataset, imported.derivation.recipe):
        # read for its counts alone
        deque(rows, maxlen=0)
        return None
    return registry.stage(imported.format.row, rows, dataset)


def _row(registry: Registry, dataset: str, like: str | None) -> type[Row] | None:
    """The row type of ``--like``, or of the dataset that has this name already."""
    if like is None:
        newest = registry.newest(dataset)
        has_row_type = newest is not None and newest.content.get("row", dataset) in ROW_TYPES
        return row_type(newest) if newest and has_row_type else ROW_TYPES.get(dataset)
    if like not in ROW_TYPES:
        raise BadInput(f"no row type {like!r}: there are {', '.join(ROW_TYPES)}")
    return ROW_TYPES[like]


def _require_same(registry: Registry, dataset: str, row: type[Row]) -> None:
    newest = registry.newest(dataset)
    if newest and newest.kind == "model":
        raise BadInput(f"{dataset!r} is a model: choose another name with --as")
    known = ROW_TYPES.get(dataset)
    has = newest.content.get("row", dataset) if newest else known.dataset if known else row.dataset
    if has != row.dataset:
        raise BadInput(
            f"{dataset!r} has rows of type {has}, and these are {row.dataset}: choose another name"
        )


def _published(
    registry: Registry, dataset: str, imported: Imported, staged: Staged | None
) -> tuple[Version, bool]:
    """The version with these rows, and whether it is new."""
    how = imported.derivation
    earlier = None if staged else registry.find(dataset, how.recipe)
    if earlier:
        return registry.reuse(earlier, how), False
    before = {made.number for made in registry.versions(dataset)} if registry.newest(dataset) else set()
    assert staged is not None
    (version,) = registry.commit_staged([staged], how)
    return check_candidate(registry, imported.format.row, version, (), _checked), version.number not in before


def _checked(check: Check, registry: Registry, version: Version, inputs: Sequence[Version]) -> CheckResult:
    try:
        grounds = [registry.passed(read) for read in check.reads]
        return run_check(check, registry, version, [*inputs, *grounds])
    except TrimtabError as error:
        # a check against a dataset that is not there finds nothing, and so does not pass
        return CheckResult(
            check=check.name,
            passed=False,
            severity=check.severity,
            value=None,
            threshold=None,
            description=f"cannot be measured: {error}",
        )


def _report(version: Version, is_new: bool, imported: Imported, rejected: str | None, as_json: bool) -> None:
    outcome: dict[str, Any] = {
        "version": str(version),
        "new": is_new,
        "status": version.status,
        "format": imported.format.name,
        "row_type": imported.format.row.dataset,
        "accepted": imported.accepted,
        "rejected": imported.counts(),
        "rejected_file": rejected,
        "unused_columns": imported.unused(),
        "data_version": version.data_version,
    }
    if as_json:
        print(json.dumps(outcome, indent=2))
        return
    print(f"read as {imported.format.name}: rows of {imported.format.row.dataset}")
    result = f"{imported.accepted} rows, {version.status}" if is_new else "unchanged, no new version"
    print(f"{version}: {result}; {len(imported.rejections)} rejected")
    if rejected:
        counts = [{"reason": kind, "rows": count} for kind, count in imported.counts().items()]
        print_rows(counts, False, ("reason", "rows"))
        print(f"each rejected row with its reason: {rejected}")
    if imported.unused():
        print(f"columns that no row has anything of: {', '.join(imported.unused())}")
    if imported.without_licence:
        print(
            f"no licence given, so it is recorded as {NO_LICENCE}: name one with --licence, such as MIT",
            file=sys.stderr,
        )
