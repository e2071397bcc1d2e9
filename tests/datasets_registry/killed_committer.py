"""Kill a committer at random moments and look for what must not come of it, here on PostgreSQL:

python -m tests.datasets_registry.killed_committer 30 --postgres
"""

import argparse
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random

import duckdb

from assets.cluster.postgres import postgres_binaries
from datasets_registry import garbage
from datasets_registry.registry import Registry
from datasets_registry.rows.evaluation import SuiteFigure
from datasets_registry.state import REPOSITORY, State
from datasets_registry.version import Version
from tests.datasets_registry.committing import NUM_ROWS, PAIR, rows_of
from tests.postgres import postgres_server

SEED = 0
LONGEST_LIFE = 0.6
GRACE = timedelta(days=1)


@dataclass
class Figures:
    """What the kills met, and what came of them."""

    kills: int = 0
    kills_amid_a_commit: int = 0
    versions: int = 0
    orphans: int = 0
    seconds: float = 0.0
    violations: list[str] = field(default_factory=list)


@dataclass
class Told:
    """What committers have said: the last step begun, and the steps committed of each dataset."""

    last: int = 0
    steps: dict[str, set[int]] = field(default_factory=lambda: {name: set() for name in NUM_ROWS})

    def take(self, lines: list[str]) -> None:
        """Hear one committer out; its last line may be cut off."""
        for line in lines:
            match line.split():
                case ["begun", step]:
                    self.last = int(step)
                case ["committed", *names, step]:
                    for name in names:
                        self.steps[name].add(int(step))


def kill_committers(root: Path, kills: int, *, seed: int = SEED) -> Figures:
    """Kill so many committers to ``root``; look at everything, collect garbage, and look again.

    On a slow machine, where none lived to commit, up to four times as many that live ever longer.
    """
    began, rng, figures, told = time.monotonic(), Random(seed), Figures(), Told()
    longest = LONGEST_LIFE
    while figures.kills < kills or (not any(told.steps.values()) and figures.kills < 4 * kills):
        # a step that was begun may be committed though nobody heard of it
        lines, errors = _live(root, told.last + 1, rng.uniform(0, longest))
        if not lines:
            figures.violations.append(f"a committer does not start: {errors[-500:]}")
            break
        told.take(lines)
        figures.kills += 1
        figures.kills_amid_a_commit += not lines[-1].startswith("done")
        longest = LONGEST_LIFE if any(told.steps.values()) else 1.5 * longest
    figures.versions, violations = _alone(root, told.steps)
    figures.violations += violations
    figures.orphans, violations = collect_orphans(root)
    figures.violations += violations
    after, violations = _alone(root, told.steps)
    figures.violations += [f"after the collection: {one}" for one in violations]
    if after != figures.versions:
        figures.violations.append(f"{figures.versions} versions before the collection and {after} after")
    figures.seconds = time.monotonic() - began
    return figures


def _live(root: Path, first: int, seconds: float) -> tuple[list[str], str]:
    """What a committer says that lives ``seconds`` after it has begun."""
    command = [sys.executable, "-m", "tests.datasets_registry.committing", str(root), str(first)]
    process = subprocess.Popen(
        command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    time.sleep(seconds)
    process.kill()
    rest, errors = process.communicate()
    said = line + rest
    return said[: said.rfind("\n") + 1].splitlines(), errors


def _alone(root: Path, reported: Mapping[str, set[int]]) -> tuple[int, list[str]]:
    """``inspect`` in a process that has seen nothing before."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(inspect, root, reported).result()


def inspect(root: Path, reported: Mapping[str, set[int]]) -> tuple[int, list[str]]:
    """The number of versions, and a sentence for everything that is wrong with them."""
    with opened(root) as registry:
        names = registry.names("dataset")
        versions = {name: registry.versions(name) if name in names else [] for name in NUM_ROWS}
        found = {name: {_step(registry, one) for one in some} for name, some in versions.items()}
        wrong = [
            f"step {step} of {name} was committed and is lost"
            for name in NUM_ROWS
            for step in sorted(reported[name] - found[name])
        ]
        left, right = (found[name] for name in PAIR)
        wrong += [f"step {step} has one of two datasets" for step in sorted(left ^ right)]
        for name, some in versions.items():
            if [one.number for one in some] != list(range(1, len(some) + 1)):
                wrong.append(f"{name} has the numbers {[one.number for one in some]}")
            wrong += [wrong_one for one in some for wrong_one in _wrong_rows(registry, one)]
        wrong += _wrong_views(registry, [one for some in versions.values() for one in some])
        return sum(map(len, versions.values())), wrong


@contextmanager
def opened(root: Path) -> Iterator[Registry]:
    """The registry in ``root``, closed at the end."""
    registry = Registry(State(root).prepare())
    try:
        yield registry
    finally:
        registry.engine.dispose()


def _step(registry: Registry, version: Version) -> int:
    return int(str(registry.derivation(version).settings["step"]))


def _wrong_rows(registry: Registry, version: Version) -> Iterator[str]:
    try:
        rows = registry.rows(SuiteFigure, version)
    except Exception as error:
        yield f"{version} cannot be read: {error}"
        return
    if rows != rows_of(version.name, _step(registry, version)):
        yield f"{version} has other rows than were committed"


def _wrong_views(registry: Registry, versions: list[Version]) -> Iterator[str]:
    try:
        # as the kill has left them, if a first one was written, and then brought up to date
        if registry.state.views.exists():
            duckdb.connect(registry.state.views, read_only=True).close()
        registry.refresh_views()
        with duckdb.connect(registry.state.views, read_only=True) as connection:
            for one in versions:
                found = connection.execute(f'SELECT count(*) FROM by_version."{one}"').fetchone()
                if found != (NUM_ROWS[one.name],):
                    yield f"the view of {one} has {found} rows"
    except duckdb.Error as error:
        yield f"the views cannot be read: {error}"


def collect_orphans(root: Path) -> tuple[int, list[str]]:
    """Let everything be older than the grace, then collect: how many orphans there were, what is wrong."""
    with opened(root) as registry:
        grow_old(registry.state)
        orphans = set(stored(registry.state)) - set(named(registry))
        garbage.collect(registry, GRACE, dry_run=True)
        wrong = [] if orphans <= set(stored(registry.state)) else ["a dry run removed files"]
        garbage.collect(registry, GRACE, dry_run=False)
        wrong += [f"{one} is left" for one in sorted(orphans & set(stored(registry.state)))]
        wrong += [f"{one} is needed and gone" for one in named(registry) if not one.exists()]
        return len(orphans), wrong


def stored(state: State) -> list[Path]:
    """Every file among the objects and those of unfinished sorts, whoever left it."""
    return [one for place in (state.objects, state.cache) for one in place.rglob("*") if one.is_file()]


def named(registry: Registry) -> list[Path]:
    """The files that a version needs."""
    return [
        one
        for name in registry.names("dataset")
        for version in registry.versions(name)
        for one in registry.files(version)
    ]


def grow_old(state: State, age: timedelta = 10 * GRACE) -> None:
    """Put back the times of all stored files and their folders."""
    then = time.time() - age.total_seconds()
    for place in (state.objects, state.cache):
        for one in place.rglob("*"):
            os.utime(one, (then, then))


def main() -> None:
    """Kill, print the figures, and exit with 1 where anything is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kills", type=int)
    parser.add_argument("--postgres", action="store_true", help="with a catalog in PostgreSQL")
    arguments = parser.parse_args()
    os.environ.pop("TRIMTAB_CATALOG", None)
    with tempfile.TemporaryDirectory(prefix="trimtab-killed-") as folder, _catalog(arguments.postgres):
        figures = kill_committers(Path(folder), arguments.kills)
    print(json.dumps(asdict(figures), indent=2))
    sys.exit(bool(figures.violations))


@contextmanager
def _catalog(postgres: bool) -> Iterator[None]:
    if not postgres:
        yield
        return
    binaries = postgres_binaries()
    if binaries is None:
        raise SystemExit("PostgreSQL is not installed: apt-get install postgresql")
    with postgres_server(binaries) as server:
        os.environ["TRIMTAB_CATALOG"] = server.database()
        yield


if __name__ == "__main__":
    main()
