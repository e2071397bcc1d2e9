"""trimtab import FILE|hub:NAME --as DATASET: data from elsewhere, every rejected row with its reason."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from assets.cli.printing import Json, open_state, print_json, print_rows, progress_bar, say
from datasets_registry.errors import BadInput, TrimtabError
from datasets_registry.importing.rejection import MOST_REJECTED

if TYPE_CHECKING:
    from datasets_registry.importing.importing import Imported
    from datasets_registry.registry import Registry
    from datasets_registry.rows.row import Row
    from datasets_registry.store.staging import Staged
    from datasets_registry.version import CheckResult, Version
    from quality.checks.check import Check

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
Share = Annotated[
    float, typer.Option(min=0, max=1, help="The share of rejected rows above which the import is red.")
]
Text = Annotated[str | None, typer.Option(help="Who made the data; the file's name if left out.")]


@dataclass(frozen=True)
class _Outcome:
    """The version that an import led to, perhaps an earlier one; ``before`` was the newest until then."""

    imported: "Imported"
    version: "Version"
    before: "Version | None"
    is_new: bool
    red: tuple[str, ...]

    @property
    def replaced(self) -> "Version | None":
        """The version that was current before an earlier one's rows came again."""
        same = self.before is None or self.before.number == self.version.number
        return None if self.is_new or same else self.before

    @property
    def result(self) -> str:
        """What became of the version, in words."""
        version, before = self.version, self.before
        if self.is_new and before and before.learned_version == version.learned_version:
            return f"the rows of {before} from elsewhere, {version.status}; no model learns anything new"
        if self.is_new:
            return f"{version.num_rows} {'row' if version.num_rows == 1 else 'rows'}, {version.status}"
        if self.replaced is None:
            return f"unchanged, no new version, {version.status}"
        return f"the same rows as then, {version.status}, and current again in place of {self.replaced}"


def import_dataset(
    file: Annotated[str, typer.Argument(help="A file, a folder, or hub:owner/name[:split].")],
    dataset: Name,
    like: Like = None,
    maps: Map = None,
    split: Split = None,
    licence: Licence = None,
    source: Text = None,
    most_rejected: Share = MOST_REJECTED,
    as_json: Json = False,
) -> None:
    """Import a file or Hub dataset as a version of a dataset.

    It reads JSONL, JSON, CSV, Parquet and logs of Inspect. Exported rows and the public forms in
    docs/import-export.md are recognised; for others give --like and --map. Exits with code 1 where a
    blocking check fails.
    """
    from datasets_registry.importing.filling import Given
    from datasets_registry.importing.importing import import_rows, write_rejections
    from datasets_registry.importing.mapping import parsed_map
    from datasets_registry.importing.source import open_source
    from datasets_registry.rows.types import ROW_TYPES
    from datasets_registry.version import validated_name

    _require_no_model(validated_name(dataset))
    registry, mapping = _sharing(dataset), parsed_map(maps or [])
    like_row = _row(registry, dataset, like)
    if mapping and like_row is None:
        raise BadInput(f"--map needs --like ROW_TYPE, one of {', '.join(ROW_TYPES)}")
    with progress_bar("importing") as report:
        given = Given(split, source, licence)
        types = [like_row] if like_row else list(ROW_TYPES.values())
        imported = import_rows(open_source(file), types, mapping, given, report, most_rejected=most_rejected)
        _require_same(registry, dataset, imported.format.row)
        staged = _staged(registry, dataset, imported)
    rejected = write_rejections(registry.state, dataset, imported)
    if staged is None:
        why = ", ".join(f"{count} × {kind}" for kind, count in imported.counts().items())
        raise BadInput(f"no row of {file} can be imported ({why}): {rejected} lists each with its reason")
    outcome = _published(registry, dataset, imported, staged)
    _report(outcome, str(rejected) if rejected else None, as_json)
    if outcome.red:
        _say_red(outcome)
        raise typer.Exit(1)


def _sharing(dataset: str) -> "Registry":
    """The registry, in which the dataset is what all experiments share, also of one that is to begin."""
    registry = open_state(to_write=True, begins=True)
    line = registry.records.line
    return registry.of(replace(line, shared=line.shared | {dataset}))


def _require_no_model(dataset: str) -> None:
    """Raise BadInput where the chosen profile has a model of this name, built or not."""
    from assets.profile.chosen import read_chosen

    try:
        _, content = read_chosen()
    except BadInput:
        # an import needs no profile, and whoever builds is told what is wrong with it
        return
    models = content.get("models")
    if isinstance(models, dict) and dataset in models:
        raise BadInput(f"{dataset!r} is a model of the profile: choose another name with --as")


def _staged(registry: "Registry", dataset: str, imported: "Imported") -> "Staged | None":
    """The rows, stored as they are read; None where none is accepted."""
    first = next(imported.rows, None)
    if first is None:
        return None
    return registry.stage(imported.format.row, chain([first], imported.rows), dataset)


def _row(registry: "Registry", dataset: str, like: str | None) -> "type[Row] | None":
    """The row type of ``--like``, or of the dataset that has this name already."""
    from datasets_registry.rows.types import ROW_TYPES, row_type

    if like is None:
        newest = registry.newest(dataset)
        has_row_type = newest is not None and newest.content.get("row", dataset) in ROW_TYPES
        return row_type(newest) if newest and has_row_type else ROW_TYPES.get(dataset)
    if like not in ROW_TYPES:
        raise BadInput(f"no row type {like!r}: there are {', '.join(ROW_TYPES)}")
    return ROW_TYPES[like]


def _require_same(registry: "Registry", dataset: str, row: "type[Row]") -> None:
    from datasets_registry.rows.types import ROW_TYPES

    newest = registry.newest(dataset)
    if newest and newest.kind == "model":
        raise BadInput(f"{dataset!r} is a model: choose another name with --as")
    known = ROW_TYPES.get(dataset)
    has = newest.content.get("row", dataset) if newest else known.dataset if known else row.dataset
    if has != row.dataset:
        raise BadInput(
            f"{dataset!r} has rows of type {has}, and these are {row.dataset}: choose another name"
        )


def _published(registry: "Registry", dataset: str, imported: "Imported", staged: "Staged") -> _Outcome:
    """The version with these rows, checked, and what became of it."""
    from datasets_registry.registry import is_red
    from quality.auditing.publishing import check_candidate

    how, before = imported.derivation, registry.newest(dataset)
    numbers = {made.number for made in registry.versions(dataset)} if before else set()
    if earlier := registry.find(dataset, how.recipe):
        version = registry.reuse(earlier, how)
    else:
        (candidate,) = registry.commit_staged([staged], how)
        version = check_candidate(registry, imported.format.row, candidate, (), _checked)
    red = tuple(check.description for check in registry.checks(version) if is_red(check))
    return _Outcome(imported, version, before, version.number not in numbers, red)


def _checked(
    check: "Check", registry: "Registry", version: "Version", inputs: "Sequence[Version]"
) -> "CheckResult":
    from datasets_registry.version import CheckResult
    from quality.checks.check import run_check

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


def _say_red(outcome: _Outcome) -> None:
    version = outcome.version
    say(
        f"error: {version} is red, and nothing is built from it: {'; '.join(outcome.red)}. Mend the file and "
        f"import it again, or overrule this with `trimtab pass {version} --reason 'what you looked at'`",
        on_stderr=True,
    )


def _report(outcome: _Outcome, rejected: str | None, as_json: bool) -> None:
    from datasets_registry.importing.importing import NO_LICENCE

    if as_json:
        print_json(_facts(outcome, rejected))
        return
    imported = outcome.imported
    say(f"read as {imported.format.name}: rows of {imported.format.row.dataset}")
    say(f"{outcome.version}: {outcome.result}; {len(imported.rejections)} rejected")
    if rejected:
        counts = [{"reason": kind, "rows": count} for kind, count in imported.counts().items()]
        print_rows(counts, False, ("reason", "rows"))
        say(f"each rejected row with its reason: {rejected}")
    if imported.unused():
        say(f"columns that no row has anything of: {', '.join(imported.unused())}")
    if imported.without_licence:
        say(
            f"no licence given, so it is recorded as {NO_LICENCE}: name one with --licence, such as MIT",
            on_stderr=True,
        )


def _facts(outcome: _Outcome, rejected: str | None) -> dict[str, Any]:
    imported, version = outcome.imported, outcome.version
    return {
        "version": str(version),
        "new": outcome.is_new,
        "replaces": str(outcome.replaced) if outcome.replaced else None,
        "status": version.status,
        "red": list(outcome.red),
        "format": imported.format.name,
        "row_type": imported.format.row.dataset,
        "accepted": imported.accepted,
        "rejected": imported.counts(),
        "rejected_file": rejected,
        "unused_columns": imported.unused(),
        "data_version": version.data_version,
        "learned_version": version.learned_version,
    }
