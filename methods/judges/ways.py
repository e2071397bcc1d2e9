"""The ways in which one judge is asked, to compare them."""

from methods.judges.settings import AskedWay
from methods.judging.comparison import ComparisonSettings
from methods.prm.judge import StepJudgeSettings


def comparison_in(way: AskedWay, asking: ComparisonSettings) -> ComparisonSettings:
    """``asking`` in another way; several replies are drawn where they are in words."""
    changed = _changed(way)
    samples = 1 if changed["verdicts"] == "probabilities" else asking.samples
    return ComparisonSettings.model_validate(
        {**asking.model_dump(), **changed, "samples": samples, "calibration": "none"}
    )


def steps_in(way: AskedWay, asking: StepJudgeSettings) -> StepJudgeSettings | None:
    """``asking`` in another way; None for probabilities, as steps are named in words."""
    changed = _changed(way)
    if changed["verdicts"] == "probabilities":
        return None
    return StepJudgeSettings.model_validate({**asking.model_dump(), **changed})


def _changed(way: AskedWay) -> dict[str, str | bool]:
    """The settings that a way of asking is made of."""
    return {"verdicts": way.removeprefix("begun "), "begun": way.startswith("begun ")}
