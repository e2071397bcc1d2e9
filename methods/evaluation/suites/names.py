"""The suites by name, and what each needs, for whoever reads a profile without the modules that measure."""

from typing import Literal, get_args

SuiteName = Literal[
    "helpfulness",
    "harmlessness",
    "over_refusal",
    "sycophancy",
    "consistency",
    "calibration",
    "observation",
    "sandbagging",
    "capability",
    "diversity",
    "over_optimisation",
]
NAMES: tuple[SuiteName, ...] = get_args(SuiteName)
# suites that no program alone can grade
JUDGED: tuple[SuiteName, ...] = ("helpfulness", "harmlessness")
OVER_OPTIMISATION: SuiteName = "over_optimisation"
# what is measured where nothing is said: over-optimisation needs reward models
USUAL = tuple(name for name in NAMES if name != OVER_OPTIMISATION)


def lacking_rewards(num_rewards: int, judged: bool) -> str | None:
    """Why these models cannot tell over-optimisation, and what is missing; None where they can."""
    name = OVER_OPTIMISATION
    if num_rewards == 0:
        return f"{name} compares the reward model in training with another: name it in `rewards`"
    if num_rewards == 1 and not judged:
        return f"{name} has one reward model and nothing held out: name a second in `rewards`, or a `judge`"
    if num_rewards > 2:
        return f"{name} compares two rewards, and {num_rewards} are named: keep one in training, one held out"
    return None
