"""What tests of the review pages share: a sample, and a reviewer who has the cookie."""

import pytest
from starlette.testclient import TestClient

from datasets_registry.registry import Registry
from tests.quality.review.desks import commit_sample, items
from tests.studio.review.reviewing import Reviewer


@pytest.fixture
def ada(client: TestClient, registry: Registry) -> Reviewer:
    """A reviewer of ten items."""
    commit_sample(registry, items())
    return Reviewer(client)
