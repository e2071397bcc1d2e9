"""Constitutional AI, phase 1: draft, critique under a drawn principle, revise (Bai et al. 2022, §3)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from heapq import nsmallest
from itertools import chain
from typing import Protocol

from pydantic import TypeAdapter
from rapidfuzz.distance import Levenshtein

from datasets_registry.hashing import digest, draw
from datasets_registry.rows.cai import RevisionStep
from datasets_registry.rows.prompts import Prompt
from datasets_registry.rows.words import Kind
from generation.completer import Complete
from generation.request import Completion, Request
from generation.streaming.flow import in_order
from generation.streaming.planning import allow
from generation.streaming.tasks import Task
from methods.cai.few_shot import few_shot
from methods.cai.requests import (
    Prompted,
    RevisionPrinciple,
    RevisionSettings,
    answer_request,
    critique_request,
    revision_request,
)
from methods.cai.scores import SIGNALS, score_revisions
from methods.judging.answers import answers_of
from methods.judging.conversation import failure_of, opening_templates
from methods.judging.score import score_templates
from methods.kept import kept
from methods.method import Inputs, Method, Model, Models
from methods.prompt_sets import streamed

UNCHANGED_REVISIONS = 2
# prompts whose answers are revised at a time
WINDOW = 2_048


def make_revisions(inputs: Inputs, models: Models, settings: RevisionSettings) -> Iterator[RevisionStep]:
    """The policy's revisions of its drafts, with the judge's scores before and after each."""
    judge = models["judge"]
    made = _revisions(inputs, models["policy"], settings)
    with kept(made, TypeAdapter(RevisionStep)) as revisions, judge.completer() as complete:
        model, answers = complete.backend.fingerprint, answers_of(complete, judge.thought_marks)
        yield from score_revisions(revisions(), answers, model, settings.scores)


def _revisions(inputs: Inputs, policy: Model, settings: RevisionSettings) -> Iterator[RevisionStep]:
    with policy.completer() as complete:
        model, answers = complete.backend.fingerprint, answers_of(complete, policy.thought_marks)
        prompts = _revised_prompts(inputs, settings.num_controls)
        allow(answers, "drafts", (revising(*prompt, model, settings) for prompt in prompts))
        yield from revise(_revised_prompts(inputs, settings.num_controls), answers, model, settings)


def _revised_prompts(inputs: Inputs, num_controls: int) -> Iterator[tuple[Kind, Prompt]]:
    """All red-team training prompts, and some helpful ones as controls."""
    for prompt in streamed(inputs, "red_team", "train"):
        yield "red_team", prompt
    helpful = streamed(inputs, "helpful", "train")
    for prompt in nsmallest(num_controls, helpful, key=lambda each: digest(["control", each.prompt_id])):
        yield "helpful", prompt


class Revised(Prompted, Protocol):
    """A row whose prompt is answered, and the answer revised."""

    @property
    def category(self) -> str:
        """Harm category, or kind of task."""
        ...

    @property
    def split_group(self) -> str:
        """Group of the prompt."""
        ...


@dataclass
class _Chain:
    """A prompt on its way through the revisions."""

    kind: Kind
    prompt: Revised
    response: str
    response_key: str
    revisions: list[RevisionStep] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        """Whether there is a text to revise that the last revisions have not left as it is."""
        if self.revisions and self.revisions[-1].revision is None:
            return False
        last = self.revisions[-UNCHANGED_REVISIONS:]
        return len(last) < UNCHANGED_REVISIONS or any(revision.changed for revision in last)


@dataclass
class _Turn:
    """One revision of a chain: the principle, the calls and what came back."""

    chain: _Chain
    principle_id: str
    principle: RevisionPrinciple
    critique_request: Request | None = None
    critique: Completion | None = None
    request: Request | None = None
    revision: Completion | None = None


def revise(
    prompts: Iterable[tuple[Kind, Revised]], complete: Complete, model: str, settings: RevisionSettings
) -> Iterator[RevisionStep]:
    """The revisions of each prompt, in the order of the prompts."""
    tasks = (revising(kind, prompt, model, settings) for kind, prompt in prompts)
    return chain.from_iterable(in_order(complete, "revisions", tasks, WINDOW))


def revising(kind: Kind, prompt: Revised, model: str, settings: RevisionSettings) -> Task[list[RevisionStep]]:
    """Draft an answer to a prompt, then criticise and revise it up to ``num_revisions`` times.

    The principle of a revision is drawn by the prompt and the revision's number, so that another prompt, or
    another principle's text, changes nothing here. A failed critique or revision ends its chain with a
    row that says why, as two revisions do that change nothing; a truncated revision is revised again, and
    only its own text is unfit to be learned. Scores are filled in later.
    """
    request = answer_request(prompt, settings)
    (draft,) = yield [request]
    revised = _Chain(kind, prompt, draft.text, request.key(model))
    for number in range(1, settings.num_revisions + 1):
        if revised.is_open:
            turn = _turn(revised, number, settings)
            yield from _answered(turn, number, settings)
            _advance(turn, number, model, settings)
    return revised.revisions


def _turn(revised: _Chain, number: int, settings: RevisionSettings) -> _Turn:
    principle_id = draw(list(settings.principles), settings.seed, revised.prompt.prompt_id, number)
    return _Turn(revised, principle_id, settings.principles[principle_id])


def _answered(turn: _Turn, number: int, settings: RevisionSettings) -> Task[None]:
    """Have the response criticised, unless that is left out, and revised where a critique is given."""
    prompt, response, principle = turn.chain.prompt, turn.chain.response, turn.principle
    critique = None
    if settings.ablation == "none":
        turn.critique_request = critique_request(prompt, response, principle, number, settings)
        (turn.critique,) = yield [turn.critique_request]
        if not turn.critique.text.strip():
            return
        critique = turn.critique_request, turn.critique.text
    turn.request = revision_request(prompt, response, critique, principle, number, settings)
    (turn.revision,) = yield [turn.request]


def _advance(turn: _Turn, number: int, model: str, settings: RevisionSettings) -> None:
    """Record the revision, and make it what the next one works on."""
    row = _row(turn, number, model, settings)
    turn.chain.revisions.append(row)
    if row.revision is not None and row.revision_key is not None:
        turn.chain.response, turn.chain.response_key = row.revision, row.revision_key


def _row(turn: _Turn, number: int, model: str, settings: RevisionSettings) -> RevisionStep:
    prompt, draft, critique, revision = turn.chain.prompt, turn.chain.response, turn.critique, turn.revision
    text = revision.text if revision and revision.text.strip() else None
    new, old = (text or "").strip(), draft.strip()
    return RevisionStep(
        prompt_id=prompt.prompt_id,
        step=number,
        prompt=prompt.prompt,
        history=prompt.history,
        kind=turn.chain.kind,
        category=prompt.category,
        split_group=prompt.split_group,
        principle_id=turn.principle_id,
        draft=draft,
        critique=critique.text if critique and critique.text.strip() else None,
        revision=text,
        changed=None if text is None else new != old,
        edit_distance=None if text is None else Levenshtein.distance(old, new),
        few_shot_ids=[example.id for example in few_shot(settings.num_examples)],
        draft_harmlessness=None,
        draft_helpfulness=None,
        harmlessness=None,
        helpfulness=None,
        finish_reason=revision.finish_reason if revision else None,
        failure=_failure(critique, revision),
        draft_key=turn.chain.response_key,
        critique_key=turn.critique_request.key(model) if turn.critique_request else None,
        revision_key=turn.request.key(model) if turn.request else None,
        harmlessness_key=None,
        helpfulness_key=None,
    )


def _failure(critique: Completion | None, revision: Completion | None) -> str | None:
    if revision is None:
        assert critique is not None
        return f"critique {failure_of(critique)}"
    return failure_of(revision)


def revision_templates(settings: RevisionSettings) -> tuple[str, ...]:
    """The names of the prompt templates that are used."""
    critique = ("critique",) if settings.ablation == "none" else ()
    return (
        *critique,
        "revision",
        *score_templates(settings.scores, SIGNALS),
        *opening_templates(settings.system_prompt),
    )


REVISIONS = Method(
    run=make_revisions,
    settings=RevisionSettings,
    rows=RevisionStep,
    prompts=revision_templates,
    generates=True,
)
