"""The profile's `[rft]`: whose completions are candidates, and which of them are selected."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, model_validator

from assets.profile.models import Name, RewardModels
from datasets_registry.settings import Distinct, Settings
from methods.rft.candidates import CandidateSettings
from methods.rft.rates.pass_rates import PassRateSettings
from methods.rft.selections import SelectionSettings
from methods.rft.verified_pairs import VerifiedPairSettings


class Candidates(CandidateSettings):
    """Whose completions are candidates, for which problems, and when sampling stops.

    ``number`` training problems of ``families`` are chosen by content; all if it is None. ``reward_model`` is
    a model of the profile: a sequence classifier with one output. In its place ``rewards`` names one for each
    signal, which ``combination`` combines.
    """

    policies: Annotated[tuple[Name, ...], Distinct] = Field(
        (), description="The models that are sampled; none leaves the samples to rounds"
    )
    families: Annotated[tuple[str, ...], Distinct] = ()
    number: int | None = Field(None, ge=1)
    reward: Literal["verifier", "judge", "reward_model"] = "verifier"
    reward_model: Name | None = None
    rewards: RewardModels = Field(default={})

    def scoring_models(self) -> Iterator[tuple[str, str]]:
        """Where a reward model is named, and which."""
        if self.reward_model:
            yield "rft.candidates.reward_model", self.reward_model
        yield from ((f"rft.candidates.rewards.{signal}", model) for signal, model in self.rewards.items())

    @model_validator(mode="after")
    def _has_its_reward_model(self) -> "Candidates":
        if self.reward_model is not None and self.rewards:
            raise ValueError("reward_model and rewards both name reward models: give one of them")
        if (self.reward == "reward_model") != bool(self.reward_model or self.rewards):
            raise ValueError(
                "reward = 'reward_model' and reward_model, or rewards, go together: name the model, or "
                "neither"
            )
        return self


class PassRates(PassRateSettings):
    """The band of rates; ``policy`` is whose rates choose problems, where several are sampled."""

    policy: Name | None = None

    @property
    def method(self) -> PassRateSettings:
        """The settings of the method."""
        return PassRateSettings(**self.model_dump(include={"band", "min_samples"}))

    @model_validator(mode="after")
    def _is_of_no_round(self) -> "PassRates":
        if self.round is not None:
            raise ValueError("round is of [rounds.NAME]: leave it out")
        return self


class Rft(Settings):
    """Candidates, selections and verified pairs; ``pass_rates`` adds the problems of a band.

    ``earlier`` names candidates of earlier rounds, which are selected from too; ``gold`` names gold solutions
    that join the selections.
    """

    candidates: Candidates
    selections: SelectionSettings = SelectionSettings()
    pairs: VerifiedPairSettings = VerifiedPairSettings()
    earlier: Annotated[tuple[Name, ...], Distinct] = ()
    gold: Name | None = None
    pass_rates: PassRates | None = None
    control: bool = Field(
        False,
        description="Whether there is `rft_controls` too: as many finished samples as are selected, drawn "
        "without a look at their verdicts",
    )

    @model_validator(mode="after")
    def _has_one_policy_whose_rates_choose(self) -> "Rft":
        policies, chosen = self.candidates.policies, self.pass_rates and self.pass_rates.policy
        if self.pass_rates and (chosen not in policies if chosen else len(policies) != 1):
            raise ValueError(
                f"pass_rates.policy is {chosen!r}, and candidates are of {', '.join(policies) or 'nobody'}: "
                "name the one of them whose rates choose problems"
            )
        return self
