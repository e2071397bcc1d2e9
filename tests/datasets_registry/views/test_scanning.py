"""A kept database gives connections that know nothing of one another, in this process and a forked one."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import pytest

from datasets_registry.state import REPOSITORY, State
from datasets_registry.views import scanning as module
from datasets_registry.views.scanning import SPILL, cursor, scanning, spill_folder

FORKED = """
import os
import sys
from pathlib import Path
from datasets_registry.registry import Registry
from datasets_registry.views.scanning import scanning
from datasets_registry.state import State

registry = Registry(State(Path(sys.argv[1])).prepare())

def work():
    with scanning(registry.state) as connection:
        assert connection.execute("SELECT sum(range) FROM range(1000000)").fetchone() == (499999500000,)
    registry.refresh_views()

work()
child = os.fork()
work()
if child:
    assert os.waitpid(child, 0)[1] == 0
"""


def test_what_one_connection_makes_no_other_sees() -> None:
    with cursor("test") as one, cursor("test") as other:
        for connection, value in ((one, 1), (other, 2)):
            connection.execute(f"CREATE TEMP VIEW this AS SELECT {value} AS found")
            connection.execute("CREATE TEMP TABLE kept AS FROM this")
        assert one.execute("SELECT * FROM this, kept").fetchall() == [(1, 1)]
        assert other.execute("SELECT * FROM this, kept").fetchall() == [(2, 2)]
    with cursor("test") as another, pytest.raises(duckdb.CatalogException):
        another.execute("FROM this")


def test_other_settings_are_those_of_another_database() -> None:
    def threads(wanted: int) -> object:
        with cursor("test", {"threads": wanted}) as connection:
            return connection.execute("SELECT current_setting('threads')").fetchone()

    with cursor("test", {"threads": 3}) as still_open:
        assert [threads(1), threads(2), threads(1)] == [(1,), (2,), (1,)]
        assert still_open.execute("SELECT current_setting('threads')").fetchone() == (3,)


def test_each_state_spills_into_its_own_cache(tmp_path: Path) -> None:
    for name in ("one", "two", "one"):
        state = State(tmp_path / name).prepare()
        with scanning(state) as connection:
            found = connection.execute("SELECT current_setting('temp_directory')").fetchone()
        assert found and Path(found[0]).parent == state.cache


@pytest.mark.parametrize("use", ["", "sql-"])
def test_a_process_of_another_machine_spills_elsewhere_and_both_are_collected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, use: str
) -> None:
    state = State(tmp_path).prepare()
    here = spill_folder(state, use)
    # its processes may have the same number
    monkeypatch.setattr(module, "_PROCESS", "another")
    there = spill_folder(state, use)
    assert here != there and {here.parent, there.parent} == {state.cache}
    for folder in (here, there):
        folder.mkdir()
    assert {*state.cache.glob(f"{SPILL}*")} == {here, there}


def test_threads_ask_at_once() -> None:
    def asked(number: int) -> object:
        with cursor("test") as connection:
            connection.execute(f"CREATE TEMP TABLE this AS SELECT {number} AS found FROM range(1000)")
            return connection.execute("SELECT sum(found) FROM this").fetchone()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(asked, range(40))) == [(1000 * number,) for number in range(40)]


def test_a_forked_process_opens_its_own_and_both_end_in_silence(tmp_path: Path) -> None:
    environment = {name: one for name, one in os.environ.items() if not name.startswith("COVERAGE")}
    command = [sys.executable, "-c", FORKED, str(tmp_path)]
    run = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, timeout=60)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


def test_texts_that_are_ordered_by_their_length_stay_texts(tmp_path: Path) -> None:
    """DuckDB 2.0.0 puts the length in the text's place, unless the optimiser that does it is off."""
    path = tmp_path / "texts.parquet"
    query = f"SELECT * FROM '{path}' ORDER BY strlen(text), id LIMIT 1"
    with cursor("test") as connection:
        # it happens only where there is a further column
        rows = "SELECT i AS id, repeat('x', 3 - i) AS text, 'note ' || i AS note FROM range(3) t(i)"
        connection.execute(f"COPY ({rows}) TO '{path}'")
        assert connection.execute(query).fetchall() == [(2, "x", "note 2")]
