"""Servers of a bucket and of a catalog killed amid commits: python -m benchmarks.scale --only kills."""

import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from assets.cluster.postgres import postgres_binaries
from benchmarks.scale.bucket_writers import inherited
from benchmarks.sides.figure import Figure, exactly
from datasets_registry.errors import TrimtabError
from datasets_registry.registry import Registry
from datasets_registry.state import REPOSITORY, State
from tests.datasets_registry.committing import commit_step, cut_small
from tests.datasets_registry.killed_committer import Told, inspect
from tests.datasets_registry.stores.seaweed import BUCKET, Seaweed, seaweed_server, weed_binary
from tests.postgres import PostgresServer, postgres_server

KILLS, QUICK_KILLS = 20, 1
COMMITTERS = 2
# steps of one committer are far from another's
APART = 1_000_000
LONGEST_LIFE, LONGEST_OUTAGE = 2.0, 2.0
PATIENCE = 90


def measure(quick: bool) -> Iterator[Figure]:
    """Kills of either server at random moments, and what came of what was committed."""
    weed, binaries = weed_binary(), postgres_binaries()
    if weed is None or binaries is None:
        lacking = "`make cluster`" if weed is None else "PostgreSQL"
        yield Figure(name=f"kills amid commits: not run, as they need {lacking}", value=None, unit="count")
        return
    for which in ("PostgreSQL",) if quick else ("the bucket's server", "PostgreSQL"):
        with (
            tempfile.TemporaryDirectory(prefix="trimtab-kills-") as name,
            seaweed_server(weed, Path(name) / "weed") as server,
            postgres_server(binaries) as postgres,
        ):
            environment = {
                **server.environment,
                "TRIMTAB_STORE": f"s3://{BUCKET}/kills",
                "TRIMTAB_CATALOG": postgres.database(),
            }
            victim = postgres if which == "PostgreSQL" else server
            with inherited(environment):
                yield from _kills(Path(name), victim, which, QUICK_KILLS if quick else KILLS)


def _kills(folder: Path, victim: Seaweed | PostgresServer, which: str, kills: int) -> Iterator[Figure]:
    rng = random.Random(0)
    committers = [Committer(folder, number) for number in range(COMMITTERS)]
    for committer in committers:
        committer.wait_for_a_step()
    for _ in range(kills):
        time.sleep(rng.uniform(0, LONGEST_LIFE))
        victim.kill()
        time.sleep(rng.uniform(0, LONGEST_OUTAGE))
        victim.start()
        # each must go on before the next kill
        for committer in committers:
            committer.wait_for_a_step()
    for committer in committers:
        committer.end()
    told = Told()
    told.take([line for committer in committers for line in committer.lines])
    versions, wrong = inspect(folder / "fresh", told.steps)
    wrong += [line for committer in committers for line in committer.lines if line.startswith("unforeseen")]
    sentences = [line for committer in committers for line in committer.lines if line.startswith("failed")]
    title = f"{kills} kills of {which} amid commits"
    yield Figure(name=f"{title}: versions", value=versions, unit="count")
    yield Figure(name=f"{title}: commits that ended in a sentence", value=len(sentences), unit="count")
    yield exactly(f"{title}: lost, half visible, or errors without a sentence", len(wrong), 0)
    print(*wrong[:10], *sorted({line[:300] for line in sentences})[:10], sep="\n", file=sys.stderr)


class Committer:
    """A process that commits step after step on a machine of its own, and says so."""

    def __init__(self, folder: Path, number: int) -> None:
        self._said = folder / f"committer_{number}.log"
        first = str(1 + APART * number)
        command = [sys.executable, "-m", __name__, str(folder / f"machine_{number}"), first]
        with self._said.open("wb") as log:
            self._process = subprocess.Popen(
                command, cwd=REPOSITORY, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    @property
    def lines(self) -> list[str]:
        """What it has said; its last line may be cut off."""
        text = self._said.read_text(errors="replace")
        return text[: text.rfind("\n") + 1].splitlines()

    def wait_for_a_step(self) -> None:
        """Wait until one more step is whole; raises RuntimeError where none is in time."""
        before, deadline = self._done(), time.monotonic() + PATIENCE
        while self._done() == before:
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise RuntimeError(f"a committer does not go on: {self.lines[-5:]}")
            time.sleep(0.05)

    def _done(self) -> int:
        return sum(line.startswith("done") for line in self.lines)

    def end(self) -> None:
        """End it, wherever it is."""
        self._process.kill()
        self._process.wait()


def commit_for_ever(root: Path, first: int) -> None:
    """Commit until somebody ends the process; what fails with a sentence is followed by the next step."""
    cut_small()
    registry: Registry | None = None
    for step in count(first):
        try:
            registry = registry or Registry(State(root).prepare())
            print("begun", step, flush=True)
            commit_step(registry, step)
            print("done", step, flush=True)
        except TrimtabError as error:
            print("failed", step, str(error).replace("\n", " "), flush=True)
            time.sleep(0.1)
        except Exception as error:
            print("unforeseen", step, repr(error).replace("\n", " "), flush=True)
            time.sleep(0.1)


if __name__ == "__main__":
    commit_for_ever(Path(sys.argv[1]), int(sys.argv[2]))
