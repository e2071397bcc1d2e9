"""A committer that is killed leaves whole versions or none, and what is left over is collected."""

from datasets_registry.state import State
from tests.datasets_registry.killed_committer import kill_committers


def test_a_killed_committer_leaves_nothing_half_visible_and_loses_nothing(state: State) -> None:
    figures = kill_committers(state.root, 4)
    assert figures.violations == []
    assert figures.kills >= 4 and figures.versions > 0
