"""The profile's `[prm]`: which solutions are labelled step by step, by whose rollouts, and how."""

from assets.profile.models import Name
from datasets_registry.settings import Settings
from methods.prm.judge import StepJudgeSettings
from methods.prm.settings import StepRolloutSettings
from methods.prm.solutions import SolutionSettings


class Prm(Settings):
    """``completer`` completes solutions from their first steps.

    A ``judge`` names each first error too, so that labels on which both agree can be selected.
    """

    completer: Name
    solutions: SolutionSettings = SolutionSettings()
    labels: StepRolloutSettings = StepRolloutSettings()
    judge: Name | None = None
    judging: StepJudgeSettings = StepJudgeSettings()
