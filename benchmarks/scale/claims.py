"""Four processes that want the same keys of one catalog, and one of them that is killed: --only claims."""

import multiprocessing
import time
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier

from sqlalchemy import text

from assets.cluster.postgres import postgres_binaries
from benchmarks.sides.figure import Figure, at_most, exactly, repeated
from datasets_registry.agreement import leases
from datasets_registry.agreement.leases import Leases
from datasets_registry.catalog.tables import engine_at
from tests.postgres import postgres_server

PROCESSES, KEYS = 4, 8_192
ROUNDS, QUICK_ROUNDS = 6, 2
# of the process that is killed, in place of a minute
LEASE_SECONDS = 2.0
# as if it were of another machine, where nobody sees that it is gone
ELSEWHERE = text("UPDATE claim SET owner = 'process 12 on elsewhere'")
STARTING = multiprocessing.get_context("forkserver")


def measure(quick: bool) -> Iterator[Figure]:
    """Owners of each key in each round, how long a claim takes, and when a killed one's keys are free."""
    binaries = postgres_binaries()
    if binaries is None:
        yield Figure(name="claims: not run, as they need PostgreSQL", value=None, unit="count")
        return
    with postgres_server(binaries) as server:
        rounds = [_round(server.database()) for _ in range(QUICK_ROUNDS if quick else ROUNDS)]
        keys = sorted(_keys())
        shared = sum(sorted(key for mine, _ in each for key in mine) == keys for each in rounds)
        name = f"{PROCESSES} processes want the same {KEYS:,} keys"
        yield exactly(f"{name}: rounds in which each key has one owner", shared, len(rounds), "rounds")
        yield repeated(f"{name}: a claim takes", [spent for each in rounds for _, spent in each], "s")
        free = _seconds_until_free(server.database())
        yield at_most(f"keys of a killed owner, of {LEASE_SECONDS:g} s: free after", free, "s", 60)


def _round(url: str) -> list[tuple[list[str], float]]:
    """What each process got, and in how many seconds."""
    ready, ends = STARTING.Barrier(PROCESSES), []
    for number in range(PROCESSES):
        ours, theirs = STARTING.Pipe(duplex=False)
        STARTING.Process(target=_claim, args=(url, number, ready, theirs)).start()
        ends.append(ours)
    return [end.recv() for end in ends]


def _keys() -> list[str]:
    return [f"{number * 7_919 % KEYS:064x}" for number in range(KEYS)]


def _claim(url: str, number: int, ready: Barrier, told: Connection) -> None:
    """Claim all keys, beginning elsewhere than the others, and hold them until all have claimed."""
    engine, keys = engine_at(url), _keys()
    first = number * KEYS // PROCESSES
    claimer = Leases(engine)
    with claimer.claim([]):
        ready.wait(60)
    start = time.perf_counter()
    with claimer.claim(keys[first:] + keys[:first]) as claimed:
        spent = time.perf_counter() - start
        ready.wait(60)
        told.send((claimed.mine, spent))
    engine.dispose()


def _hold(url: str, told: Connection) -> None:
    leases.LEASE_SECONDS = LEASE_SECONDS
    with Leases(engine_at(url)).claim(_keys()) as claimed:
        told.send(len(claimed.mine))
        time.sleep(600)


def _seconds_until_free(url: str) -> float:
    """From the kill of an owner until all its keys are somebody else's."""
    ours, theirs = STARTING.Pipe(duplex=False)
    owner = STARTING.Process(target=_hold, args=(url, theirs))
    owner.start()
    assert ours.recv() == KEYS
    owner.kill()
    owner.join()
    start, engine = time.monotonic(), engine_at(url)
    with engine.begin() as connection:
        connection.execute(ELSEWHERE)
    while _num_free(Leases(engine), _keys()) < KEYS:
        time.sleep(0.02)
    engine.dispose()
    return time.monotonic() - start


def _num_free(claimer: Leases, keys: Sequence[str]) -> int:
    with claimer.claim(keys) as claimed:
        return len(claimed.mine)
