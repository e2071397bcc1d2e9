"""The ways in which one judge is asked, to compare them."""

from methods.judges.settings import AskedWay
from methods.judging.comparison import ComparisonSettings
from methods.prm.judge import StepJudgeSettings


def comparison_in(way: AskedWay, asking: ComparisonSettings) -> ComparisonSettings:
    """``asking`` in another way; several replies are drawn where they are in words."""
    verdicts = way.removeprefix("begun ")
    samples = 1 if verdicts == "probabilities" else asking.samples
    changed = {"verdicts": verdicts, "begun": way.startswith("begun"), "samples": samples}
    return ComparisonSettings.model_validate({**asking.model_dump(), **changed, "calibration": "none"})


def steps_in(way: AskedWay, asking: StepJudgeSettings) -> StepJudgeSettings | None:
    """``asking`` in another way; None for probabilities, as steps are named in words."""
    verdicts = way.removeprefix("begun ")
    if verdicts == "probabilities":
        return None
    changed = {"verdicts": verdicts, "begun": way.startswith("begun")}
    return StepJudgeSettings.model_validate({**asking.model_dump(), **changed})
