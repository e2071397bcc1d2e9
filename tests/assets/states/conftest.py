"""What tests of states share: what is printed of the traced history in a folder with a plain name."""

import pytest

from datasets_registry.state import State
from tests.assets.states.placed import placed
from tests.assets.states.reading import answers
from tests.traced import Traced


@pytest.fixture(scope="session")
def plain(history: Traced, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, ...], str]:
    """What is printed of the same state in a folder with a plain name."""
    state = State(tmp_path_factory.mktemp("plain") / "state")
    with pytest.MonkeyPatch.context() as patch:
        copied = placed(history, state, patch)
        found = answers(state.root)
    copied.registry.engine.dispose()
    return found
