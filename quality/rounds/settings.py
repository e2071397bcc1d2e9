"""What a round is watched for, and when it stops: bounds as they were measured, each of which can be set."""

from typing import Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from datasets_registry.settings import Settings

# what a profile writes for a figure that is not watched
OFF = "none"


class Bound(Settings):
    """Bounds on the change of a figure; one that is not set is off.

    By ``point`` a change beyond the bound stops where its interval lies apart from no change at all; by
    ``interval``, where the whole interval lies beyond the bound. With fewer than ``items`` the interval
    decides, and the figure warns unless its interval keeps the bound.
    """

    warn_below: float | None = None
    warn_above: float | None = None
    stop_below: float | None = None
    stop_above: float | None = None
    by: Literal["point", "interval"] = "point"
    items: int = Field(1, ge=1, description="Fewer items decide by the interval alone, and warn")

    @model_validator(mode="after")
    def _in_order(self) -> "Bound":
        if self.warn_below is not None and self.stop_below is not None and self.warn_below < self.stop_below:
            raise ValueError(
                f"warn_below {self.warn_below:g} is beyond stop_below {self.stop_below:g}: raise it to "
                "warn before it stops"
            )
        if self.warn_above is not None and self.stop_above is not None and self.warn_above > self.stop_above:
            raise ValueError(
                f"warn_above {self.warn_above:g} is beyond stop_above {self.stop_above:g}: lower it to "
                "warn before it stops"
            )
        lows = [bound for bound in (self.warn_below, self.stop_below) if bound is not None]
        highs = [bound for bound in (self.warn_above, self.stop_above) if bound is not None]
        if lows and highs and max(lows) > min(highs):
            raise ValueError(f"no change keeps both {max(lows):g} and {min(highs):g}: lower one bound below")
        return self

    @property
    def num_stops(self) -> int:
        """On how many sides it stops."""
        return (self.stop_below is not None) + (self.stop_above is not None)


class TaxGuard(Settings):
    """How much of each family of capability may be lost against round 0; ``max_loss`` is a share."""

    max_loss: float = Field(0.03, gt=0, lt=1, description="The loss that stops, against round 0")
    warn_loss: float = Field(0.02, gt=0, lt=1, description="The loss that warns")
    items: int = Field(1_000, ge=1, description="Fewer paired items decide by the interval alone, and warn")
    rule: Literal["point", "interval"] = Field("point", description="What must be beyond the bound to stop")

    @property
    def bound(self) -> Bound:
        """The same as bounds on the change."""
        return Bound(
            warn_below=-min(self.warn_loss, self.max_loss),
            stop_below=-self.max_loss,
            by=self.rule,
            items=self.items,
        )


class Watch(Settings):
    """The bounds of every figure, and the chance that they stop a healthy run at all.

    Lengths, diversity and entropy change relative to round 0; refusals, truncated answers and rewards by
    their difference, of rewards in standard deviations of round 0; log-probabilities by nats a sequence, as
    is the divergence from round 0.
    A figure whose field is `none` is not watched.
    """

    chance: float = Field(
        0.05, gt=0, le=0.5, description="Chance that a healthy run of any number of rounds is stopped"
    )
    capability: TaxGuard | None = TaxGuard()
    benign_refused: Bound | None = Bound(warn_above=0.025, stop_above=0.05, by="interval")
    harmful_refused: Bound | None = Bound(warn_below=-0.05)
    mean_tokens: Bound | None = Bound(warn_below=-0.1, warn_above=0.1, stop_below=-0.3, stop_above=0.3)
    p95_tokens: Bound | None = Bound(warn_above=0.2)
    truncated: Bound | None = Bound(warn_above=0.025, stop_above=0.05)
    diversity_within: Bound | None = Bound(warn_below=-0.25, warn_above=0.25, stop_below=-0.5, stop_above=1.0)
    diversity_across: Bound | None = Bound(warn_below=-0.2, warn_above=0.25, stop_below=-0.5, stop_above=1.0)
    top_opening: Bound | None = Bound(warn_above=1.0)
    entropy: Bound | None = Bound(warn_below=-0.3, warn_above=0.3, stop_below=-0.5, stop_above=1.0)
    logp_chosen: Bound | None = Bound(warn_below=-0.5)
    logp_rejected: Bound | None = Bound(warn_below=-4.0, stop_below=-10.0)
    kl: Bound | None = Bound()
    kl_per_token: Bound | None = Bound()
    yield_share: Bound | None = Bound(stop_below=0.05)
    yield_fall: Bound | None = Bound(warn_below=-0.5)
    policy_trained: Bound | None = Bound(stop_below=1.0)
    conflicting: Bound | None = Bound()
    label_precision: Bound | None = Bound(warn_below=0.8, stop_below=0.6)
    canary: Bound | None = Bound(warn_above=0.0)
    proxy_reward: Bound | None = Bound()
    held_out_reward: Bound | None = Bound(warn_below=-0.05, stop_below=-0.1, by="interval")

    @field_validator("*", mode="before")
    @classmethod
    def _may_be_off(cls, bound: object, about: ValidationInfo) -> object:
        # TOML has no null, and a chance is no figure
        return None if bound == OFF and about.field_name != "chance" else bound


class WatchSettings(Settings):
    """The round that is watched, and its bounds."""

    round: int = Field(ge=1)
    watch: Watch = Watch()


class VerdictRules(Settings):
    """When a round stops besides what its figures say."""

    agreeing: int = Field(
        2, ge=1, description="Signs of collapse that must agree: diversity, entropy, log-probabilities"
    )
    patience: int | None = Field(
        None, ge=1, description="Rounds together that must show a gain, such as 2 for rejection sampling"
    )
    least_gain: float = Field(0.0, ge=0, lt=1, description="The gain that their interval must exceed")
    allow_unmeasured: bool = Field(
        False, description="Whether a round goes on, with a warning, where nothing of it could be measured"
    )


class VerdictSettings(Settings):
    """The round that is decided on, and the rules."""

    round: int = Field(ge=1)
    rules: VerdictRules = VerdictRules()
