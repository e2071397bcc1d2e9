"""A module edited for a test, without touching its file."""

from collections.abc import Callable

import pytest

from assets.building import code
from assets.building.code import Source
from datasets_registry.hashing import digest

Edit = Callable[[str, str], None]


@pytest.fixture
def edit(monkeypatch: pytest.MonkeyPatch) -> Edit:
    """Edit a module: from now on its code is another one, named by the text."""
    edits: dict[str, str] = {}
    source_of = code.source_of

    def edited(name: str, packages: frozenset[str] = frozenset()) -> Source | None:
        source = source_of(name, packages)
        return (
            source._replace(digest=digest([source.digest, edits[name]]))
            if source and name in edits
            else source
        )

    monkeypatch.setattr(code, "source_of", edited)
    return edits.__setitem__
