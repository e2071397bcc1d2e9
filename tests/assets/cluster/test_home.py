"""Dagster's home on a cluster: its history takes events, its runs are Ray jobs, and no URL misleads it."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest
import yaml

from assets.cluster.home import TEMPLATE, VARIABLE, require_driver, write_event, write_home
from assets.profile.history import instance_at
from datasets_registry.errors import BadInput
from tests.postgres import PostgresServer

needs_dagster = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("dagster_ray", "dagster_postgres")),
    reason="`make cluster` installs it",
)


def psycopg2(postgres: PostgresServer) -> str:
    return postgres.database().replace("+psycopg:", "+psycopg2:")


@needs_dagster
def test_events_are_kept_and_runs_are_ray_jobs(
    postgres: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = psycopg2(postgres)
    monkeypatch.setenv(VARIABLE, url)
    home = write_home(tmp_path / "home")
    with instance_at(home) as instance:
        write_event(instance)
        launcher: Any = instance.run_launcher
        assert type(launcher).__name__ == "RayRunLauncher"
        # no GPU of a run: its trainers and engines would wait for it
        assert (launcher.num_cpus, launcher.num_gpus) == (1, None)
        assert instance.run_monitoring_enabled
        # one that waits for a CPU is not failed after Dagster's three minutes
        assert instance.run_monitoring_start_timeout_seconds >= 86400
    assert url not in (home / "dagster.yaml").read_text()


@needs_dagster
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_history_that_takes_no_event_is_said(
    postgres: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # SQLAlchemy's driver for a bare postgresql:// is psycopg 3
    monkeypatch.setenv(VARIABLE, postgres.database())
    with instance_at(write_home(tmp_path / "home")) as instance, pytest.raises(BadInput) as refused:
        write_event(instance)
    assert "Dagster cannot write to its history" in str(refused.value) and VARIABLE in str(refused.value)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", f"{VARIABLE} is not set: set it to"),
        ("postgresql://trimtab@db/history", r"begins with postgresql://: set it to postgresql\+psycopg2://"),
        ("postgresql+psycopg://trimtab@db/history", "needs? ?psycopg2|need psycopg2"),
    ],
)
def test_the_url_of_another_driver_is_refused(url: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        require_driver(url)


def test_no_secret_stands_in_the_settings() -> None:
    settings = yaml.safe_load(TEMPLATE.read_text())
    assert settings["storage"]["postgres"]["postgres_url"] == {"env": VARIABLE}
    # beneath `ray:`, without which the launcher refuses all of it
    assert settings["run_launcher"]["config"] == {"ray": {"address": "auto", "num_cpus": 1}}
