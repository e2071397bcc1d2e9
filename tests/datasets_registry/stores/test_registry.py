"""A registry over a bucket: machines without a common disk see the same versions."""

import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import duckdb
import obstore
import pytest
from obstore.store import MemoryStore

from assets.building.given import _moved
from assets.cli.main import main
from assets.profile.models import GivenModel
from datasets_registry.catalog import filed
from datasets_registry.errors import BrokenObject
from datasets_registry.garbage import collect, freed_bytes
from datasets_registry.registry import Registry
from datasets_registry.rows.evaluation import SuiteFigure
from datasets_registry.state import REPOSITORY, State
from datasets_registry.stores.bucket import BucketStore
from datasets_registry.version import Derivation
from quality.auditing.verify import verify
from tests.datasets_registry.committing import rows_of
from tests.datasets_registry.stores.conftest import Machines
from tests.datasets_registry.test_garbage_beside_others import small_objects

HOW = Derivation(code_version="1", settings={}, inputs=())
NOW = timedelta(seconds=-2)

__all__ = ["small_objects"]


def names(bucket: MemoryStore, folder: str = "objects") -> set[str]:
    """What lies in a folder of the bucket."""
    return {found["path"] for page in obstore.list(bucket, folder) for found in page}


def commit(registry: Registry, step: int = 1, name: str = "left") -> object:
    """A passed version of that step's rows."""
    return registry.record_checks(registry.commit(SuiteFigure, rows_of(name, step), HOW, name), [])


def test_the_bucket_holds_what_a_folder_would(
    machines: Machines, bucket: MemoryStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = machines("a").commit(SuiteFigure, rows_of("left", 1), HOW, "left")
    for variable in ("TRIMTAB_STORE", "TRIMTAB_CATALOG"):
        monkeypatch.delenv(variable)
    local = Registry(State(tmp_path / "local").prepare())
    same = local.commit(SuiteFigure, rows_of("left", 1), HOW, "left")
    assert (version.data_version, version.shas) == (same.data_version, same.shas) and len(same.shas) > 1
    here = {path.relative_to(local.state.root).as_posix(): path for path in local.files(same)}
    assert names(bucket) == set(here)
    assert all(bytes(obstore.get(bucket, name).bytes()) == path.read_bytes() for name, path in here.items())
    local.engine.dispose()


def test_another_machine_reads_what_one_committed(machines: Machines) -> None:
    commit(machines("a"))
    other = machines("b")
    version = other.passed("left")
    assert other.is_whole(version) and not other.is_here(version)
    assert other.rows(SuiteFigure, version) == rows_of("left", 1) and other.is_here(version)
    assert commit(other) == version
    commit(other, 2)
    assert machines("a").rows(SuiteFigure, machines("a").passed("left")) == rows_of("left", 2)


def test_the_query_that_the_docs_show_finds_a_versions_objects(machines: Machines) -> None:
    version = machines("a").commit(SuiteFigure, rows_of("left", 1), HOW, "left")
    text = (REPOSITORY / "docs" / "bucket.md").read_text()
    query = text[text.index("SELECT jsonb_array_elements") :].partition("`")[0]
    query = query.replace("preference_pairs", "left").replace("number = 3", "number = 1")
    with machines("b").engine.connect() as connection:
        assert list(connection.exec_driver_sql(query).scalars()) == version.shas


def test_neither_a_commit_of_known_rows_nor_a_search_asks_the_bucket(
    machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = machines("a").commit(SuiteFigure, rows_of("left", 1), HOW, "left")
    other = machines("b")
    for name in ("put", "get", "head", "list"):
        monkeypatch.setattr(obstore, name, None)
    assert other.commit(SuiteFigure, rows_of("left", 1), HOW, "left") == version
    assert other.is_whole(version)


def test_views_show_what_was_fetched(machines: Machines) -> None:
    commit(machines("a"))
    commit(machines("a"), 2)
    other = machines("b")
    other.refresh_views()
    assert shown(other) == []
    other.files(other.version("left", 1))
    commit(other, 3, "right")
    assert shown(other) == ["left@1", "right", "right@1"]


def shown(registry: Registry) -> Sequence[str]:
    """The views of datasets."""
    query = "SELECT view_name FROM duckdb_views() WHERE view_name ~ '^(left|right)' ORDER BY 1"
    with duckdb.connect(registry.state.views, read_only=True) as connection:
        return [name for (name,) in connection.execute(query).fetchall()]


def test_rows_that_an_encoder_wrote_otherwise_are_recorded_as_they_lie_there(
    machines: Machines, bucket: MemoryStore
) -> None:
    """A writer that was killed left objects of another release of Parquet's writer."""
    machines("a").stage(SuiteFigure, rows_of("left", 1), "left")
    machines("a").forget([*names(bucket)])
    recompress(bucket)
    version = machines("b").commit(SuiteFigure, rows_of("left", 1), HOW, "left")
    assert verify_objects(machines("b"), version) == []
    assert machines("c").rows(SuiteFigure, version) == rows_of("left", 1)


def recompress(bucket: MemoryStore) -> None:
    """Let each object have the same rows in other bytes."""
    import io

    import pyarrow.parquet as pq

    for name in names(bucket):
        rows = pq.read_table(io.BytesIO(bytes(obstore.get(bucket, name).bytes())))
        sink = io.BytesIO()
        pq.write_table(rows, sink, compression="none")
        obstore.put(bucket, name, sink.getvalue())


def verify_objects(registry: Registry, version: object) -> list[str]:
    """What is wrong with a version's objects."""
    return [damage.what for damage in verify(registry, version) if "object" in damage.what]  # type: ignore[arg-type]


@pytest.mark.parametrize("harm", ["changed", "missing"])
def test_damage_in_the_bucket_is_found_and_mended_by_the_next_commit(
    machines: Machines, bucket: MemoryStore, harm: str
) -> None:
    registry = machines("a")
    version = registry.commit(SuiteFigure, rows_of("left", 1), HOW, "left")
    assert verify_objects(registry, version) == []
    name = sorted(names(bucket))[0]
    obstore.put(bucket, name, b"x") if harm == "changed" else obstore.delete(bucket, name)
    (what,) = verify_objects(machines("b"), version)
    assert f"s3://lab/team/{name}" in what and "materialize it again" in what
    assert not registry.is_whole(version)
    assert registry.commit(SuiteFigure, rows_of("left", 1), HOW, "left") == version
    assert registry.is_whole(version) and verify_objects(machines("b"), version) == []


def test_collection_takes_what_no_version_needs_and_spares_what_is_young(
    machines: Machines, bucket: MemoryStore
) -> None:
    registry = machines("a")
    version = registry.commit(SuiteFigure, rows_of("left", 1), HOW, "left")
    needed = names(bucket)
    machines("b").stage(SuiteFigure, rows_of("left", 2), "left")
    orphans = names(bucket) - needed
    assert collect(registry, timedelta(hours=1)).names == () and orphans
    assert set(collect(registry, NOW).names) == orphans <= names(bucket)
    assert set(collect(registry, NOW, dry_run=False).names) == orphans
    assert names(bucket) == needed
    assert machines("c").rows(SuiteFigure, version) == rows_of("left", 1)


def test_what_was_collected_before_its_commit_is_told_and_made_again(machines: Machines) -> None:
    registry = machines("a")
    staged = registry.stage(SuiteFigure, rows_of("left", 1), "left")
    collect(machines("b"), NOW, dry_run=False)
    with pytest.raises(BrokenObject, match="disappeared before its commit: run the asset again"):
        registry.commit_staged([staged], HOW)
    version = registry.commit(SuiteFigure, rows_of("left", 1), HOW, "left")
    assert machines("c").rows(SuiteFigure, version) == rows_of("left", 1)


def test_a_model_is_sent_and_fetched_with_its_links(machines: Machines, tiny_model: Path) -> None:
    registry = machines("a")
    weights, folder = registry.state.models / "hub" / "x", registry.state.models / "pinned" / "y"
    for place in (weights, folder):
        place.mkdir(parents=True)
    for path in tiny_model.iterdir():
        (weights / path.name).write_bytes(path.read_bytes())
        (folder / path.name).symlink_to(f"../../hub/x/{path.name}")
    version = registry.commit_model("policy", folder, "f" * 32, HOW)
    other = machines("b")
    assert other.is_whole(version) and not other.is_here(version)
    fetched = other.folder(version)
    assert {path.name for path in fetched.iterdir()} == {path.name for path in tiny_model.iterdir()}
    for path in fetched.iterdir():
        assert path.is_symlink() and path.read_bytes() == (tiny_model / path.name).read_bytes()
    assert other.is_here(version) and isinstance(other.store, BucketStore)


def test_what_a_given_model_was_before_is_told_without_its_weights(
    machines: Machines, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry, other = machines("a"), machines("b")
    folder = registry.state.models / "hub" / "owner--tiny" / ("a" * 40)
    folder.mkdir(parents=True)
    for path in tiny_model.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    before = registry.commit_model("policy", folder, "f" * 32, HOW)
    monkeypatch.setattr(filed, "LARGE", (folder / "model.safetensors").stat().st_size)
    moved = _moved(other, before, GivenModel(model="owner/tiny"), folder.with_name("b" * 40))
    assert moved is not None and f"moved from {'a' * 40} to {'b' * 40}" in moved
    assert not other.place(before).exists()


def test_a_models_file_that_was_changed_in_the_bucket_is_not_taken(
    machines: Machines, bucket: MemoryStore, tiny_model: Path
) -> None:
    registry = machines("a")
    folder = registry.state.models / "policy" / "0"
    folder.mkdir(parents=True)
    for path in tiny_model.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    version = registry.commit_model("policy", folder, "f" * 32, HOW)
    obstore.put(bucket, sorted(names(bucket, "files"))[0], b"changed")
    with pytest.raises(BrokenObject, match="is not the file that was written"):
        machines("b").folder(version)
    assert collect(registry, NOW).names == () and freed_bytes(registry, [version]) > 1_000


def test_collection_waits_for_a_writer_on_another_machine(machines: Machines, bucket: MemoryStore) -> None:
    writer, collector = machines("a"), machines("b")
    with ThreadPoolExecutor(1) as pool:
        with writer.adding():
            collecting = pool.submit(collect, collector, NOW, dry_run=False)
            staged = writer.stage(SuiteFigure, rows_of("left", 1), "left")
            with pytest.raises(TimeoutError):
                collecting.result(timeout=0.3)
            (version,) = writer.commit_staged([staged], HOW)
        collecting.result(timeout=30)
    assert machines("c").rows(SuiteFigure, version) == rows_of("left", 1)


def test_what_is_pulled_is_shown(
    machines: Machines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    commit(machines("a"))
    commit(machines("a"), 2)
    monkeypatch.setenv("TRIMTAB_HOME", str(tmp_path / "b"))
    machines("b").refresh_views()
    for arguments, views in (([], ["left", "left@2"]), (["left@1"], ["left", "left@1", "left@2"])):
        monkeypatch.setattr(sys, "argv", ["trimtab", "pull", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == 0 and "on this machine: left@" in capsys.readouterr().out
        assert shown(machines("b")) == views
