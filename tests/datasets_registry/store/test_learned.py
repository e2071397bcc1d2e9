"""What is learned of rows does not depend on where they came from, and on everything else it does."""

import ast
from collections.abc import Collection, Sequence
from pathlib import Path

import pyarrow as pa
import pytest

from datasets_registry.inspecting.listing import behind
from datasets_registry.registry import Registry
from datasets_registry.rows.cai import SftExample
from datasets_registry.rows.imported import Demonstration, HumanPreference
from datasets_registry.rows.prompts import RedTeamPrompt
from datasets_registry.rows.row import Row
from datasets_registry.rows.types import ROW_TYPES
from datasets_registry.state import REPOSITORY
from datasets_registry.store import chunks, objects
from datasets_registry.store.content_hash import content_hash
from datasets_registry.store.staging import stage
from datasets_registry.stores.folder import FolderStore
from datasets_registry.version import Derivation, Version
from tests.rows import make

ELSEWHERE = [{"source": "renamed.jsonl"}, {"licence": "CC0-1.0"}]
HOW = Derivation(code_version="1", settings={}, inputs=())


def stored(registry: Registry, rows: Sequence[Row]) -> Version:
    """A passed version of these rows."""
    version = registry.commit(type(rows[0]), rows, HOW, "given")
    return registry.record_checks(version, [])


@pytest.mark.parametrize("columns", ELSEWHERE)
@pytest.mark.parametrize("row", [Demonstration, HumanPreference, RedTeamPrompt])
def test_the_same_rows_from_elsewhere_are_another_version_of_which_the_same_is_learned(
    registry: Registry, row: type[Row], columns: dict[str, str]
) -> None:
    first, second = (stored(registry, [make(row, "a", **more)]) for more in ({}, columns))
    assert first.data_version != second.data_version
    assert first.learned_version == second.learned_version
    recipes = {HOW.model_copy(update={"inputs": (version,)}).recipe for version in (first, second)}
    assert len(recipes) == 1


@pytest.mark.parametrize("column", ["prompt", "completion", "messages", "tools", "id"])
def test_of_other_rows_something_else_is_learned(registry: Registry, column: str) -> None:
    row = make(Demonstration, "a")
    others: dict[str, object] = {"messages": [], "tools": []}
    other = row.model_copy(update={column: others.get(column, "other")})
    assert stored(registry, [row]).learned_version != stored(registry, [other]).learned_version


def test_a_long_source_that_moves_a_cut_changes_nothing(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "MAX_BYTES", 2_000)
    short, long = (
        stored(registry, [make(Demonstration, f"{place:02}", source=source) for place in range(40)])
        for source in ("s", "a much longer name of a file " * 10)
    )
    assert len(short.content["objects"]) < len(long.content["objects"])
    assert short.learned_version == long.learned_version


def test_rows_that_were_just_written_are_not_hashed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[int] = []

    def counting(table: pa.Table) -> str:
        hashed.append(len(table))
        return content_hash(table)

    monkeypatch.setattr(objects, "content_hash", counting)
    rows = [make(Demonstration, "a"), make(Demonstration, "b")]
    store = FolderStore(tmp_path)
    staged = stage(Demonstration.dataset, Demonstration, rows, store, tmp_path, lambda sha: None)
    assert staged.learned_version not in (None, staged.data_version)
    assert hashed == [2]


def test_rows_that_say_nothing_of_it_are_learned_whole(registry: Registry) -> None:
    version = stored(registry, [make(SftExample, "a")])
    assert version.learned_version == version.data_version


def test_what_was_made_of_the_rows_before_is_found_and_not_behind_and_goes_back_to_the_newer_ones(
    registry: Registry,
) -> None:
    first = stored(registry, [make(Demonstration, "a")])
    how = HOW.model_copy(update={"inputs": (first,)})
    made = registry.record_checks(registry.commit(SftExample, [make(SftExample, "a")], how), [])
    second = stored(registry, [make(Demonstration, "a", licence="CC0-1.0")])
    assert behind(registry, made) == ()
    now = HOW.model_copy(update={"inputs": (second,)})
    found = registry.made("cai_sft", now)
    assert found and registry.reuse(*found) == made
    assert registry.derivation(made).inputs == (second,)
    third = stored(registry, [make(Demonstration, "a", completion="other")])
    assert behind(registry, made) == (str(third),)


def reads(code: str, columns: Collection[str]) -> list[int]:
    """The lines that read one of the columns: as an attribute, or by its name as a string."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(code))
        if (isinstance(node, ast.Attribute) and node.attr in columns)
        or (isinstance(node, ast.Constant) and node.value in columns)
    ]


@pytest.mark.parametrize(
    "spelling",
    ["row.source", 'row["source"]', 'row.get("source")', 'row.get("source", "")', 'getattr(row, "source")'],
)
def test_every_way_to_read_a_column_is_seen(spelling: str) -> None:
    assert reads(f"rows = []\nread = [{spelling} for row in rows]", {"source", "licence"}) == [2]
    assert not reads(spelling.replace("source", "prompt"), {"source", "licence"})


@pytest.mark.parametrize("package", ["methods", "training"])
def test_no_method_and_no_trainer_reads_where_a_row_came_from(package: str) -> None:
    columns = {name for row in ROW_TYPES.values() for name in row.provenance}
    assert columns == {"source", "licence"}
    read = [
        f"{path}:{line}"
        for path in (REPOSITORY / package).rglob("*.py")
        for line in reads(path.read_text(), columns)
    ]
    assert not read
