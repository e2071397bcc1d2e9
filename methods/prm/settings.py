"""How steps are measured: which prefixes are completed, how often, and when enough is known."""

from typing import Literal, Self

from pydantic import Field, model_validator

from datasets_registry.settings import Seed, Settings
from generation.request import SamplingParams


class StepLabelSettings(Settings):
    """What share of accepted rollouts makes a step right, and how many rollouts were meant to show it.

    ``exhaustive`` measures every step by ``num_rollouts``; ``linear`` goes on from the first step until one
    is wrong, and ``bisect`` halves what lies between a right and a wrong one (Luo et al. 2024,
    arXiv 2406.06592, §3.2). Both take ``search_rollouts`` of a prefix (as many as ``num_rollouts`` where
    null), and then ``confirm`` fresh ones on both sides of the boundary that they found: first of the wrong
    side, where no success says least. What those show counts, so that the boundary moves and the search
    goes on. ``exhaustive`` confirms the first wrong step in the same way.

    A step is right where the accepted share of its rollouts is above ``threshold``. At 0 any success will
    do (Wang et al. 2023, arXiv 2312.08935, §3.3); 0.1 is the same for up to nine rollouts, and of more it
    wants a second success, since a wrong step may reach the gold answer by luck.

    ``first_success`` stops once one is accepted; ``interval`` stops once the Wilson interval lies on one
    side of the threshold, and until then goes on up to ``max_rollouts`` where that is set. It is tested
    after every chunk, so it covers the share less often than its name says.
    """

    method: Literal["exhaustive", "linear", "bisect"] = "bisect"
    num_rollouts: int = Field(8, ge=1)
    search_rollouts: int | None = Field(4, ge=1)
    threshold: float = Field(0.1, ge=0, lt=1)
    early_stop: Literal["none", "first_success", "interval"] = "interval"
    max_rollouts: int | None = None
    confirm: int = Field(6, ge=0)

    @model_validator(mode="after")
    def _stop_suits_the_threshold(self) -> Self:
        if self.early_stop == "first_success" and self.threshold > 0:
            raise ValueError(
                f"early_stop 'first_success' does not decide at threshold {self.threshold:g}: "
                "take early_stop 'interval', or threshold 0"
            )
        return self

    @model_validator(mode="after")
    def _more_is_sampled_for_an_interval(self) -> Self:
        if self.max_rollouts is None:
            return self
        if self.early_stop != "interval":
            raise ValueError(
                f"max_rollouts {self.max_rollouts} goes on while an interval is undecided: "
                f"take early_stop 'interval', or num_rollouts {self.max_rollouts} alone"
            )
        if self.max_rollouts < self.planned:
            raise ValueError(
                f"max_rollouts {self.max_rollouts} is less than the {self.planned} that are planned: "
                "raise it, or leave it out"
            )
        return self

    @property
    def planned(self) -> int:
        """Rollouts of one prefix, those that confirm left out, unless an interval is undecided."""
        return (self.method != "exhaustive" and self.search_rollouts) or self.num_rollouts

    @property
    def limit(self) -> int:
        """The most rollouts of one prefix, those that confirm left out."""
        return self.max_rollouts or self.planned

    @property
    def rule(self) -> str:
        """The method in words, such as ``bisect, interval, at most 4, confirm 6, above 0.1``."""
        stop = f"{self.early_stop.replace('_', ' ')}, at most " if self.early_stop != "none" else ""
        confirm = f", confirm {self.confirm}" if self.confirm else ""
        return f"{self.method}, {stop}{self.limit}{confirm}, above {self.threshold:g}"


class StepRolloutSettings(StepLabelSettings):
    """Which prefixes get rollouts, and how these are sampled.

    Rollouts come in ``chunks``, the last of which repeats. With ``skip_accepted`` a solution that the
    verifier accepts gets none: all its steps count as right (SCAN, arXiv 2509.16548).
    """

    chunks: tuple[int, ...] = Field((1, 1, 2), min_length=1)
    skip_accepted: bool = True
    system_prompt: str | None = None
    rollouts: SamplingParams = SamplingParams()
    seed: Seed = 0

    @model_validator(mode="after")
    def _chunks_are_not_empty(self) -> Self:
        if min(self.chunks) < 1:
            raise ValueError(f"chunks {self.chunks!r} must be 1 or more each: leave the others out")
        return self
