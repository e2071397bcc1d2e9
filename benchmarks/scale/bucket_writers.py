"""Writers on machines of their own, over a bucket and PostgreSQL, against Delta Lake in the same bucket."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.synchronize import Barrier, Event
from pathlib import Path
from typing import Any

from assets.cluster.postgres import postgres_binaries
from benchmarks.sides.figure import Figure, exactly, repeated
from benchmarks.sides.registry.writers import PATIENCE, ROWS, table, together, write_registry
from datasets_registry.registry import Registry
from datasets_registry.state import State
from tests.datasets_registry.stores.seaweed import BUCKET, Seaweed, seaweed_server, weed_binary
from tests.postgres import PostgresServer, postgres_server

WRITERS, COMMITS, REPEATS = 8, 25, 1
QUICK_WRITERS, QUICK_COMMITS = 2, 5


def measure(quick: bool) -> Iterator[Figure]:
    """Commits to datasets of their own and to one: what is there afterwards, and Delta Lake beside it."""
    number, commits = (QUICK_WRITERS, QUICK_COMMITS) if quick else (WRITERS, COMMITS)
    weed, binaries = weed_binary(), postgres_binaries()
    title = f"{number} writers × {commits} commits to a bucket"
    if weed is None or binaries is None:
        lacking = "`make cluster`" if weed is None else "PostgreSQL"
        yield Figure(name=f"{title}: not run, as it needs {lacking}", value=None, unit="count")
        return
    with (
        tempfile.TemporaryDirectory(prefix="trimtab-bucket-") as name,
        seaweed_server(weed, Path(name) / "weed") as server,
        postgres_server(binaries) as postgres,
    ):
        for shared in (True,) if quick else (False, True):
            where = "one dataset" if shared else "datasets of their own"
            runs = [
                _run(Path(name), server, postgres, f"{shared}-{turn}", (number, commits, shared))
                for turn in range(1 if quick else REPEATS)
            ]
            yield repeated(f"{title}, {where}", [ours for ours, _, _, _ in runs], "s")
            yield repeated(
                f"{title}, {where} / Delta Lake",
                [ours / theirs for ours, theirs, _, _ in runs],
                "ratio",
                "<= 1" if shared and not quick else None,
            )
            least = min(whole for _, _, whole, _ in runs)
            yield exactly(f"{title}, {where}: versions, all whole", least, number * commits)
            wrong = [sentence for _, _, _, errors in runs for sentence in errors]
            yield exactly(f"{title}, {where}: errors", len(wrong), 0)
            print(*wrong[:5], sep="\n", file=sys.stderr)


def _run(
    folder: Path, server: Seaweed, postgres: PostgresServer, turn: str, work: tuple[int, int, bool]
) -> tuple[float, float, int, list[str]]:
    """Seconds of ours and of Delta Lake, how many versions a machine that saw none finds whole, errors."""
    number, commits, shared = work
    root = folder / turn
    environment = {
        **server.environment,
        "TRIMTAB_STORE": f"s3://{BUCKET}/{turn.lower()}",
        "TRIMTAB_CATALOG": postgres.database(),
    }
    with inherited(environment):
        ours, errors = together(root, write_apart, nothing_read, number, commits, shared)
        whole = _whole(root, number, shared)
        theirs, failed = together(Path(turn), write_delta, nothing_read, number, commits, shared)
    return ours, theirs, whole, errors + failed


@contextmanager
def inherited(environment: dict[str, str]) -> Iterator[None]:
    """Let processes that are started within have these variables."""
    before = {name: os.environ.get(name) for name in environment}
    os.environ.update(environment)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def write_apart(root: str, writer: int, commits: int, shared: bool, ready: Barrier) -> None:
    """Write from a folder that no other writer has."""
    write_registry(str(Path(root) / f"machine_{writer}"), writer, commits, shared, ready)


def nothing_read(root: str, stop: Event, errors: Any) -> None:
    """No reader: there is no folder that all machines see."""


def write_delta(root: str, writer: int, commits: int, shared: bool, ready: Barrier) -> None:
    """The same with Delta Lake, each commit again where another came first."""
    from deltalake import write_deltalake
    from deltalake.exceptions import CommitFailedError

    path = f"s3://{BUCKET}/delta/{root}/{'shared' if shared else f'dataset_{writer}'}"
    # the rest is in the environment
    options = {"AWS_ALLOW_HTTP": "true", "aws_conditional_put": "etag"}
    ready.wait(timeout=PATIENCE)
    for turn in range(commits):
        while True:
            try:
                write_deltalake(path, table(writer, turn), mode="overwrite", storage_options=options)
                break
            except CommitFailedError:
                continue


def _whole(root: Path, number: int, shared: bool) -> int:
    """How many versions, numbered without a gap, a machine of no copies reads whole."""
    registry = Registry(State(root / "fresh").prepare())
    found = 0
    for name in ["shared"] if shared else [f"dataset_{writer}" for writer in range(number)]:
        versions = registry.versions(name)
        assert [version.number for version in versions] == list(range(1, len(versions) + 1))
        found += sum(len(registry.table(version)) == ROWS for version in versions)
    registry.engine.dispose()
    return found
