"""The profile's reasoning section: problems with known answers, the policies that solve them, and how."""

from typing import Annotated

from pydantic import Field, model_validator

from assets.profile.policy import Policy
from datasets_registry.settings import Settings
from generation.engine import EngineSettings
from generation.models.folder import LAB
from methods.prm.judge import StepJudgeSettings
from methods.prm.settings import StepSettings
from methods.prm.solutions import SolutionSettings
from methods.problems.families import ProblemSettings
from methods.problems.gold import GoldSettings
from methods.rft.candidates import CandidateSettings
from methods.rft.selections import SelectionSettings
from methods.rft.verified_pairs import VerifiedPairSettings
from methods.verifiers.contract import VerifierSettings
from training.settings.process_reward_model import ProcessRewardSettings
from training.settings.reward_model import RewardSettings
from training.settings.sft import SftSettings

STARTED = ("lab_policy", "cold_start_policy")


class Started(Settings):
    """A policy that starts from gold solutions: which ones, and how it is trained on them."""

    gold: GoldSettings = GoldSettings()
    training: SftSettings = SftSettings()


class Drawn(CandidateSettings):
    """Which policies are sampled, for which problems, and when that stops.

    ``number`` training problems of ``families`` are chosen by content; None takes all. ``reward_model`` is
    a given one, such as that of an earlier round: a sequence classifier with one output.
    """

    policies: tuple[str, ...] = Field(("lab_policy",), min_length=1)
    reward_model: Policy | None = None

    @model_validator(mode="after")
    def _has_its_reward_model(self) -> "Drawn":
        if (self.reward == "reward_model") != (self.reward_model is not None):
            raise ValueError("reward = 'reward_model' and [reasoning.candidates.reward_model] go together")
        return self


class Tuned(Settings):
    """A model that is trained on what was drawn, and the model that it starts from."""

    base: str = "lab_base"
    training: SftSettings = SftSettings()


class RewardTuned(Settings):
    """The outcome reward model's base and training."""

    base: str = "lab_policy"
    training: RewardSettings = RewardSettings()


class ProcessTuned(Settings):
    """The process reward model's base and training."""

    base: str = "lab_policy"
    training: ProcessRewardSettings = ProcessRewardSettings()


class Steps(Settings):
    """Which candidates are labelled step by step, by whose rollouts, and how.

    A ``judge`` names each first error too, so that labels on which both agree can be told.
    """

    completer: str = "lab_policy"
    solutions: SolutionSettings = SolutionSettings()
    labels: StepSettings = StepSettings()
    judge: str | None = None
    judging: StepJudgeSettings = StepJudgeSettings()


class Reasoning(Settings):
    """What is built of problems with known answers; a part that is left out is not built.

    ``problems`` are made by families, or imported where none are named. Rounds before are in the
    datasets that ``earlier`` names, of rows of `candidates`, and are selected from too.
    """

    problems: ProblemSettings | None = None
    verifier: VerifierSettings = VerifierSettings(kind="maths")
    lab: Policy = Policy(model=LAB, engine=EngineSettings(batch_size=256))
    lab_policy: Started | None = None
    cold_start_policy: Started | None = None
    candidates: Drawn | None = None
    selections: SelectionSettings = SelectionSettings()
    earlier: tuple[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")], ...] = ()
    rft_policy: Tuned | None = None
    pairs: VerifiedPairSettings = VerifiedPairSettings()
    reward_model: RewardTuned | None = None
    steps: Steps | None = None
    process_reward_model: ProcessTuned | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> "Reasoning":
        for part, needed in (
            ("rft_policy", "candidates"),
            ("reward_model", "candidates"),
            ("steps", "candidates"),
            ("process_reward_model", "steps"),
        ):
            if getattr(self, part) is not None and getattr(self, needed) is None:
                raise ValueError(f"{part} needs [reasoning.{needed}]: add it, or leave {part} out")
        if self.rft_policy is not None and self.gold is None and self.selections.with_gold:
            raise ValueError("selections.with_gold needs lab_policy or cold_start_policy: set it to false")
        return self

    @property
    def started(self) -> tuple[str, ...]:
        """The policies that start from gold solutions."""
        return tuple(one for one in STARTED if getattr(self, one) is not None)

    @property
    def lab_models(self) -> tuple[str, ...]:
        """The models that stand on the lab base."""
        lab = ("lab_base", "lab_policy") if self.lab_policy else ()
        return (*lab, "rft_policy") if self.rft_policy and self.rft_policy.base in lab else lab

    def require_models(self, given: set[str]) -> None:
        """Raise ValueError where a model is named that is neither in ``given`` nor started here."""
        known = given | {*self.lab_models, *self.started} - {"rft_policy"}
        after = known | ({"rft_policy"} if self.rft_policy else set())
        samplers = self.candidates.policies if self.candidates else ()
        named = {f"candidates.policies.{place}": one for place, one in enumerate(samplers)}
        if self.steps:
            named |= {"steps.completer": self.steps.completer}
            named |= {"steps.judge": self.steps.judge} if self.steps.judge else {}
        for part in ("rft_policy", "reward_model", "process_reward_model"):
            tuned = getattr(self, part)
            named |= {f"{part}.base": tuned.base} if tuned else {}
        for place, name in named.items():
            there = known if place.startswith(("candidates", "rft_policy")) else after
            if name not in there:
                raise ValueError(f"reasoning.{place}: unknown model {name!r}: take one of {sorted(there)}")

    @property
    def gold(self) -> str | None:
        """The dataset of gold solutions that selections are joined by: that of the first sampler."""
        sampler = self.candidates.policies[0] if self.candidates else ""
        names = {"lab_policy": "lab_solutions", "cold_start_policy": "cold_start_solutions"}
        return names.get(sampler) if sampler in self.started else None
