"""What tests of the studio share: a registry with a history, and a browser that came with the token."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from datasets_registry.registry import Registry
from datasets_registry.state import State
from studio.security import HOST
from studio.server import application

PORT, TOKEN = 3210, "the-token"


def visitor(state: State, token: str = TOKEN) -> TestClient:
    """A browser that has not been let in yet."""
    app = application(lambda: Registry(state, reads_only=True), token, PORT)
    return TestClient(app, base_url=f"http://{HOST}:{PORT}", raise_server_exceptions=False)


@pytest.fixture
def client(registry: Registry) -> Iterator[TestClient]:
    """A browser that has the cookie, over the test's own registry."""
    with visitor(registry.state) as browser:
        assert browser.get("/", params={"token": TOKEN}).status_code == 200
        yield browser
