"""The rows that the runs learn from: drawn words of a set length, one dataset for each kind of trainer."""

import random
from collections.abc import Sequence

from datasets_registry.rows.imported import Problem
from datasets_registry.rows.prm import StepLabels
from datasets_registry.rows.rft import GoldSolution, VerifiedPair
from datasets_registry.rows.row import Row
from tests.rows import make

WORDS = ("red", "blue", "seven", "twelve", "tree", "stone", "river", "light", "over", "under", "with", "from")
# the dataset of each trainer; those that are not named learn from pairs
DATASETS: dict[str, type[Row]] = {
    "sft": GoldSolution,
    "process_reward_model": StepLabels,
    "grpo": Problem,
    "rloo": Problem,
    "ppo": Problem,
}


def rows(kind: type[Row], number: int, length: int) -> Sequence[Row]:
    """``number`` rows whose prompt and answer have about ``length`` characters together."""
    return [_row(kind, f"p{index}", length, random.Random(index)) for index in range(number)]


def _row(kind: type[Row], key: str, length: int, draw: random.Random) -> Row:
    asked, said, other = (words(draw, length // 2) for _ in range(3))
    told: dict[type[Row], dict[str, object]] = {
        Problem: {"prompt": asked},
        GoldSolution: {"prompt": asked, "completion": said},
        VerifiedPair: {"prompt": asked, "chosen": said, "rejected": other},
        # the row's own labels: the first step right, two wrong ones after it
        StepLabels: {"prompt": asked, "completions": [said, other, "End"], "solution_id": key},
    }
    return make(kind, key, **told[kind])


def words(draw: random.Random, length: int) -> str:
    """Words of ``length`` characters in all."""
    said = ""
    while len(said) < length:
        said += f"{draw.choice(WORDS)} "
    return said[:length].strip()
