"""Failures through critique and revision: harmful help is taken back, refused help is given."""

from collections.abc import Iterator, Sequence
from itertools import chain

from pydantic import Field, model_validator

from datasets_registry.rows.cai import RevisionStep
from datasets_registry.rows.rounds.failures import RedTeamFailure
from datasets_registry.rows.rounds.revisions import FailureRevision
from datasets_registry.rows.words import Kind
from generation.completer import Complete
from generation.streaming.flow import in_order
from methods.cai.requests import RevisionSettings
from methods.cai.revisions import WINDOW, revising, revision_templates
from methods.cai.scores import score_revisions
from methods.judging.answers import answers_of
from methods.method import Inputs, Method, Models


class FailureRevisionSettings(RevisionSettings):
    """The round whose failures are revised, and which principles ask for help that was refused.

    Refusals of benign prompts are revised under ``helpful`` principles alone, and harmful help under the
    others. With the model, answers and seed of red-teaming, the drafts are the answers that failed.
    """

    round: int = Field(ge=1)
    helpful: tuple[str, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _has_principles_of_both_kinds(self) -> "FailureRevisionSettings":
        unknown = [name for name in self.helpful if name not in self.principles]
        if unknown:
            raise ValueError(f"helpful names {unknown[0]!r}, which is none of the principles that revise")
        if not self.of_kind("red_team").principles:
            raise ValueError("helpful names every principle, and none is left against harm: name fewer")
        return self

    def of_kind(self, kind: Kind) -> RevisionSettings:
        """The settings with the principles under which a failure of a kind is revised."""
        principles = {
            name: principle
            for name, principle in self.principles.items()
            if (name in self.helpful) == (kind == "helpful")
        }
        return self.model_copy(update={"principles": principles})


def make_failure_revisions(
    inputs: Inputs, models: Models, settings: FailureRevisionSettings
) -> Iterator[FailureRevision]:
    """The policy's revisions of the round's failures, scored; prompts that are never fed are left out."""
    failures = [
        failure
        for failure in inputs.stream(RedTeamFailure)
        if failure.round == settings.round and failure.failed and failure.part != "never_fed"
    ]
    policy, judge = models["policy"], models["judge"]
    with policy.completer() as complete:
        answers = answers_of(complete, policy.thought_marks)
        revisions = list(revise_failures(failures, answers, complete.backend.fingerprint, settings))
    with judge.completer() as complete:
        model, answers = complete.backend.fingerprint, answers_of(complete, judge.thought_marks)
        for step in score_revisions(revisions, answers, model, settings.scores):
            yield FailureRevision.model_validate(dict(step) | {"round": settings.round})


def revise_failures(
    failures: Sequence[RedTeamFailure], complete: Complete, model: str, settings: FailureRevisionSettings
) -> Iterator[RevisionStep]:
    """The revisions of both kinds, those of harmful help first."""
    kinds: tuple[Kind, ...] = ("red_team", "helpful")
    tasks = (
        revising(kind, failure, model, settings.of_kind(kind))
        for kind in kinds
        for failure in failures
        if failure.kind == kind
    )
    return chain.from_iterable(in_order(complete, "revisions", tasks, WINDOW))


FAILURE_REVISIONS = Method(
    run=make_failure_revisions,
    settings=FailureRevisionSettings,
    rows=FailureRevision,
    prompts=revision_templates,
    generates=True,
)
