"""A module edited for a test, without touching its file; and trainers that are forked, not started anew."""

from collections.abc import Callable, Iterator

import pytest

from assets.building import code
from assets.building.code import Source
from datasets_registry.hashing import digest
from tests.assets import forked_trainers

Edit = Callable[[str, str], None]


@pytest.fixture(scope="package", autouse=True)
def trainers_are_forked() -> Iterator[None]:
    """Builds of this process fork their trainers; those of the demo, daemons and launchers start theirs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dagster._core.pipes.subprocess.Popen", forked_trainers.start)
        yield


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
