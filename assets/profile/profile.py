"""The profile: one TOML file that says what is built, chosen by ``TRIMTAB_PROFILE``."""

import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import Field, ValidationError, model_validator

from assets.profile.launch import LaunchSection, Tracking
from assets.profile.models import TrainedModel
from assets.profile.policy import Policy
from assets.profile.reasoning import Reasoning
from assets.profile.rebuild import Rebuild
from datasets_registry.errors import BadInput
from datasets_registry.rows.words import Signal
from datasets_registry.settings import Settings
from datasets_registry.state import REPOSITORY
from generation.request import SamplingParams
from generation.spending import Budget
from methods.cai.requests import AnswerSettings, RevisionPrinciple, RevisionSettings
from methods.cai.sft_mix import MixSettings
from methods.evaluation.held_out import EvaluationSettings
from methods.judging.constitution import Constitution, Principle
from methods.judging.score import ScoreSettings
from methods.problems.prompt_files import PromptSettings
from methods.rlaif.judgements import JudgedPrinciple, JudgementSettings, JudgeSettings, JudgingSettings
from methods.rlaif.labels import LabelSettings
from methods.rlaif.pairs import PairSelection, PairSettings
from methods.rlaif.people import AgreementSelection, AgreementSettings
from quality.judges.certificate import CertificateBounds
from training.settings.dpo import DpoSettings
from training.settings.sft import SftSettings

FOLDER = REPOSITORY / "profiles"
S = TypeVar("S", bound=Settings)


class PromptFile(PromptSettings):
    """A prompt file and how much of it is taken."""

    file: str


class Answers(SamplingParams):
    """How policies are asked and sampled."""

    system_prompt: str | None = None
    seed: int = 0

    @property
    def sampling(self) -> SamplingParams:
        """The sampling parameters alone."""
        return SamplingParams(**self.model_dump(include=set(SamplingParams.model_fields)))


class Revisions(Settings):
    """How often answers are revised, after how many worked examples, and how long a critique may be.

    ``num_controls`` helpful prompts are revised too, to see whether good answers are left alone.
    """

    num_revisions: int = Field(2, ge=1, le=4)
    num_examples: int = Field(0, ge=0)
    num_controls: int = Field(0, ge=0)
    ablation: Literal["none", "no_critique"] = "none"
    critique_max_tokens: int = Field(256, ge=1)


class Scores(ScoreSettings):
    """The model that scores completions and revision steps from 1 to 10."""

    judge: str = "base_policy"

    @property
    def scoring(self) -> ScoreSettings:
        """How it is asked."""
        return ScoreSettings(**self.model_dump(include=set(ScoreSettings.model_fields)))


class SftMix(MixSettings):
    """The SFT set's shares, and the imported demonstrations that are its capability examples."""

    capability: str | None = None

    @model_validator(mode="after")
    def _names_what_it_shares(self) -> "SftMix":
        if (self.capability is None) != (self.capability_share == 0):
            raise ValueError("capability and capability_share go together: name a dataset and its share")
        return self

    @property
    def mix(self) -> MixSettings:
        """The shares alone."""
        return MixSettings(**self.model_dump(include=set(MixSettings.model_fields)))


class HumanAgreementSection(AgreementSelection):
    """Which imported comparisons are judged, and what people were asked about."""

    dataset: str = "human_preferences"
    signal: Signal = "harmlessness"


class Evaluation(Settings):
    """The principle that compares answers to each kind of held-out prompt."""

    red_team: str
    helpful: str


class Profile(Settings):
    """Everything that decides what is built."""

    description: str
    min_free_gb: float = Field(1, ge=0)
    constitution: str
    policy: Policy
    red_team_prompts: PromptFile
    helpful_prompts: PromptFile
    answers: Answers
    revisions: Revisions
    pairs: PairSelection = PairSelection()
    judge: JudgeSettings
    judge_models: Mapping[str, Policy] = Field(default={})
    labels: LabelSettings = LabelSettings()
    scores: Scores = Scores()
    certificate: CertificateBounds = CertificateBounds()
    human_agreement: HumanAgreementSection | None = None
    sft_mix: SftMix = SftMix()
    sft: SftSettings
    dpo: DpoSettings
    evaluation: Evaluation
    reasoning: Reasoning | None = None
    budget: Budget = Budget()
    models: Mapping[str, TrainedModel] = Field(default={})
    tracking: Tracking = Tracking()
    launch: LaunchSection = LaunchSection()
    rebuild: Rebuild = Rebuild()

    @model_validator(mode="after")
    def _fits_together(self) -> "Profile":
        given = {"base_policy", *self.judge_models}
        for name in self.judge_models:
            if not re.fullmatch(r"judge_[a-z0-9_]+", name):
                raise ValueError(f"judge_models: call {name!r} judge_ and a name in lower case")
        for name in self.judge.judges:
            if name not in given | {"sft_policy"}:
                raise ValueError(f"judge.judges: unknown model {name!r}: name it under [judge_models.{name}]")
        if self.scores.judge not in given:
            raise ValueError(f"scores.judge: {self.scores.judge!r} is not one of {sorted(given)}")
        for kind, weights in self.labels.weights.items():
            unjudged = sorted(set(weights) - set(self.judge.signals.get(kind, ())))
            if unjudged:
                raise ValueError(
                    f"labels.weights.{kind} weighs {unjudged[0]}, which [judge.signals] leaves out"
                )
        if self.reasoning:
            self.reasoning.require_models({*given, "sft_policy", "dpo_policy"})
        return self

    def policy_of(self, model: str) -> Policy:
        """How the model asset ``model`` runs: trained policies run as the base policy does.

        Those that stand on the lab base run in this process, on any machine.
        """
        if self.reasoning and model in self.reasoning.lab_models:
            return self.reasoning.lab
        return self.judge_models.get(model, self.policy)

    @property
    def constitution_path(self) -> Path:
        """The constitution's file; relative paths start at the repository."""
        return REPOSITORY / self.constitution

    @property
    def answer_settings(self) -> AnswerSettings:
        """How policies are asked and sampled."""
        answers = self.answers
        return AnswerSettings(
            system_prompt=answers.system_prompt, answers=answers.sampling, seed=answers.seed
        )

    def revision_settings(self, constitution: Constitution) -> RevisionSettings:
        """How drafts, critiques and revisions are sampled and scored."""
        revisions = self.revisions.model_dump(exclude={"critique_max_tokens"})
        critiques = {"max_tokens": self.revisions.critique_max_tokens}
        return RevisionSettings(
            **dict(self.answer_settings),
            **revisions,
            critiques=self.answers.sampling.model_copy(update=critiques),
            principles=_records(RevisionPrinciple, constitution.principles),
            scores=self.scores.scoring,
        )

    @property
    def pair_settings(self) -> PairSettings:
        """How completions are sampled, scored and paired."""
        scored = self.pairs.selection == "best_worst"
        return PairSettings(
            **dict(self.pairs),
            **dict(self.answer_settings),
            scores=self.scores.scoring if scored else None,
            weights=self.labels.weights if scored else None,
        )

    def judgement_settings(self, constitution: Constitution) -> JudgementSettings:
        """How pairs are judged; raises BadInput where a judged signal has no principle."""
        principles = [
            principle
            for kind, signals in self.judge.signals.items()
            for signal in signals
            for principle in constitution.of_signal(signal, f"[judge.signals] of {kind} prompts")
        ]
        judging = self.judge.model_dump(include=set(JudgingSettings.model_fields))
        return JudgementSettings(**judging, principles=_records(JudgedPrinciple, principles))

    def agreement_settings(
        self, section: HumanAgreementSection, constitution: Constitution
    ) -> AgreementSettings:
        """How people's comparisons are judged; raises BadInput where the signal has no principle."""
        principles = constitution.of_signal(section.signal, "[human_agreement]")
        return AgreementSettings(
            num_pairs=section.num_pairs,
            seed=section.seed,
            comparison=self.judge.comparison,
            questions={principle.id: principle.preference_question for principle in principles},
        )

    def evaluation_settings(self, constitution: Constitution) -> EvaluationSettings:
        """How held-out prompts are answered and compared."""
        return EvaluationSettings(
            **dict(self.answer_settings),
            questions={
                "red_team": constitution[self.evaluation.red_team].preference_question,
                "helpful": constitution[self.evaluation.helpful].preference_question,
            },
            comparison=self.judge.comparison,
        )


def _records(record: type[S], principles: Iterable[Principle]) -> dict[str, S]:
    """What a method uses of each principle, by its id, and nothing else of it."""
    return {it.id: record.model_validate(it, from_attributes=True) for it in principles}


def load_profile(name: str | None = None) -> Profile:
    """The profile ``name``, ``TRIMTAB_PROFILE`` or ``laptop``; raises BadInput saying what is wrong."""
    name = name or os.environ.get("TRIMTAB_PROFILE") or "laptop"
    known = sorted(path.stem for path in FOLDER.glob("*.toml"))
    path = Path(name) if name.endswith(".toml") else FOLDER / f"{name}.toml"
    if not path.is_file():
        raise BadInput(f"unknown profile {name!r}: there are {', '.join(known)}, or give a .toml file")
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"profile {path} is not valid TOML: {error}") from error
    return _validated(path, content)


def _validated(path: Path, content: dict[str, Any]) -> Profile:
    try:
        return Profile.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            raise BadInput(f"profile {path}: unknown key {place!r}: remove it") from error
        raise BadInput(f"profile {path}: {place}: {first['msg']}") from error
