"""A PostgreSQL server that tests of a crash may kill."""

from collections.abc import Iterator

import pytest

from assets.cluster.postgres import postgres_binaries
from tests.postgres import PostgresServer, postgres_server


@pytest.fixture(scope="package")
def mortal() -> Iterator[PostgresServer]:
    """A server that runs, and runs again when a test is over."""
    binaries = postgres_binaries()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    with postgres_server(binaries) as server:
        yield server
