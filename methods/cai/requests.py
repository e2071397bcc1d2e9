"""The requests of Constitutional AI's first phase: a draft, a critique of it, a revision."""

from typing import Literal, Protocol

from pydantic import Field

from datasets_registry.hashing import derive_seed
from datasets_registry.settings import Settings
from generation.request import Message, Request, SamplingParams
from methods.cai.few_shot import few_shot_turns
from methods.judging.constitution import Principle
from methods.judging.conversation import Asked, opening
from methods.templates import fill


class RevisionSettings(Settings):
    """How drafts, critiques and revisions are sampled.

    ``num_examples`` worked examples come first. ``ablation`` = ``no_critique`` asks for revisions without
    a critique, to measure what critiques are worth; it is part of the version, so that lineage tells.
    """

    num_revisions: int = Field(2, ge=1, le=4)
    num_examples: int = Field(0, ge=0)
    ablation: Literal["none", "no_critique"] = "none"
    system_prompt: str | None = None
    answers: SamplingParams
    critiques: SamplingParams
    seed: int = 0


class Prompted(Asked, Protocol):
    """A row of a prompt set."""

    @property
    def prompt_id(self) -> str:
        """Hash of the prompt."""
        ...


def answer_request(row: Prompted, settings: RevisionSettings, sample: int = 0) -> Request:
    """The request for an answer; its seed depends on the row alone."""
    return Request(
        messages=opening(row, settings.system_prompt),
        params=settings.answers,
        seed=derive_seed(settings.seed, row.prompt_id),
        sample=sample,
    )


def critique_request(
    row: Prompted, response: str, principle: Principle, step: int, settings: RevisionSettings
) -> Request:
    """The request that asks what is wrong with ``response``."""
    ask = fill("critique", critique_request=principle.critique_request)
    return Request(
        messages=(*_answered(row, response, settings), Message(role="user", content=ask)),
        params=settings.critiques,
        seed=derive_seed(settings.seed, row.prompt_id, "critique", step),
    )


def revision_request(
    row: Prompted,
    response: str,
    critique: tuple[Request, str] | None,
    principle: Principle,
    step: int,
    settings: RevisionSettings,
) -> Request:
    """The request for a better response, after the critique if there is one."""
    ask = Message(role="user", content=fill("revision", revision_request=principle.revision_request))
    if critique is None:
        messages = (*_answered(row, response, settings), ask)
        seed = derive_seed(settings.seed, row.prompt_id, "revision without critique", step)
    else:
        asked, text = critique
        messages = (*asked.messages, Message(role="assistant", content=text), ask)
        seed = derive_seed(asked.seed, "revision", step)
    return Request(messages=messages, params=settings.answers, seed=seed)


def _answered(row: Prompted, response: str, settings: RevisionSettings) -> tuple[Message, ...]:
    """The conversation up to the response, worked examples before it and after the system's turn."""
    asked = opening(row, settings.system_prompt)
    system = asked[:1] if settings.system_prompt else ()
    said = Message(role="assistant", content=response)
    examples = few_shot_turns(settings.num_examples, settings.ablation == "none")
    return (*system, *examples, *asked[len(system) :], said)
