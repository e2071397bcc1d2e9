"""catalog.duckdb: read by other clients, quick with many versions, and never stopped by one broken file."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from datasets_registry.registry import Registry
from datasets_registry.rows.evaluation import SuiteFigure
from datasets_registry.state import State
from datasets_registry.version import Derivation
from datasets_registry.views import views
from datasets_registry.views.views import are_shown
from tests.rows import make
from tests.traced import Traced


def publish(registry: Registry, value: float) -> None:
    """A passed version with one figure."""
    how = Derivation(code_version=str(value), settings={}, inputs=())
    registry.record_checks(registry.commit(SuiteFigure, [make(SuiteFigure, value=value)], how), [])


def test_an_older_client_reads_every_view(registry: Registry) -> None:
    publish(registry, 1.0)
    cli = Path(sys.executable).with_name("duckdb")
    version = subprocess.run([cli, "--version"], capture_output=True, text=True, check=True).stdout
    assert version.startswith("v1.")
    for view in (
        "evaluation",
        'by_version."evaluation@1"',
        "versions",
        "lineage",
        "checks",
        "models",
        "completions",
    ):
        query = f"SELECT count(*) AS n FROM {view}"
        run = subprocess.run(
            [cli, "-readonly", "-json", registry.state.views, query], capture_output=True, text=True
        )
        assert run.returncode == 0, run.stderr
        assert json.loads(run.stdout)[0]["n"] in (0, 1)


def test_only_new_views_are_made(registry: Registry) -> None:
    publish(registry, 1.0)
    publish(registry, 2.0)
    with duckdb.connect(registry.state.views, read_only=True) as connection:
        assert connection.execute('SELECT value FROM by_version."evaluation@1"').fetchall() == [(1.0,)]
        assert connection.execute("SELECT value FROM evaluation").fetchall() == [(2.0,)]


def test_a_version_whose_file_is_gone_keeps_no_other_from_being_published(registry: Registry) -> None:
    publish(registry, 1.0)
    registry.files(registry.version("evaluation", 1))[0].unlink()
    publish(registry, 2.0)
    with duckdb.connect(registry.state.views, read_only=True) as connection:
        assert connection.execute("SELECT value FROM evaluation").fetchall() == [(2.0,)]
        with pytest.raises(duckdb.IOException):
            connection.execute('SELECT value FROM by_version."evaluation@1"')


def test_a_damaged_view_file_is_written_anew(registry: Registry) -> None:
    publish(registry, 1.0)
    registry.state.views.write_bytes(b"not a database")
    publish(registry, 2.0)
    with duckdb.connect(registry.state.views, read_only=True) as connection:
        assert connection.execute("SELECT value FROM evaluation").fetchall() == [(2.0,)]


def test_after_a_publication_that_failed_the_next_one_succeeds(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(registry, 1.0)
    with monkeypatch.context() as patch, pytest.raises(duckdb.Error, match="syntax error"):
        patch.setattr(views, "quoted", lambda text: text)
        publish(registry, 2.0)
    registry.refresh_views()
    with duckdb.connect(registry.state.views, read_only=True) as connection:
        assert connection.execute("SELECT value FROM evaluation").fetchall() == [(2.0,)]
    assert not list(registry.state.root.glob(".tmp-*"))


def test_writers_that_wait_leave_the_work_to_the_first(registry: Registry) -> None:
    publish(registry, 1.0)
    before = registry.state.views.stat().st_ino
    registry.refresh_views()
    assert registry.state.views.stat().st_ino == before


def test_the_view_of_models_reads_their_manifests(traced: Traced) -> None:
    query = """
        SELECT version, base, datasets['train'], "rows"['trained'], metrics['loss'], settings->>'$.beta',
               trainer
        FROM models WHERE name = 'dpo_policy'
    """
    with duckdb.connect(traced.registry.state.views, read_only=True) as connection:
        assert connection.execute(query).fetchall() == [
            (1, "sft_policy@1", "preference_pairs@3", 4, 0.4, "0.1", None)
        ]


def test_a_model_without_a_manifest_or_with_a_broken_one_keeps_no_version_from_the_views(
    registry: Registry, tmp_path: Path
) -> None:
    how = Derivation(code_version="1", settings={}, inputs=())
    for name, text in (("given", None), ("broken", "{"), ("odd", '{"metrics": {"a": "b", "c": 1}}')):
        (tmp_path / name).mkdir()
        if text:
            (tmp_path / name / "manifest.json").write_text(text)
        registry.record_checks(registry.commit_model(name, tmp_path / name, name, how), [])
    with duckdb.connect(registry.state.views, read_only=True) as connection:
        found = connection.execute(
            "SELECT name, base, metrics, manifest FROM models ORDER BY name"
        ).fetchall()
    assert found == [
        ("broken", None, {}, "{"),
        ("given", None, {}, None),
        ("odd", None, {"c": 1.0}, '{"metrics": {"a": "b", "c": 1}}'),
    ]


def test_a_copied_folder_is_asked_about_its_own_files(
    registry: Registry, derivation: Derivation, tmp_path: Path
) -> None:
    registry.record_checks(registry.commit(SuiteFigure, [make(SuiteFigure)], derivation), [])
    registry.engine.dispose()
    state = State(tmp_path / "copied")
    shutil.copytree(registry.state.root, state.root)
    assert are_shown(registry.state) and not are_shown(state)
    copied = Registry(state)
    copied.refresh_views()
    copied.engine.dispose()
    assert are_shown(state)
    with duckdb.connect(state.views, read_only=True) as connection:
        shown = connection.execute("SELECT sql FROM duckdb_views() WHERE NOT internal").fetchall()
    assert str(state.objects) in str(shown) and str(registry.state.objects) not in str(shown)
