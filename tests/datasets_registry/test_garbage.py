"""The collector removes what nobody needs, when it is old, and nothing else."""

import os
import time
from datetime import timedelta
from pathlib import Path

import pytest

from datasets_registry.garbage import collect
from datasets_registry.registry import Registry
from datasets_registry.rows.evaluation import SuiteFigure
from datasets_registry.version import Derivation
from tests.rows import make

GRACE = timedelta(hours=1)
AGO = 7_200


def age(path: Path) -> Path:
    """Put a file's time back beyond the grace."""
    then = time.time() - AGO
    os.utime(path, (then, then))
    return path


def figure(value: float) -> SuiteFigure:
    """One row."""
    return make(SuiteFigure, value=value)


def test_an_orphan_goes_once_it_is_old_and_a_versions_objects_stay(
    registry: Registry, derivation: Derivation
) -> None:
    kept = registry.record_checks(registry.commit(SuiteFigure, [figure(1)], derivation), [])
    orphan = registry.state.objects / "aa" / ("aa" * 32 + ".parquet")
    orphan.parent.mkdir(exist_ok=True)
    orphan.write_bytes(b"left by a killed run")
    for path in registry.files(kept):
        age(path)
    assert collect(registry, GRACE, dry_run=False).paths == ()
    age(orphan)
    assert collect(registry, GRACE).paths == (orphan,) and orphan.exists()
    assert collect(registry, GRACE, dry_run=False).num_bytes == 20
    assert not orphan.exists() and registry.rows(SuiteFigure, kept) == [figure(1)]


def test_an_old_orphan_that_a_writer_stages_again_is_kept(registry: Registry, derivation: Derivation) -> None:
    staged = registry.stage(SuiteFigure, [figure(2)])
    (orphan,) = registry.state.objects.glob("??/*.parquet")
    age(orphan)
    staged = registry.stage(SuiteFigure, [figure(2)])
    assert collect(registry, GRACE, dry_run=False).paths == ()
    (version,) = registry.commit_staged([staged], derivation)
    assert registry.rows(SuiteFigure, version) == [figure(2)]


def test_tables_that_the_views_name_stay(registry: Registry, derivation: Derivation) -> None:
    for value in (1.0, 2.0):
        registry.record_checks(registry.commit(SuiteFigure, [figure(value)], derivation), [])
    tables = [age(path) for path in registry.state.tables.glob("*.parquet")]
    removed = collect(registry, GRACE, dry_run=False).paths
    assert removed and set(removed) < set(tables)
    registry.state.views.unlink()
    registry.refresh_views()


def test_a_download_that_nobody_took_up_again_goes(registry: Registry) -> None:
    place = registry.state.models / "hub" / "owner--name"
    begun, whole = place / ".partial-1" / "model.safetensors", place / "1" / "config.json"
    for path in (begun, whole):
        path.parent.mkdir(parents=True)
        path.write_bytes(b"12345")
        age(path)
        age(path.parent)
    assert collect(registry, GRACE, dry_run=False).num_bytes == 5
    assert not begun.parent.exists() and whole.exists()


def test_the_folder_of_a_run_whose_model_is_registered_goes(
    registry: Registry, derivation: Derivation
) -> None:
    model = registry.state.models / "first" / "policy" / "abc"
    registry.commit_model("first/policy", model, "f" * 32, derivation)
    registered = f"first.policy-{derivation.recipe[:16]}"
    folders = [registry.state.runs / name for name in (registered, f"{registered}-ddp-2", f"x-{'0' * 16}")]
    for folder in folders:
        (folder / "checkpoints").mkdir(parents=True)
        age(folder / "checkpoints")
        age(folder)
    assert set(collect(registry, GRACE, dry_run=False).paths) == set(folders[:2])
    assert [folder.exists() for folder in folders] == [False, False, True]


@pytest.mark.parametrize(
    "name",
    [
        ".tmp-1",
        "profiles/.tmp-1",
        "cache/digests/.tmp-1",
        "runs/policy/.tmp-model/model.safetensors",
        "reports/dpo_round_01_evaluation_differences@1/.tmp-1",
        "models/hosted/.tmp-1",
        "ledger/.spill-1/block",
        "cache/duckdb-1-2/block",
        "cache/spill/sort-1/run.arrow",
    ],
)
def test_what_killed_writers_left_goes_once_it_is_old(registry: Registry, name: str) -> None:
    left = registry.state.root / name
    left.parent.mkdir(parents=True, exist_ok=True)
    left.write_bytes(b"half")
    assert collect(registry, GRACE, dry_run=False).paths == () and left.exists()
    age(left)
    age(left.parent)
    assert len(collect(registry, GRACE, dry_run=False).paths) == 1 and not left.exists()


def test_a_model_of_somebody_else_among_the_models_stays(registry: Registry) -> None:
    folder = registry.state.models / "given" / "theirs"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text("{}")
    age(folder / "manifest.json")
    age(folder)
    assert collect(registry, GRACE, dry_run=False).paths == () and folder.exists()
