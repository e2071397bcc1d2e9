"""Constitutional AI, phase 1: draft, critique under a drawn principle, revise (Bai et al. 2022, §3)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from heapq import nsmallest
from typing import Protocol

from rapidfuzz.distance import Levenshtein

from datasets_registry.hashing import digest, draw
from datasets_registry.rows.cai import RevisionStep
from datasets_registry.rows.prompts import Prompt
from datasets_registry.rows.words import Kind
from generation.completer import Complete
from generation.request import Completion, Request
from generation.streaming.windows import windows
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
from methods.method import Inputs, Method, Models
from methods.prompt_sets import helpful_prompts, red_team_prompts

UNCHANGED_REVISIONS = 2
# prompts that are revised, and revisions that are scored, at a time
WINDOW = 2_048


def make_revisions(inputs: Inputs, models: Models, settings: RevisionSettings) -> list[RevisionStep]:
    """The policy's revisions of its drafts, with the judge's scores before and after each."""
    policy = models["policy"]
    with policy.completer() as complete:
        prompts = _revised_prompts(inputs, settings.num_controls)
        answers = answers_of(complete, policy.thought_marks)
        model = complete.backend.fingerprint
        revisions = [
            step
            for window in windows(prompts, complete, WINDOW)
            for step in revise(window, answers, model, settings)
        ]
    judge = models["judge"]
    with judge.completer() as complete:
        model, answers = complete.backend.fingerprint, answers_of(complete, judge.thought_marks)
        return [
            step
            for window in windows(revisions, complete, WINDOW)
            for step in score_revisions(window, answers, model, settings.scores)
        ]


def _revised_prompts(inputs: Inputs, num_controls: int) -> list[tuple[Kind, Prompt]]:
    """All red-team training prompts, and some helpful ones as controls."""
    prompts: list[tuple[Kind, Prompt]] = [
        ("red_team", prompt) for prompt in red_team_prompts(inputs, "train")
    ]
    helpful = helpful_prompts(inputs, "train")
    controls = nsmallest(num_controls, helpful, key=lambda prompt: digest(["control", prompt.prompt_id]))
    return prompts + [("helpful", prompt) for prompt in controls]


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
    response: str = ""
    response_key: str = ""
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
    prompts: Sequence[tuple[Kind, Revised]], complete: Complete, model: str, settings: RevisionSettings
) -> list[RevisionStep]:
    """Draft an answer to each prompt, then criticise and revise it up to ``num_revisions`` times.

    The principle of a revision is drawn by the prompt and the revision's number, so that another prompt, or
    another principle's text, changes nothing here. A failed critique or revision ends its chain with a
    row that says why, as two revisions do that change nothing; a truncated revision is revised again, and
    only its own text is unfit to be learned. Scores are filled in later.
    """
    chains = [_Chain(kind, prompt) for kind, prompt in prompts]
    requests = [answer_request(prompt, settings) for _, prompt in prompts]
    for chain, request, draft in zip(chains, requests, complete("drafts", requests), strict=True):
        chain.response, chain.response_key = draft.text, request.key(model)
    for number in range(1, settings.num_revisions + 1):
        turns = [_turn(chain, number, settings) for chain in chains if chain.is_open]
        if settings.ablation == "none":
            _criticise(number, turns, complete, settings)
        _rewrite(number, turns, complete, settings)
        for turn in turns:
            _advance(turn, number, model, settings)
    return [revision for chain in chains for revision in chain.revisions]


def _turn(chain: _Chain, number: int, settings: RevisionSettings) -> _Turn:
    principle_id = draw(list(settings.principles), settings.seed, chain.prompt.prompt_id, number)
    return _Turn(chain, principle_id, settings.principles[principle_id])


def _criticise(number: int, turns: Sequence[_Turn], complete: Complete, settings: RevisionSettings) -> None:
    requests = [
        critique_request(turn.chain.prompt, turn.chain.response, turn.principle, number, settings)
        for turn in turns
    ]
    critiques = complete(f"critique {number} of {settings.num_revisions}", requests)
    for turn, request, critique in zip(turns, requests, critiques, strict=True):
        turn.critique_request, turn.critique = request, critique


def _rewrite(number: int, turns: Sequence[_Turn], complete: Complete, settings: RevisionSettings) -> None:
    ready = [turn for turn in turns if turn.critique is None or turn.critique.text.strip()]
    for turn in ready:
        critique = (
            (turn.critique_request, turn.critique.text) if turn.critique and turn.critique_request else None
        )
        turn.request = revision_request(
            turn.chain.prompt, turn.chain.response, critique, turn.principle, number, settings
        )
    requests = [turn.request for turn in ready if turn.request]
    revisions = complete(f"revision {number} of {settings.num_revisions}", requests)
    for turn, revision in zip(ready, revisions, strict=True):
        turn.revision = revision


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
