"""The profile's `[oversight]`: what is debated, how verdicts label, and which policy is amplified."""

from collections.abc import Callable, Collection, Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from assets.profile.models import Name
from assets.profile.oversight.amplification import Amplification
from datasets_registry.settings import Distinct, Settings
from methods.oversight.passages import PassageSettings
from methods.oversight.preferences import PreferenceSettings
from methods.oversight.questions import QuestionSettings
from methods.oversight.settings import DebateSettings
from methods.verifiers.contract import VerifierSettings
from quality.judges.bounds import DebatedBounds


class Questions(QuestionSettings):
    """What questions are made of, and how many of each kind."""

    of: Annotated[tuple[Literal["passages", "candidates"], ...], Distinct] = Field(
        ("passages",), min_length=1, description="Datasets that give questions"
    )

    @property
    def method(self) -> QuestionSettings:
        """The settings of the method."""
        return QuestionSettings(**self.model_dump(include=set(QuestionSettings.model_fields)))


class Debates(DebateSettings):
    """The models that argue and judge, and how; ``preference_model`` chooses the best of arguments.

    ``chains_judge`` judges worked solutions; ``judge`` does where none is named.
    """

    debater: Name
    judge: Name
    chains_judge: Name | None = None
    preference_model: Name | None = None

    def method(self, verifier: VerifierSettings | None) -> DebateSettings:
        """The settings of the method, with the verifier of `[problems]`."""
        named = self.model_dump(include=set(DebateSettings.model_fields) - {"verifier", "judging"})
        settings = DebateSettings(**named, judging=self.judging)
        return settings if verifier is None else settings.model_copy(update={"verifier": verifier})

    @model_validator(mode="after")
    def _has_a_judge_of_its_own(self) -> Self:
        for role in ("judge", "chains_judge"):
            if getattr(self, role) == self.debater and not self.debater_judges:
                raise ValueError(
                    f"{role} {self.debater!r} is the debater: name a weaker model, or set "
                    "debater_judges = true"
                )
        if "verifier" in self.model_fields_set:
            raise ValueError("verifier is that of [problems]: leave it out")
        if (self.best_of > 1) != (self.preference_model is not None):
            raise ValueError(
                f"best_of is {self.best_of} and preference_model {self.preference_model!r}: give 2 or "
                "more and a model that chooses, or neither"
            )
        return self


class Oversight(Settings):
    """Questions with two opposed answers, debates, preferences, the judges' certificate; amplification.

    ``passages`` are our own, and none where they are imported. Where nothing but amplification is named,
    nothing is debated.
    """

    passages: PassageSettings | None = None
    questions: Questions = Questions()
    debates: Debates | None = None
    preferences: PreferenceSettings = PreferenceSettings()
    certificate: DebatedBounds | None = None
    amplification: Amplification | None = None

    @property
    def is_debated(self) -> bool:
        """Whether there are questions with two opposed answers."""
        return self.amplification is None or bool(self.model_fields_set - {"amplification"})

    @model_validator(mode="after")
    def _labels_what_is_judged(self) -> Self:
        if self.debates and self.preferences.protocol not in self.debates.protocols:
            raise ValueError(
                f"preferences.protocol is {self.preferences.protocol!r}, and debates.protocols are "
                f"{', '.join(self.debates.protocols)}: name one of them"
            )
        return self

    def require_amplifiable(self, *, has_problems: bool, has_rounds: bool) -> None:
        """Raise ValueError where there are no problems to amplify, or nobody answers them."""
        if self.amplification is None:
            return
        if not has_problems:
            raise ValueError("[oversight.amplification] amplifies problems: add [problems], or leave it out")
        if self.amplification.policy is None and not has_rounds:
            raise ValueError(
                "oversight.amplification.policy is missing: name the model that is amplified, or add "
                "[rounds.NAME] that learns amplified_labels"
            )

    def named_models(self) -> Iterator[tuple[str, str]]:
        """Where the section names a model, and which."""
        for role in ("debater", "judge", "chains_judge", "preference_model") if self.debates else ():
            if model := getattr(self.debates, role):
                yield f"oversight.debates.{role}", model
        if self.amplification:
            yield from self.amplification.named_models()


def require_debatable(
    section: Oversight, policies: Collection[str], is_hosted: Callable[[str], bool]
) -> None:
    """Raise ValueError where worked solutions are sampled by nobody, or cannot be judged.

    ``policies`` sample candidates; a hosted model gives no likelihoods.
    """
    if "candidates" not in section.questions.of:
        return
    if not policies:
        raise ValueError(
            "oversight.questions.of names 'candidates', and nobody samples any: add [rft.candidates] with "
            "policies, or leave 'candidates' out"
        )
    if section.debates is None:
        return
    named, judge = ("chains_judge", section.debates.chains_judge)
    if judge is None:
        named, judge = ("judge", section.debates.judge)
    if is_hosted(judge):
        raise ValueError(
            f"oversight.debates.{named} {judge!r} is hosted, and worked solutions are judged by their "
            "likelihood: name a model whose weights are here as oversight.debates.chains_judge, or leave "
            "'candidates' out of oversight.questions.of"
        )
    if judge in policies and not section.debates.debater_judges:
        raise ValueError(
            f"oversight.debates.{named} {judge!r} samples the solutions that it judges: name a weaker model, "
            "or set debater_judges = true"
        )
