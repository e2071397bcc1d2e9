"""The requests of Constitutional AI's first phase: a draft, a critique of it, a revision."""

from collections.abc import Mapping
from typing import Literal, Protocol

from pydantic import Field, model_validator

from datasets_registry.hashing import derive_seed
from datasets_registry.settings import Seed, Settings
from generation.request import Message, Request, SamplingParams
from methods.cai.few_shot import few_shot, few_shot_turns
from methods.judging.conversation import PromptRow, opening
from methods.judging.score import ScoreSettings
from methods.templates import fill


class AnswerSettings(Settings):
    """How answers are sampled, after which system prompt."""

    system_prompt: str | None = None
    answers: SamplingParams
    seed: Seed = 0


class RevisionPrinciple(Settings):
    """What a principle asks of a critique and of a revision."""

    critique_request: str
    revision_request: str


class RevisionSettings(AnswerSettings):
    """How drafts, critiques and revisions are sampled and scored, under which principles.

    ``num_examples`` worked examples come first. ``ablation`` = ``no_critique`` asks for revisions without
    a critique, to measure what critiques are worth. ``num_controls`` helpful prompts are revised too, to see
    whether good answers are left alone. ``principles`` are named by their ids.
    """

    num_revisions: int = Field(2, ge=1, le=4)
    num_examples: int = Field(0, ge=0)
    num_controls: int = Field(0, ge=0)
    ablation: Literal["none", "no_critique"] = "none"
    critiques: SamplingParams
    principles: Mapping[str, RevisionPrinciple] = Field(min_length=1)
    scores: ScoreSettings = ScoreSettings()

    @model_validator(mode="after")
    def _has_its_examples(self) -> "RevisionSettings":
        few_shot(self.num_examples)
        return self


class Prompted(PromptRow, Protocol):
    """A row of a prompt set."""

    @property
    def prompt_id(self) -> str:
        """Hash of the prompt."""
        ...


def answer_request(row: Prompted, settings: AnswerSettings, sample: int = 0) -> Request:
    """The request for an answer; its seed depends on the row alone."""
    return Request(
        messages=opening(row, settings.system_prompt),
        params=settings.answers,
        seed=derive_seed(settings.seed, row.prompt_id),
        sample=sample,
    )


def critique_request(
    row: Prompted, response: str, principle: RevisionPrinciple, revision: int, settings: RevisionSettings
) -> Request:
    """The request that asks what is wrong with ``response``, before the revision of that number."""
    ask = fill("critique", critique_request=principle.critique_request)
    return Request(
        messages=(*_answered(row, response, settings), Message(role="user", content=ask)),
        params=settings.critiques,
        seed=derive_seed(settings.seed, row.prompt_id, "critique", revision),
    )


def revision_request(
    row: Prompted,
    response: str,
    critique: tuple[Request, str] | None,
    principle: RevisionPrinciple,
    revision: int,
    settings: RevisionSettings,
) -> Request:
    """The request for a better response, after the critique if there is one."""
    ask = Message(role="user", content=fill("revision", revision_request=principle.revision_request))
    if critique is None:
        messages = (*_answered(row, response, settings), ask)
        seed = derive_seed(settings.seed, row.prompt_id, "revision without critique", revision)
    else:
        request, text = critique
        messages = (*request.messages, Message(role="assistant", content=text), ask)
        seed = derive_seed(request.seed, "revision", revision)
    return Request(messages=messages, params=settings.answers, seed=seed)


def _answered(row: Prompted, response: str, settings: RevisionSettings) -> tuple[Message, ...]:
    """The conversation up to the response, worked examples before it and after the system's turn."""
    conversation = opening(row, settings.system_prompt)
    system = conversation[:1] if settings.system_prompt else ()
    answer = Message(role="assistant", content=response)
    examples = few_shot_turns(settings.num_examples, settings.ablation == "none")
    return (*system, *examples, *conversation[len(system) :], answer)
