"""The catalog is SQLite in the state root, or the database that a URL names."""

import pytest

from datasets_registry.registry import Registry
from datasets_registry.schemas import Metric
from datasets_registry.state import State
from datasets_registry.version import Derivation
from tests.postgres import PostgresServer

ROW = Metric(model="m", kind="helpful", metric="x", value=1.0, low=None, high=None, num_items=1)


def test_the_catalog_is_the_one_that_the_environment_names(state: State, registry: Registry) -> None:
    assert (registry.engine.dialect.name == "sqlite") == state.catalog.exists()


def test_a_url_that_is_given_stands_before_the_environment(
    state: State, registry: Registry, derivation: Derivation, postgres: PostgresServer
) -> None:
    other = Registry(state, postgres.database())
    other.commit(Metric, [ROW], derivation)
    assert other.engine.dialect.name == "postgresql"
    assert (other.names("dataset"), registry.names("dataset")) == (["evaluation"], [])
    other.engine.dispose()


@pytest.mark.parametrize("fixed", ["fsync", "listen_addresses"])
def test_the_server_of_the_tests_is_durable_and_on_no_network(postgres: PostgresServer, fixed: str) -> None:
    assert postgres.setting(fixed) == {"fsync": "on", "listen_addresses": ""}[fixed]
