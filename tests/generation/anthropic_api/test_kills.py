"""A client that is killed loses only what was in flight."""

from pathlib import Path

from tests.generation.killed_client import kill_and_resume


def test_after_each_kill_nothing_saved_is_asked_for_again(tmp_path: Path) -> None:
    figures = kill_and_resume(tmp_path, 2, seed=1, backend="anthropic")
    assert figures["resumed"] >= 1 and figures["lost"] < figures["rows"]
