"""A PostgreSQL server that tests of a crash may kill."""

from collections.abc import Iterator

import pytest

from tests.postgres import PostgresServer, served


@pytest.fixture(scope="package")
def mortal() -> Iterator[PostgresServer]:
    """A server that runs, and runs again when a test is over."""
    yield from served()
