"""Kills amid runs whose ledger is in a bucket: python -m benchmarks.scale --only kills."""

import random
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Protocol

from assets.cluster.postgres import postgres_binaries
from benchmarks.faults import killed_figures
from benchmarks.scale.bucket_writers import inherited
from benchmarks.sides.figure import Figure
from benchmarks.sides.generation.killed import SEED, Damage, asked_by, finish, inspect, rows_of, start, stored
from benchmarks.sides.generation.recorded_run import RecordedRun
from datasets_registry.state import State
from generation.ledger.ledger import Ledger
from tests.datasets_registry.stores.seaweed import BUCKET, Seaweed, seaweed_server, weed_binary
from tests.postgres import PostgresServer, postgres_server

KILLS, QUICK_KILLS = 20, 1
QUICK_VICTIM = "the bucket's server"
# claims are taken and given up for each call
REQUESTS, AT_ONCE = 400, 25
# a run takes two seconds from its first completion, and a server is away for as long
SECONDS, AWAY_SECONDS = 1.6, 2.0
SLOW = "benchmarks.sides.generation.slow_words:open_slow"


class Server(Protocol):
    """A server that can be killed."""

    def kill(self) -> None:
        """End all its processes."""
        ...

    def start(self) -> None:
        """Start it over its files."""
        ...


def measure(quick: bool) -> Iterator[Figure]:
    """The damage of kills of the driver, of the bucket's server and of the catalog's."""
    program, binaries = weed_binary(), postgres_binaries()
    if program is None or binaries is None:
        missing = "SeaweedFS (`make cluster`)" if program is None else "PostgreSQL"
        yield Figure(
            name=f"kills amid a shared ledger: not run, {missing} is not installed", value=None, unit=""
        )
        return
    kills = QUICK_KILLS if quick else KILLS
    with (
        tempfile.TemporaryDirectory(prefix="trimtab-kills-") as name,
        seaweed_server(program, Path(name) / "weed") as bucket,
        postgres_server(binaries) as catalog,
    ):
        trials = Trials(Path(name), bucket, catalog)
        for victim, kill in trials.victims.items():
            if quick and victim != QUICK_VICTIM:
                continue
            damage = Damage()
            while damage.kills < kills:
                trials.run(kill, damage)
            yield from killed_figures(victim, damage, kills)


class Trials:
    """Runs, each on a machine of its own, with a folder of the bucket and a database of its own."""

    def __init__(self, folder: Path, bucket: Seaweed, catalog: PostgresServer) -> None:
        self._folder, self._bucket, self._catalog = folder, bucket, catalog
        self._rng, self._number = random.Random(SEED), 0
        whole = _run_in(folder / "undisturbed", shared=False)
        finish(start(whole))
        self._expected = rows_of(whole.kept)

    @property
    def victims(self) -> Mapping[str, Callable[[RecordedRun, Damage], None]]:
        """What is killed, and how."""
        return {
            "the driver": self.kill_driver,
            "the bucket's server": partial(self.kill_server, self._bucket),
            "the catalog's server": partial(self.kill_server, self._catalog),
        }

    def run(self, kill: Callable[[RecordedRun, Damage], None], damage: Damage) -> None:
        """One run that is disturbed, as another machine finds it afterwards."""
        self._number += 1
        folder = self._folder / f"trial{self._number}"
        values = {
            **self._bucket.environment,
            "TRIMTAB_STORE": f"s3://{BUCKET}/{folder.name}",
            "TRIMTAB_CATALOG": self._catalog.database(),
        }
        with inherited(values):
            kill(_run_in(folder, shared=True), damage)
            other = Ledger.of(State(folder / "other"))
            damage.differing_rows += len(self._expected ^ rows_of(other))
            inspect(other.folder, damage)

    def kill_driver(self, run: RecordedRun, damage: Damage) -> None:
        """Kill the run at any moment, and let another go on."""
        process = start(run)
        self._wait(SECONDS)
        damage.kills += process.poll() is None
        process.kill()
        process.communicate()
        flushed, num_asked = stored(run.ledger), len(asked_by(run))
        damage.flushed += len(flushed)
        finish(start(run, wait=False))
        damage.generated_again += len(flushed & {key for _, key in asked_by(run)[num_asked:]})

    def kill_server(self, server: Server, run: RecordedRun, damage: Damage) -> None:
        """Kill a server of the run at any moment, and start it again: the run goes on."""
        process = start(run)
        self._wait(SECONDS)
        damage.kills += process.poll() is None
        server.kill()
        damage.flushed += len(stored(run.ledger))
        self._wait(AWAY_SECONDS)
        server.start()
        finish(process)
        asked = [key for _, key in asked_by(run)]
        damage.generated_again += len(asked) - len(set(asked))

    def _wait(self, most: float) -> None:
        time.sleep(self._rng.uniform(0, most))


def _run_in(folder: Path, *, shared: bool) -> RecordedRun:
    folder.mkdir()
    return RecordedRun(
        opening=SLOW,
        argument="slow",
        ledger=folder / "driver" / "ledger",
        asked=folder / "asked",
        numbers=tuple(range(REQUESTS)),
        at_once=AT_ONCE,
        shared=shared,
    )
