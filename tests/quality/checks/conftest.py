"""A registry in which every dataset has good rows."""

from collections.abc import Iterator

import pytest

from datasets_registry.registry import Registry
from datasets_registry.state import State
from tests.quality.checks.good_rows import GOOD, Good, version_of


@pytest.fixture(scope="session")
def good(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Good]:
    """A registry with good rows of every type, to which tests add what they look at."""
    registry = Registry(State(tmp_path_factory.mktemp("good") / "state").prepare())
    yield registry, {row: version_of(registry, row, rows) for row, rows in GOOD.items()}
    registry.engine.dispose()
