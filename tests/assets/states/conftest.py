"""What tests of states share: what is printed of the traced history in a folder with a plain name."""

import pytest

from datasets_registry.state import State
from tests.assets.states.reading import answers
from tests.traced import Traced


@pytest.fixture(scope="session")
def plain(history: Traced, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, ...], str]:
    """What is printed of the same state in a folder with a plain name."""
    state = State(tmp_path_factory.mktemp("plain") / "state")
    copied = history.copied_to(state)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRIMTAB_HOME", str(state.root))
        patch.delenv("TRIMTAB_CATALOG", raising=False)
        found = answers(state.root)
    copied.registry.engine.dispose()
    return found
