"""A state folder of any name: what is stored is what is read, by every command and query."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from datasets_registry.errors import BadInput
from datasets_registry.registry import Registry
from datasets_registry.state import State
from generation.ledger.ledger import Ledger
from tests.assets.states.placed import leave_orphan, placed
from tests.assets.states.reading import answer, answers
from tests.traced import Traced

FOLDERS = (
    "model=llama/label=v2",
    "a[1]*",
    "**",
    'it\'s "mine"; DROP',
    "50%20 off?mode=ro&a=b#c",
    "größe 日本",
    "{a,b}",
)
# the folder of another state, which the names above would match if they were patterns
ALIKE = str.maketrans({"[": None, "]": None, "*": "x", "?": "x"})


@pytest.fixture(params=FOLDERS)
def odd(
    request: pytest.FixtureRequest, history: Traced, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Registry]:
    """The state in a folder of an odd name, beside another one whose folder that name would match."""
    root = tmp_path / request.param / "state"
    alike = tmp_path / request.param.translate(ALIKE) / "state"
    if alike != root:
        shutil.copytree(history.registry.state.root, alike)
    copied = placed(history, State(root), monkeypatch)
    yield copied.registry
    copied.registry.engine.dispose()


def test_every_command_reads_what_is_stored(odd: Registry, plain: dict[tuple[str, ...], str]) -> None:
    assert answers(odd.state.root) == plain


def test_compaction_and_gc_take_their_own_files(odd: Registry, plain: dict[tuple[str, ...], str]) -> None:
    ledger = Ledger(odd.state.ledger)
    before = ledger.stats()
    assert json.loads(answer("ledger", "compact"))[0]["num_merged"] > 1
    assert ledger.stats() == before
    orphan = leave_orphan(odd.state)
    for path in odd.state.tables.iterdir():
        os.utime(path, (0, 0))
    removed = json.loads(answer("gc", "--remove"))
    assert str(orphan) in {row["path"] for row in removed} and not orphan.exists()
    assert answers(odd.state.root) == plain


def test_what_is_exported_comes_in_again(odd: Registry) -> None:
    folder = odd.state.root.parent / "exported"
    for form in ("parquet", "csv", "jsonl", "hf"):
        answer("export", "preference_pairs@3", str(folder / form), "--to", form)
        outcome = json.loads(answer("import", str(folder / form), "--as", f"back_{form}", code=1))
        assert (outcome["accepted"], outcome["rejected"]) == (24, {})
        query = 'SELECT count(*) AS n FROM "{}" JOIN "preference_pairs@3" USING (pair_id, label)'
        assert json.loads(answer("sql", query.format(f"back_{form}@1"))) == [{"n": 24}]


def test_an_open_client_reads_the_views_there(odd: Registry) -> None:
    with duckdb.connect(odd.state.views, read_only=True) as connection:
        assert connection.execute("SELECT DISTINCT label FROM preference_pairs").fetchall()
        assert connection.execute("SELECT count(*) FROM preference_pairs").fetchone() == (24,)


def test_a_backslash_which_duckdb_reads_as_a_slash_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="has a backslash.*set TRIMTAB_HOME"):
        State(tmp_path / "back\\slash")
