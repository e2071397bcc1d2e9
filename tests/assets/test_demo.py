"""The demo on a tiny real model: killed and resumed, run twice, read by others while it works."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner

from assets.cli.commands import app
from assets.demo.demo import next_steps
from assets.graph import build_graph
from assets.profile.profile import load_profile
from datasets_registry.state import REPOSITORY
from tests.assets.small import write_profile


@dataclass
class Demo:
    """The demo of a small profile with a state of its own."""

    root: Path
    profile: Path

    @property
    def environment(self) -> dict[str, str]:
        """What the demo is told."""
        home = self.root / "dagster"
        home.mkdir(exist_ok=True)
        (home / "dagster.yaml").write_text("telemetry: {enabled: false}")
        return os.environ | {
            "TRIMTAB_PROFILE": str(self.profile),
            "TRIMTAB_HOME": str(self.root / "state"),
            "DAGSTER_HOME": str(home),
            "OMP_NUM_THREADS": "1",
        }

    def start(self) -> subprocess.Popen[str]:
        """Start it."""
        return subprocess.Popen(
            [sys.executable, "-m", "assets.demo"],
            cwd=REPOSITORY,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def kill_at(self, line: str) -> str:
        """Start it, and kill -9 it when it prints ``line``."""
        process, printed = self.start(), ""
        assert process.stdout
        for printed_line in process.stdout:
            printed += printed_line
            if line in printed_line:
                break
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
        assert line in printed, printed
        return printed

    def run(self) -> str:
        """Run it to its end, which must be a good one."""
        process = self.start()
        printed, _ = process.communicate(timeout=600)
        assert process.returncode == 0, printed
        return printed

    def trimtab(self, *arguments: str) -> list[dict[str, Any]]:
        """What ``trimtab … --json`` says."""
        run = subprocess.run(
            [sys.executable, "-m", "assets.cli", *arguments, "--json"],
            cwd=REPOSITORY,
            env=self.environment,
            capture_output=True,
            text=True,
        )
        assert run.returncode == 0, run.stderr
        rows: list[dict[str, Any]] = json.loads(run.stdout)
        return rows

    def listed(self, command: str) -> list[dict[str, Any]]:
        """What it says in this process."""
        run = CliRunner().invoke(app, [command, "--json"], env=self.environment, catch_exceptions=False)
        rows: list[dict[str, Any]] = json.loads(run.stdout)
        return rows

    def stored(self) -> set[str]:
        """The keys of the completions on disk."""
        segments = self.root / "state" / "ledger" / "*.parquet"
        rows = duckdb.sql(f"SELECT key FROM read_parquet('{segments}')").fetchall()
        assert len(rows) == len({key for (key,) in rows}), "a completion was generated twice"
        return {key for (key,) in rows}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, opinionated_model: Path) -> Demo:
    """A demo of which nothing is built."""
    root = tmp_path_factory.mktemp("demo")
    return Demo(root, write_profile(root / "profile", opinionated_model))


def test_a_demo_killed_at_three_points_completes_and_regenerates_nothing(demo: Demo) -> None:
    stored: set[str] = set()
    for point in (
        "cai_revisions: revisions, round 2: 0 of",
        "sft_policy: training",
        "evaluation_answers/dpo_policy: helpfulness, answers of",
    ):
        demo.kill_at(point)
        now = demo.stored()
        assert stored <= now
        stored = now
    printed = demo.run()
    assert stored <= demo.stored()
    assert "Datasets" in printed and "Models" in printed and "make dev" in printed
    assert "leaked" not in printed
    assert "cai_sft@1" in printed and "preference_pairs@1" in printed


def test_a_second_demo_makes_nothing(demo: Demo) -> None:
    def everything() -> list[list[dict[str, Any]]]:
        return [demo.listed(command) for command in ("ledger", "datasets", "models")]

    before, started = everything(), time.monotonic()
    assert "Everything is up to date" in demo.run()
    assert everything() == before
    assert time.monotonic() - started < 60


def test_others_read_while_the_demo_builds(demo: Demo) -> None:
    constitution = demo.profile.with_name("constitution.toml")
    constitution.write_text(constitution.read_text().replace("cold, careless or unsafe", "cold or careless"))
    views = demo.root / "state" / "catalog.duckdb"
    process, reads = demo.start(), 0
    with duckdb.connect(str(views), read_only=True) as kept_open:
        while process.poll() is None:
            with duckdb.connect(str(views), read_only=True) as reader:
                for connection in (kept_open, reader):
                    assert connection.execute("SELECT count(*) FROM preference_pairs").fetchone() == (16,)
                    assert connection.execute("SELECT count(*) > 0 FROM completions").fetchone() == (True,)
            if reads < 3:
                assert demo.trimtab("sql", "SELECT count(*) > 8 AS n FROM cai_revisions") == [{"n": True}]
            reads += 1
            time.sleep(0.5)
    assert process.stdout
    assert process.returncode == 0, process.stdout.read()
    process.stdout.close()
    assert reads > 3


def test_an_interrupted_demo_says_that_it_can_go_on(demo: Demo) -> None:
    constitution = demo.profile.with_name("constitution.toml")
    constitution.write_text(
        constitution.read_text().replace("read the", "see the").replace("Point out", "Name")
    )
    process = demo.start()
    assert process.stdout
    printed = ""
    for line in process.stdout:
        printed += line
        if "cai_revisions: revisions, round 2" in line:
            process.send_signal(signal.SIGINT)
    assert process.wait() == 130
    process.stdout.close()
    assert "cai_revisions: interrupted" in printed and "it resumes from there" in printed, printed


def test_two_demos_do_not_work_in_one_state(demo: Demo) -> None:
    import fcntl

    with (demo.root / "state" / ".build.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        process = demo.start()
        printed, _ = process.communicate(timeout=60)
    assert process.returncode == 2 and "another build is running" in printed


@pytest.mark.parametrize(
    ("profile", "query"),
    [
        ("laptop", "FROM preference_pairs"),
        ("evaluation", "FROM evaluation WHERE"),
        ("oversight", "FROM debates"),
    ],
)
def test_what_to_try_next_is_of_what_was_built(profile: str, query: str) -> None:
    chosen = load_profile(profile)
    said = next_steps(chosen, {recipe.name for recipe in build_graph(chosen).recipes})
    assert query in said and ("edit a principle" in said) == (profile == "laptop")
