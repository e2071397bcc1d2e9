"""Constitutional AI, phase 1: draft, critique under a drawn principle, revise (Bai et al. 2022, §3)."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict, Field

from datasets_registry.hashing import derive_seed, draw
from datasets_registry.schemas import HelpfulAnswer, HelpfulPrompt, RedTeamPrompt, RevisionStep
from generation.completer import Complete
from generation.request import Completion, Message, Request, SamplingParams
from methods.constitution import Constitution, Principle
from methods.conversation import failure_of, opening
from methods.templates import fill


class RevisionSettings(BaseModel):
    """How drafts, critiques and revisions are sampled."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    num_revisions: int = Field(2, ge=1, le=4)
    system_prompt: str | None = None
    answers: SamplingParams
    critiques: SamplingParams
    seed: int = 0


@dataclass
class _Chain:
    """A prompt on its way through the revisions."""

    prompt: RedTeamPrompt
    response: str = ""
    response_key: str = ""
    steps: list[RevisionStep] = field(default_factory=list)


def answer_request(prompt_id: str, prompt: str, settings: RevisionSettings, sample: int = 0) -> Request:
    """The request for an answer to ``prompt``; its seed depends on the row alone."""
    return Request(
        messages=opening(prompt, settings.system_prompt),
        params=settings.answers,
        seed=derive_seed(settings.seed, prompt_id),
        sample=sample,
    )


def answer_helpful(
    prompts: Sequence[HelpfulPrompt], complete: Complete, model: str, settings: RevisionSettings
) -> list[HelpfulAnswer]:
    """One answer per prompt, with a reason where it must not be learned."""
    requests = [answer_request(one.prompt_id, one.prompt, settings) for one in prompts]
    return [
        HelpfulAnswer(
            prompt_id=one.prompt_id, prompt=one.prompt, category=one.category,
            split_group=one.split_group, completion=answer.text,
            finish_reason=answer.finish_reason, failure=failure_of(answer),
            completion_key=request.key(model),
        )
        for one, request, answer in zip(
            prompts, requests, complete("answers", requests), strict=True
        )
    ]  # fmt: skip


def revise(
    prompts: Sequence[RedTeamPrompt], constitution: Constitution, complete: Complete, model: str,
    settings: RevisionSettings,
) -> list[RevisionStep]:  # fmt: skip
    """Draft an answer to each prompt, then criticise and revise it ``num_revisions`` times.

    The principle of a step is drawn by the prompt and the step, so that another prompt, or another
    principle's text, changes nothing here. A failed critique or revision ends its chain with a
    row that says why; a truncated one goes on, and only its own text is unfit to be learned.
    """
    chains = [_Chain(one) for one in prompts]
    requests = [answer_request(one.prompt_id, one.prompt, settings) for one in prompts]
    for chain, request, draft in zip(chains, requests, complete("drafts", requests), strict=True):
        chain.response, chain.response_key = draft.text, request.key(model)
    for step in range(1, settings.num_revisions + 1):
        going = [one for one in chains if not one.steps or one.steps[-1].revision]
        _revise_once(step, going, constitution, complete, model, settings)
    return [one for chain in chains for one in chain.steps]


def _revise_once(
    step: int, chains: Sequence[_Chain], constitution: Constitution, complete: Complete, model: str,
    settings: RevisionSettings,
) -> None:  # fmt: skip
    of = f"{step} of {settings.num_revisions}"
    principles = [
        constitution[draw(constitution.ids, settings.seed, chain.prompt.prompt_id, step)] for chain in chains
    ]
    asked = [
        _critique_request(chain, principle, step, settings)
        for chain, principle in zip(chains, principles, strict=True)
    ]
    critiques = complete(f"critique {of}", asked)
    rewrites = [
        _revision_request(request, critique, principle, step, settings)
        for request, critique, principle in zip(asked, critiques, principles, strict=True)
    ]
    usable = [bool(one.text.strip()) for one in critiques]
    revisions = iter(
        complete(f"revision {of}", [one for one, use in zip(rewrites, usable, strict=True) if use])
    )
    rows = zip(chains, principles, asked, critiques, rewrites, usable, strict=True)
    for chain, principle, request, critique, rewrite, use in rows:
        revision = next(revisions) if use else None
        row = _row(chain, step, principle, critique, revision)
        keys = {
            "critique_key": request.key(model),
            "revision_key": rewrite.key(model) if use else None,
        }
        chain.steps.append(row.model_copy(update=keys))
        if row.revision is not None and use:
            chain.response, chain.response_key = row.revision, rewrite.key(model)


def _critique_request(chain: _Chain, principle: Principle, step: int, settings: RevisionSettings) -> Request:
    ask = fill("critique", critique_request=principle.critique_request)
    turns = (
        Message(role="assistant", content=chain.response),
        Message(role="user", content=ask),
    )
    return Request(
        messages=opening(chain.prompt.prompt, settings.system_prompt) + turns,
        params=settings.critiques,
        seed=derive_seed(settings.seed, chain.prompt.prompt_id, "critique", step),
    )


def _revision_request(
    asked: Request,
    critique: Completion,
    principle: Principle,
    step: int,
    settings: RevisionSettings,
) -> Request:
    ask = fill("revision", revision_request=principle.revision_request)
    turns = (
        Message(role="assistant", content=critique.text),
        Message(role="user", content=ask),
    )
    return Request(
        messages=asked.messages + turns,
        params=settings.answers,
        seed=derive_seed(asked.seed, "revision", step),
    )


def _row(
    chain: _Chain,
    step: int,
    principle: Principle,
    critique: Completion,
    revision: Completion | None,
) -> RevisionStep:
    failure = failure_of(revision) if revision else f"critique {failure_of(critique)}"
    text = revision.text if revision and revision.text.strip() else None
    return RevisionStep(
        prompt_id=chain.prompt.prompt_id, step=step, prompt=chain.prompt.prompt,
        category=chain.prompt.category, split_group=chain.prompt.split_group,
        principle_id=principle.id, draft=chain.response,
        critique=critique.text if critique.text.strip() else None,
        revision=text, changed=None if text is None else text.strip() != chain.response.strip(),
        finish_reason=revision.finish_reason if revision else None,
        failure=failure, draft_key=chain.response_key, critique_key=None, revision_key=None,
    )  # fmt: skip
