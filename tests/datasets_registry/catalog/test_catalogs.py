"""The catalog is SQLite in the state root, or the database that a URL names."""

from pathlib import Path

import pytest

from datasets_registry.errors import BrokenCatalog, TrimtabError
from datasets_registry.registry import Registry
from datasets_registry.rows.evaluation import SuiteFigure
from datasets_registry.state import State
from datasets_registry.version import Derivation
from tests.postgres import PostgresServer

ROW = SuiteFigure(model="m", suite="helpful", metric="x", value=1.0, low=None, high=None, num_items=1)


def test_the_catalog_is_the_one_that_the_environment_names(state: State, registry: Registry) -> None:
    assert (registry.engine.dialect.name == "sqlite") == state.catalog.exists()


def test_a_url_that_is_given_stands_before_the_environment(
    registry: Registry, derivation: Derivation, postgres: PostgresServer, tmp_path: Path
) -> None:
    other = Registry(State(tmp_path / "other").prepare(), postgres.database())
    other.commit(SuiteFigure, [ROW], derivation)
    assert other.engine.dialect.name == "postgresql"
    assert (other.names("dataset"), registry.names("dataset")) == (["evaluation"], [])
    other.engine.dispose()


def test_a_folder_is_not_opened_with_another_folders_catalog(
    state: State, registry: Registry, postgres: PostgresServer
) -> None:
    with pytest.raises(BrokenCatalog, match="the opened catalog is .*, and the folder's is"):
        Registry(state, postgres.database())


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("nonsense", "is not a URL: write postgresql"),
        ("postgresql+psycopg://u:secret@h:port/d", "is not a URL: write postgresql"),
        ("mysql://h/d", "is for PostgreSQL, not mysql"),
        ("postgresql+psycopg://u:secret@/d?host=/nowhere", "cannot be opened .connection"),
    ],
)
def test_an_unusable_url_is_a_sentence_without_its_password(url: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(TrimtabError, match=message) as told:
        Registry(State(tmp_path / "other").prepare(), url)
    assert "secret" not in str(told.value)


@pytest.mark.parametrize("fixed", ["fsync", "listen_addresses"])
def test_the_server_of_the_tests_is_durable_and_on_no_network(postgres: PostgresServer, fixed: str) -> None:
    assert postgres.setting(fixed) == {"fsync": "on", "listen_addresses": ""}[fixed]
