"""The profile's `[rounds.NAME]`: how often a policy samples, is labelled, learns, is measured and goes on."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, SerializeAsAny, model_validator

from assets.profile.models import Name, RewardModels
from assets.profile.rft import PassRates
from datasets_registry.settings import Seed, Settings
from methods.rft.selections import KeptSettings
from methods.rounds.feedback import FeedbackSettings
from methods.rounds.reward_pairs import RewardLabelSettings
from methods.rounds.selection import RedTeamSelection
from quality.rounds.settings import VerdictRules, Watch
from training.settings.learning import TrainingSettings

Learned = Literal["preference_pairs", "reward_pairs", "verified_pairs", "rft_selections", "amplified_labels"]
# what is learned as it stands, and not as the better one of two
COMPLETIONS: tuple[Learned, ...] = ("rft_selections", "amplified_labels")
# what a policy is compared with, or starts from, besides a model by name
FIRST: Literal["first"] = "first"
PREVIOUS: Literal["previous"] = "previous"
_MOST = 99


class RoundAsks(Settings):
    """What each round asks: a fresh slice of the training prompts or problems, or the same ones every round.

    A number of 0 leaves a kind of prompts out, and none takes all of them.
    """

    each: Literal["slices", "same"] = Field("slices", description="Fresh ones every round, or the same ones")
    red_team: int | None = Field(None, ge=0, description="Red-team prompts a round")
    helpful: int | None = Field(None, ge=0, description="Helpful prompts a round")
    problems: int | None = Field(None, ge=1, description="Problems a round, where a program verifies")
    families: tuple[str, ...] = Field((), description="Families of problems; all if not set")
    difficulties: tuple[int, ...] = Field((), description="Difficulties of problems; all if not set")
    pass_rates: PassRates | None = Field(
        None, description="The band of pass rates whose problems are learned; all of them if not set"
    )
    seed: Seed = 0


class RedTeaming(Settings):
    """Which training prompts red-team each round's policy, and how its failures are fed back."""

    selection: RedTeamSelection = RedTeamSelection()
    feedback: FeedbackSettings = FeedbackSettings()


class DivergenceAsks(Settings):
    """On how many prompts or problems a round's divergence from round 0 is measured, and how often each."""

    prompts: int = Field(64, ge=2, description="Prompts or problems, the same ones every round")
    samples: int = Field(2, ge=1, description="Samples of each")
    seed: Seed = 0


class RewardLabels(RewardLabelSettings):
    """The reward models that label each round's samples, one for each signal."""

    rewards: RewardModels = Field(min_length=1, description="The reward model of each signal")

    @property
    def method(self) -> dict[str, Any]:
        """The settings of the method that are said here."""
        return {name: getattr(self, name) for name in RewardLabelSettings.model_fields}


class RoundChange(Settings):
    """What one round does otherwise than the others."""

    training: Mapping[str, Any] = Field({}, description="Settings of the trainer that differ")


class Rounds(Settings):
    """A line of ``number`` rounds from ``policy``, each of which learns ``learns`` from its own samples."""

    number: int = Field(ge=1, le=_MOST, description="Rounds; more of them build only the new ones")
    policy: Name = Field(description="Round 0: the model that round 1 samples from and learns on")
    learns: Learned = Field(
        "preference_pairs",
        description="What a round learns: pairs that judges label, pairs that reward models label, pairs of "
        "right and wrong answers, selections of right answers, or amplified answers",
    )
    trainer: str = Field("", description="A trainer of pairs or completions; dpo or sft if not set")
    training: SerializeAsAny[TrainingSettings]
    starts_from: Literal["previous", "first"] = Field(
        PREVIOUS, description="The model that a round trains on: that of the round before, or round 0"
    )
    reference: Name | None = Field(
        None,
        description="What the loss of pairs compares with: `first`, `previous`, or a model by name; if not "
        "set, `first` where judges label and `previous` where a program verifies",
    )
    replayed: Name | None = Field(None, description="A dataset whose rows are mixed in, as in [models.NAME]")
    pool: KeptSettings | None = Field(
        None, description="Which selections of all rounds so far are learned; the round's own if not set"
    )
    labels: RewardLabels | None = Field(None, description="How reward models label, for reward_pairs alone")
    asks: RoundAsks = RoundAsks()
    red_teaming: RedTeaming | None = None
    divergence: DivergenceAsks | None = Field(
        None, description="How the KL divergence from round 0 is measured; it is not if not set"
    )
    watch: Watch = Watch()
    verdict: VerdictRules = VerdictRules()
    changes: Mapping[Annotated[str, Field(pattern=r"^[1-9]\d?$")], RoundChange] = Field(
        {}, description="By number, what a round does otherwise"
    )

    @property
    def is_verified(self) -> bool:
        """Whether a program, not a judge, says which samples are right."""
        return self.learns in ("verified_pairs", "rft_selections")

    @property
    def is_amplified(self) -> bool:
        """Whether a round learns what its own policy answers through smaller questions."""
        return self.learns == "amplified_labels"

    @property
    def asks_problems(self) -> bool:
        """Whether a round asks problems, and not prompts."""
        return self.is_verified or self.is_amplified

    @property
    def learns_pairs(self) -> bool:
        """Whether a round learns pairs, and not completions."""
        return self.learns not in COMPLETIONS

    @property
    def is_judged(self) -> bool:
        """Whether judges say which samples are better."""
        return self.learns == "preference_pairs"

    @property
    def named_reference(self) -> str | None:
        """The model that pairs are compared with, where one is named."""
        return None if self.reference in (FIRST, PREVIOUS) else self.reference

    def named_models(self) -> Iterator[tuple[str, str]]:
        """Where the section names a model of the profile, and which."""
        yield "policy", self.policy
        if self.named_reference:
            yield "reference", self.named_reference
        if self.labels:
            yield from ((f"labels.rewards.{signal}", model) for signal, model in self.labels.rewards.items())

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if beyond := sorted(number for number in map(int, self.changes) if number > self.number):
            raise ValueError(
                f"changes.{beyond[0]}: there are rounds 1 to {self.number}: raise number, or leave it out"
            )
        if self.pool and self.learns != "rft_selections":
            raise ValueError(f"pool joins selections, and rounds learn {self.learns}: leave it out")
        if self.reference and not self.learns_pairs:
            raise ValueError(
                f"reference is of trainers of pairs, and rounds learn {self.learns}: leave it out"
            )
        if (self.learns == "reward_pairs") != bool(self.labels):
            raise ValueError(
                f"rounds learn {self.learns}, and labels name reward models for learns = 'reward_pairs': "
                "give both, or neither"
            )
        if self.asks.pass_rates and not self.is_verified:
            raise ValueError(
                f"asks.pass_rates are of candidates, which rounds that learn {self.learns} do not sample: "
                "leave them out"
            )
        if self.asks.pass_rates and self.asks.pass_rates.policy:
            raise ValueError("asks.pass_rates.policy is the one that each round begins from: leave it out")
        if self.red_teaming and self.asks_problems:
            raise ValueError(
                f"red_teaming feeds prompts back, and rounds that learn {self.learns} ask problems: leave it "
                "out"
            )
        return self
