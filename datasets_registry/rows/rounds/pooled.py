"""Row type of selections of several rounds in one pool."""

from typing import ClassVar

from pydantic import Field

from datasets_registry.rows.rft import RftSelection


class PooledSelection(RftSelection):
    """A verified completion to learn, and the round that sampled it."""

    dataset: ClassVar[str] = "pooled_selections"
    grain: ClassVar[str] = "One row per selected completion of a problem over all rounds so far, each once."

    round: int = Field(description="The first round that selected it, from 1; 0 for the gold solution")
