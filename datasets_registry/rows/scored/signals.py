"""The columns that rows rewarded by several signals share."""

from pydantic import Field

from datasets_registry.rows.row import Part


class SignalScore(Part):
    """What the reward model of one signal gives an answer."""

    signal: str = Field(description="What the reward model measures")
    score: float = Field(
        description="Its score, in deviations from the mean of its scores of rows held out from its training"
    )
    raw: float = Field(description="The score as the model gave it")
