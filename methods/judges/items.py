"""Items that judges are measured on, from files of public suites as these ship them, or of people's own."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field

from datasets_registry.documents import is_file, is_folder
from datasets_registry.errors import BadInput
from datasets_registry.hashing import content_id, digest, ranked
from datasets_registry.importing.rejection import Rejected
from datasets_registry.importing.suites.published import PUBLISHED, Posed
from datasets_registry.rows.imported import HumanPreference
from datasets_registry.rows.judge_benchmark import JudgeItem, Suite
from datasets_registry.settings import Settings
from methods.judges.settings import ItemSelection
from methods.method import Inputs, Method, Models

if TYPE_CHECKING:
    from datasets_registry.importing.source import Source

# the opened files of a suite, each with its subset
Parts = Sequence[tuple[str, "Source"]]
_FIRST_ROWS = 20
# the share of rows that are no items with which a file is the suite all the same
_MOST_FAILED = 0.05
# names of files that say nothing of what is in them: their folder does
_UNTELLING = ("dataset", "data", "test", "train")


class SuiteFile(Settings):
    """A suite's file or folder by its content; moving it changes nothing."""

    suite: Suite
    path: Path = Field(exclude=True)
    content: str = Field(description="SHA-256 of the files' bytes and names")


class ItemSettings(ItemSelection):
    """The files, and how much of them is used."""

    files: tuple[SuiteFile, ...] = Field(min_length=1)


def item_settings(files: Mapping[Suite, Path], selection: ItemSelection) -> ItemSettings:
    """The settings of files as they are now; raises BadInput for one of which no row is an item."""
    suites = []
    for suite, path in sorted(files.items()):
        parts = _opened(suite, path)
        first = list(islice(_items(suite, parts), _FIRST_ROWS))
        if all(item.failure for item in first):
            why = first[0].failure if first else "it is empty"
            raise BadInput(f"{path} has no item of {suite} at its start ({why}): give the file as it ships")
        suites.append(SuiteFile(suite=suite, path=path, content=_content(parts)))
    return ItemSettings(files=tuple(suites), items=selection.items, seed=selection.seed)


def make_items(inputs: Inputs, models: Models, settings: ItemSettings) -> list[JudgeItem]:
    """The chosen items of each suite, and every row that is none with its reason.

    Raises BadInput where a file changed since its settings were made.
    """
    return read_items(settings)


def read_items(settings: ItemSettings) -> list[JudgeItem]:
    """The same, from the settings alone; raises BadInput where too many of a suite's rows are no items."""
    rows: list[JudgeItem] = []
    for file in settings.files:
        parts = _opened(file.suite, file.path)
        if _content(parts) != file.content:
            raise BadInput(f"{file.path} changed since the profile was read: run again")
        items = list(_distinct(_items(file.suite, parts)))
        _require_most(items, file)
        rows += [item for item in items if item.failure]
        rows += _chosen([item for item in items if not item.failure], settings)
    return rows


def _require_most(items: Sequence[JudgeItem], file: SuiteFile) -> None:
    failed = [item.failure for item in items if item.failure]
    if len(failed) > _MOST_FAILED * len(items):
        raise BadInput(
            f"{file.path}: {len(failed)} of {len(items)} rows are no items of {file.suite} (such as "
            f"{failed[0]}): give the file as it ships"
        )


def _chosen(items: Sequence[JudgeItem], selection: ItemSelection) -> list[JudgeItem]:
    """A seeded subset, evenly of the subsets; adding items changes little of it."""
    by_id = {item.item_id: item for item in items}
    places: dict[str, int] = {}
    order = []
    for item_id in ranked(list(by_id), selection.seed):
        subset = by_id[item_id].subset
        places[subset] = places.get(subset, 0) + 1
        order.append((places[subset], digest([selection.seed, subset]), item_id))
    return [by_id[item_id] for *_, item_id in sorted(order)[: selection.items]]


def _distinct(items: Iterable[JudgeItem]) -> Iterator[JudgeItem]:
    """The items, without those that are there twice."""
    seen: set[str] = set()
    for item in items:
        if item.item_id not in seen:
            seen.add(item.item_id)
            yield item


def _items(suite: Suite, parts: Parts) -> Iterator[JudgeItem]:
    """Each row of the suite's files, as an item or with its failure."""
    for part, source in parts:
        yield from _people(source, part) if suite == "people" else _published(suite, source, part)


def _published(suite: Suite, source: "Source", part: str) -> Iterator[JudgeItem]:
    published = PUBLISHED[suite]
    for record in source.records():
        try:
            if record.failure is not None:
                raise Rejected(record.failure)
            posed = published.read(record.columns)
        except Rejected as why:
            yield _failed(suite, part, f"{source.place(record)}: {why}", published.maker, published.spdx)
            continue
        yield _item(suite, posed, part, published.maker, published.spdx)


def _people(source: "Source", part: str) -> Iterator[JudgeItem]:
    """Comparisons in any form that an import recognises."""
    from datasets_registry.importing.filling import Given
    from datasets_registry.importing.importing import import_rows
    from datasets_registry.importing.records import Record

    imported = import_rows(source, [HumanPreference], {}, Given())
    for row in imported.rows:
        if isinstance(row, HumanPreference):
            yield _compared(row, part)
    for rejection in imported.rejections:
        place = source.place(Record(rejection.file, rejection.line))
        yield _failed("people", part, f"{place}: {rejection.reason}", source.name, "NOASSERTION")


def _compared(row: HumanPreference, part: str) -> JudgeItem:
    # carried over as it is: nothing is decided by where a comparison came from
    stated = [str(getattr(row, name)) for name in JudgeItem.provenance]
    if row.tools or row.chosen_tool_calls or row.rejected_tool_calls:
        return _failed("people", part, f"{row.pair_id}: calls tools, and a judge reads texts", *stated)
    if row.chosen == row.rejected:
        return _failed("people", part, f"{row.pair_id}: both answers are the same", *stated)
    posed = Posed("pair", tuple(row.messages), None, (row.chosen,), (row.rejected,))
    return _item("people", posed, part, *stated)


def _item(suite: Suite, posed: Posed, part: str, source: str, licence: str) -> JudgeItem:
    said = [[turn.role, turn.content] for turn in posed.messages]
    subset = posed.subset or part
    content = [said, posed.right, posed.wrong, posed.steps, posed.first_error]
    return JudgeItem(
        item_id=content_id(suite, subset, content),
        suite=suite,
        subset=subset,
        kind=posed.kind,
        cluster=content_id(said),
        messages=list(posed.messages),
        responses=[*posed.right, *posed.wrong],
        num_right=len(posed.right),
        steps=list(posed.steps),
        first_error=posed.first_error,
        failure=_missing(posed),
        source=source,
        licence=licence,
    )


def _missing(posed: Posed) -> str | None:
    whole = posed.kind == "steps" or (posed.right and posed.wrong)
    return None if whole else "there is no right or no wrong response"


def _failed(suite: Suite, part: str, why: str, source: str, licence: str) -> JudgeItem:
    return JudgeItem(
        item_id=content_id(suite, part, "failure", why),
        suite=suite,
        subset=part,
        kind="pair",
        cluster="",
        messages=[],
        responses=[],
        num_right=0,
        steps=[],
        first_error=None,
        failure=why,
        source=source,
        licence=licence,
    )


def _files(suite: Suite, path: Path) -> list[Path]:
    """The file, or the data files of a folder; raises BadInput where there is none."""
    from datasets_registry.importing.source import data_files

    if is_file(path):
        return [path]
    files = data_files(path) if is_folder(path) else []
    if not files:
        raise BadInput(f"{path} is no file of {suite}, and no folder with files of it: give one or the other")
    return files


def _opened(suite: Suite, path: Path) -> Parts:
    """The files, each with the subset that its name tells."""
    return [(_part(file), _source(file)) for file in _files(suite, path)]


def _source(file: Path) -> "Source":
    """The file by its own content: no card beside it has a say."""
    from datasets_registry.importing.source import open_file

    return replace(open_file(file), unit="row")


def _part(file: Path) -> str:
    """The subset that a file's name tells, such as ``gsm8k``, else its folder's."""
    stem = Path(file.name.removesuffix(".gz")).stem
    return file.resolve().parent.name if stem in _UNTELLING else stem


def _content(parts: Parts) -> str:
    return digest([[part, source.sha256] for part, source in parts])


JUDGE_ITEMS = Method(make_items, ItemSettings, JudgeItem)
