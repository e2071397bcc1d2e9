"""Each key has one owner among all machines of a catalog, for as long as that owner lives."""

import os
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import DBAPIError

from datasets_registry.agreement import leases
from datasets_registry.agreement.claim import place
from datasets_registry.agreement.leases import Leases
from datasets_registry.catalog import patience
from datasets_registry.catalog.tables import engine_at
from datasets_registry.errors import BrokenCatalog, first_line
from tests.postgres import PostgresServer

OURS = f"process {os.getpid()} on {socket.gethostname()}"
# of a machine that this one cannot look at
ELSEWHERE = "process 12 on elsewhere"


@pytest.fixture
def url(postgres: PostgresServer) -> str:
    """An empty database."""
    return postgres.database()


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    """Connections to it."""
    engine = engine_at(url)
    yield engine
    engine.dispose()


def rows(engine: Engine) -> list[tuple[str, str]]:
    """Every claim: its key and its owner."""
    with engine.connect() as connection:
        found = connection.execute(text("SELECT key, owner FROM claim ORDER BY key")).all()
        return [(str(key), str(owner)) for key, owner in found]


def leave(engine: Engine, owner: str, seconds: float, *keys: str, where: str = "elsewhere") -> None:
    """Claims of a process that was killed: nobody renews them, and nobody gives them up."""
    with Leases(engine).claim([]), engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO claim SELECT key, :owner, :holder, clock_timestamp() + :seconds * interval '1 s'"
                " FROM unnest(CAST(:keys AS text[])) AS of (key)"
            ),
            {"owner": owner, "seconds": seconds, "keys": list(keys), "holder": f"x {where}"},
        )


def test_a_key_is_claimed_by_one_at_a_time(engine: Engine) -> None:
    mine, other = Leases(engine), Leases(engine)
    with mine.claim(["b", "a", "b"]) as first, other.claim(["b", "c"]) as second:
        assert (first.mine, first.theirs, second.mine) == (["b", "a"], {}, ["c"])
        assert second.theirs == {"b": OURS}
        assert rows(engine) == [("a", OURS), ("b", OURS), ("c", OURS)]
    assert rows(engine) == []
    with pytest.raises(RuntimeError), mine.claim(["a"]):
        raise RuntimeError
    with other.claim(["a"]) as again, other.claim([]) as nothing:
        assert again.mine == ["a"] and nothing.mine == []


def test_four_that_want_the_same_keys_share_them(url: str) -> None:
    keys, barrier = [f"{number:064x}" for number in range(8_192)], threading.Barrier(4)

    def wanted(seed: int) -> list[str]:
        engine = engine_at(url)
        barrier.wait(30)
        with Leases(engine).claim(keys[seed * 2_048 :] + keys[: seed * 2_048]) as claimed:
            barrier.wait(30)
            assert set(claimed.mine) | claimed.theirs.keys() == set(keys)
        engine.dispose()
        return claimed.mine

    with ThreadPoolExecutor(4) as pool:
        owned = list(pool.map(wanted, range(4)))
    assert sorted(key for mine in owned for key in mine) == keys


def num_deadlocks(engine: Engine, take: str) -> int:
    """Two claim the same keys from either end, and meet at one in the middle that a third lets go."""
    met: list[str] = []

    def claim(*keys: str) -> None:
        values = {"keys": list(keys), "holder": keys[0], "owner": ELSEWHERE, "seconds": -1}
        with engine.connect() as connection:
            connection.execute(text("SET LOCAL deadlock_timeout = '20ms'"))
            try:
                connection.execute(text(take), values)
                connection.commit()
            except DBAPIError as error:
                met.append(first_line(error))

    with ThreadPoolExecutor(2) as pool:
        with engine.begin() as third:
            values = {"keys": ["m"], "holder": "third", "owner": ELSEWHERE, "seconds": -1}
            third.execute(text(take), values)
            claims = [pool.submit(claim, *keys) for keys in ("amz", "zma")]
            waiting = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
            with engine.connect() as other:
                while other.execute(waiting).scalar() != 2:
                    other.rollback()
        for claimed in claims:
            claimed.result(30)
    assert all("deadlock detected" in line for line in met)
    return len(met)


def test_without_an_order_two_claims_would_wait_for_one_another(engine: Engine) -> None:
    with Leases(engine).claim([]):
        pass
    take = leases._TAKE.text
    assert leases._ORDER in take
    assert num_deadlocks(engine, take) == 0
    assert num_deadlocks(engine, take.replace(leases._ORDER, "")) == 1


def test_keys_of_a_killed_owner_are_free_when_its_lease_ends(engine: Engine) -> None:
    leave(engine, ELSEWHERE, 60, "a")
    leave(engine, ELSEWHERE, -0.1, "b")
    with Leases(engine).claim(["a", "b", "c"]) as claimed:
        assert (claimed.mine, claimed.theirs) == (["b", "c"], {"a": ELSEWHERE})


def test_keys_of_a_process_of_this_machine_that_is_gone_are_free_at_once(engine: Engine) -> None:
    process = os.fork()
    if process == 0:
        os._exit(0)
    os.waitpid(process, 0)
    owner = f"process {process} on {socket.gethostname()}"
    leave(engine, owner, 60, "a", where=place())
    # of a container with the same hostname, whose processes have numbers of their own
    leave(engine, owner, 60, "c")
    with Leases(engine).claim(["a", "b", "c"]) as claimed:
        assert (claimed.mine, claimed.theirs) == (["a", "b"], {"c": owner})


def test_a_claim_is_renewed_for_as_long_as_it_is_held(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "LEASE_SECONDS", 0.3)
    with Leases(engine).claim(["a"]):
        time.sleep(0.6)
        with Leases(engine).claim(["a"]) as other:
            assert other.mine == []


def test_a_paused_owner_gives_up_no_more_than_it_still_has(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Leases(engine).claim(["a", "b"]):
        with engine.begin() as connection:
            connection.execute(text("UPDATE claim SET until = clock_timestamp() WHERE key = 'a'"))
        with Leases(engine).claim(["a", "b"]) as other:
            assert (other.mine, list(other.theirs)) == (["a"], ["b"])
            claims = rows(engine)
        assert len(claims) == 2 and [key for key, _ in rows(engine)] == ["b"]


def test_claims_outlive_a_crash_of_the_server(
    mortal: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "LEASE_SECONDS", 0.3)
    engine = engine_at(mortal.database())
    held, other = Leases(engine), Leases(engine)
    with held.claim(["a"]):
        mortal.kill()
        started = threading.Timer(0.2, mortal.start)
        started.start()
        # waits for the server, whose table is empty after a crash
        with other.claim(["b"]):
            time.sleep(0.4)
            assert [key for key, _ in rows(engine)] == ["a", "b"]
    started.join()
    assert rows(engine) == []
    engine.dispose()


def test_claims_end_without_a_wait_for_each_where_the_server_stays_away(
    mortal: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = engine_at(mortal.database())
    held = Leases(engine)
    with pytest.raises(BrokenCatalog, match="has been away"), ExitStack() as claims:
        for number in range(8):
            claims.enter_context(held.claim([str(number)]))
        monkeypatch.setattr(patience, "PATIENCE_SECONDS", 0.5)
        mortal.kill()
        began = time.monotonic()
        claims.enter_context(held.claim(["more"]))
    assert time.monotonic() - began < 2
    mortal.start()
    engine.dispose()


def test_a_renewal_that_gets_no_connection_is_tried_again(
    url: str, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "LEASE_SECONDS", 0.6)
    narrow = create_engine(url, pool_size=1, max_overflow=0, pool_timeout=0.05)
    held = Leases(engine)
    with held.claim([]):
        held._engine = narrow.execution_options(isolation_level="AUTOCOMMIT")
    with held.claim(["a"]):
        with narrow.connect():
            time.sleep(0.4)
            with pytest.raises(BrokenCatalog, match="all connections to it are in use"), held.claim(["b"]):
                pass
        time.sleep(0.8)
        with Leases(engine).claim(["a"]) as other:
            assert other.mine == []
    narrow.dispose()
