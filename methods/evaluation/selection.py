"""The items of an evaluation: our own, held-out prompts of the graph, and those of public sets."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field

from datasets_registry.documents import is_file, is_folder, meant
from datasets_registry.errors import BadInput
from datasets_registry.hashing import digest
from datasets_registry.rows.evaluation import EvaluationItem
from datasets_registry.rows.imported import Problem
from datasets_registry.settings import Seed, Settings
from methods.evaluation.public.published import PUBLISHED
from methods.evaluation.public.records import ReadRecord, read_records
from methods.evaluation.public.repeats import without_contradictions
from methods.evaluation.spread import evenly
from methods.evaluation.suites import capability, harmlessness, helpfulness
from methods.evaluation.suites.named import SUITES
from methods.evaluation.suites.names import SuiteName
from methods.method import Inputs, Method, Models
from methods.prompt_sets import helpful_prompts, red_team_prompts

if TYPE_CHECKING:
    from datasets_registry.importing.source import Source

# the share of a file's rows that are no items with which it is the set all the same
_MOST_FAILED = 0.05
# the same of as many rows as are read with the profile
_FIRST_ROWS, _MOST_FAILED_FIRST = 20, 0.5


class PublicFile(Settings):
    """A public set's file or folder by its content; moving it changes nothing."""

    name: str
    path: Path = Field(exclude=True)
    content: str = Field(description="SHA-256 of the files' bytes")


class SelectionSettings(Settings):
    """The suites, how many items of each are used at most, and the files of public sets.

    With ``only_problems`` capability asks held-out problems of the graph, and no items of ours.
    """

    suites: tuple[SuiteName, ...]
    items: Mapping[SuiteName, int] = {}
    files: tuple[PublicFile, ...] = ()
    only_problems: bool = False
    seed: Seed = 0


def public_files(files: Mapping[str, Path], suites: Sequence[str]) -> tuple[PublicFile, ...]:
    """The files as they are now; raises BadInput for one that is none of its set, or of no chosen suite.

    Only its first rows are read; whoever makes the items reads all.
    """
    return tuple(_public_file(name, path, suites) for name, path in sorted(files.items()))


def _public_file(name: str, path: Path, suites: Sequence[str]) -> PublicFile:
    if name not in PUBLISHED:
        near, known = meant(name, PUBLISHED), ", ".join(sorted(PUBLISHED))
        raise BadInput(f"evaluation.files: unknown set {name!r}{near}: use one of {known}")
    public = PUBLISHED[name]
    if public.suite not in suites:
        raise BadInput(
            f"evaluation.files.{name} has items of {public.suite!r}, which evaluation.suites lacks: add it "
            "there, or leave the file out"
        )
    file = PublicFile(name=name, path=path, content=_content(path, name))
    _require_first(file)
    return file


def make_items(inputs: Inputs, models: Models, settings: SelectionSettings) -> list[EvaluationItem]:
    """The chosen items of each suite with all their variants, and rows of files that are none, with reasons.

    Raises BadInput where a file changed since its settings were made.
    """
    return select([*_held_out(inputs, settings.suites), *fixed_items(settings)], settings)


def _held_out(inputs: Inputs, suites: Sequence[str]) -> Iterator[EvaluationItem]:
    """The held-out prompts of the graph, for those of their suites that are chosen."""
    if helpfulness.NAME in suites:
        yield from helpfulness.items_of_prompts(helpful_prompts(inputs, "evaluation"))
    if harmlessness.NAME in suites:
        yield from harmlessness.items_of_prompts(red_team_prompts(inputs, "evaluation"))
    if capability.NAME in suites:
        yield from capability.items_of_problems(inputs.rows(Problem))


def fixed_items(settings: SelectionSettings) -> Iterator[EvaluationItem]:
    """Our own items and those of files, which need no dataset of the graph."""
    for name in settings.suites:
        if not (settings.only_problems and name == capability.NAME):
            yield from SUITES[name].items()
    for file in settings.files:
        if _content(file.path, file.name) != file.content:
            raise BadInput(f"{file.path} changed since the profile was read: run again")
    # two files may have the same text, too
    records = without_contradictions(record for file in settings.files for record in _read_whole(file))
    yield from (item for record in records for item in record.items)


def select(items: Iterable[EvaluationItem], settings: SelectionSettings) -> list[EvaluationItem]:
    """At most as many items of each suite as the settings say, evenly of its categories.

    The choice is seeded; adding items changes little of it, and an item's variants stay together.
    """
    rows = {(item.suite, item.item_id, item.variant): item for item in items}
    by_suite: dict[str, dict[str, list[EvaluationItem]]] = {}
    for item in rows.values():
        by_suite.setdefault(item.suite, {}).setdefault(item.item_id, []).append(item)
    return [
        item
        for suite in settings.suites
        for variants in [by_suite.get(suite, {})]
        for item_id in _chosen(variants, settings.items.get(suite), settings.seed)
        for item in variants[item_id]
    ]


def _chosen(variants: Mapping[str, Sequence[EvaluationItem]], number: int | None, seed: int) -> Sequence[str]:
    failed = [item_id for item_id, rows in variants.items() if any(row.failure for row in rows)]
    whole = [item_id for item_id in variants if item_id not in set(failed)]
    if number is None:
        return [*failed, *whole]
    categories = {item_id: variants[item_id][0].category for item_id in whole}
    return [*failed, *evenly(categories, number, seed)]


def _read_whole(file: PublicFile) -> list[ReadRecord]:
    """All records of a file; raises BadInput where too many are no items, or none is one."""
    records = without_contradictions(_records(file))
    _require_share(file, records, _MOST_FAILED)
    if not any(record.items for record in records):
        raise BadInput(f"{file.path} is not the set {file.name} (it has no item): give the file as it ships")
    return records


def _require_first(file: PublicFile) -> None:
    """Raise BadInput for a file that its first rows show to be none of its set; the rest is not read."""
    _require_share(file, list(islice(_records(file), _FIRST_ROWS)), _MOST_FAILED_FIRST)


def _require_share(file: PublicFile, records: Sequence[ReadRecord], most: float) -> None:
    failures, total = [record.failure for record in records if record.failure], len(records)
    if total and len(failures) <= most * total:
        return
    why = _none_of_its_set(failures, total) if failures else "it is empty"
    raise BadInput(f"{file.path} is not the set {file.name} ({why}): give the file as it ships")


def _none_of_its_set(failures: Sequence[str], total: int) -> str:
    if len(failures) == 1:
        return f"1 of {total} rows is none, {failures[0]}"
    return f"{len(failures)} of {total} rows are none, such as {failures[0]}"


def _records(file: PublicFile) -> Iterator[ReadRecord]:
    return read_records(PUBLISHED[file.name], _sources(file.path, file.name))


def _sources(path: Path, name: str) -> "list[Source]":
    from datasets_registry.importing.source import data_files, open_file

    if is_file(path):
        return [open_file(path)]
    files = data_files(path) if is_folder(path) else []
    if not files:
        raise BadInput(f"evaluation.files.{name}: {path} is neither a file nor a folder with files: give one")
    return [open_file(file) for file in files]


def _content(path: Path, name: str) -> str:
    return digest([source.sha256 for source in _sources(path, name)])


EVALUATION_ITEMS = Method(run=make_items, settings=SelectionSettings, rows=EvaluationItem)
