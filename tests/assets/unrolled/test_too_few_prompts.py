"""Rounds that would run out of prompts are refused when the profile is read."""

from pathlib import Path

import pytest

from assets.pipelines.whole import declare
from assets.profile.profile import load_profile
from datasets_registry.errors import BadInput
from tests.assets.small import write_profile
from tests.assets.unrolled.test_judged_rounds import ROUNDS


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "asks = { red_team = 3",
            "asks = { red_team = 4",
            "red_team prompts of rounds: round 2 needs 8 of them",
        ),
        ("never_fed = 1", "never_fed = 8", "never_fed = 8 takes all 8 red_team training prompts"),
        ("number = 2", "number = 3", "round 3 needs 9 of them, 3 a round, and there are 7"),
    ],
)
def test_too_few_prompts_for_all_rounds_are_refused(
    tmp_path: Path, tiny_model: Path, old: str, new: str, message: str
) -> None:
    path = write_profile(tmp_path, tiny_model)
    assert old in ROUNDS
    path.write_text(path.read_text() + ROUNDS.replace(old, new))
    with pytest.raises(BadInput, match=f"rounds.line: .*{message}"):
        declare(load_profile(str(path)))
