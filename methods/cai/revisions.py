"""Constitutional AI, phase 1: draft, critique under a drawn principle, revise (Bai et al. 2022, §3)."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from rapidfuzz.distance import Levenshtein

from datasets_registry.hashing import draw
from datasets_registry.rows.cai import RevisionStep
from datasets_registry.rows.prompts import Prompt
from datasets_registry.rows.words import Kind
from generation.completer import Complete
from generation.request import Completion, Request
from methods.cai.few_shot import few_shot
from methods.cai.requests import RevisionSettings, answer_request, critique_request, revision_request
from methods.judging.constitution import Constitution, Principle
from methods.judging.conversation import failure_of

UNCHANGED_STEPS = 2


@dataclass
class _Chain:
    """A prompt on its way through the revisions."""

    kind: Kind
    prompt: Prompt
    response: str = ""
    response_key: str = ""
    steps: list[RevisionStep] = field(default_factory=list)

    @property
    def goes_on(self) -> bool:
        """Whether there is a text to revise that the last steps have not left as it is."""
        if self.steps and self.steps[-1].revision is None:
            return False
        last = self.steps[-UNCHANGED_STEPS:]
        return len(last) < UNCHANGED_STEPS or any(one.changed for one in last)


@dataclass
class _Turn:
    """One step of a chain: the principle, the calls and what came back."""

    chain: _Chain
    principle: Principle
    critique_request: Request | None = None
    critique: Completion | None = None
    request: Request | None = None
    revision: Completion | None = None


def revise(
    prompts: Sequence[tuple[Kind, Prompt]],
    constitution: Constitution,
    complete: Complete,
    model: str,
    settings: RevisionSettings,
) -> list[RevisionStep]:
    """Draft an answer to each prompt, then criticise and revise it up to ``num_revisions`` times.

    The principle of a step is drawn by the prompt and the step, so that another prompt, or another
    principle's text, changes nothing here. A failed critique or revision ends its chain with a
    row that says why, as two steps do that change nothing; a truncated revision goes on, and only
    its own text is unfit to be learned. Scores are filled in later.
    """
    chains = [_Chain(kind, one) for kind, one in prompts]
    requests = [answer_request(one, settings) for _, one in prompts]
    for chain, request, draft in zip(chains, requests, complete("drafts", requests), strict=True):
        chain.response, chain.response_key = draft.text, request.key(model)
    for step in range(1, settings.num_revisions + 1):
        drawn = [
            _Turn(one, constitution[draw(constitution.ids, settings.seed, one.prompt.prompt_id, step)])
            for one in chains
            if one.goes_on
        ]
        if settings.ablation == "none":
            _criticise(step, drawn, complete, settings)
        _rewrite(step, drawn, complete, settings)
        for turn in drawn:
            _advance(turn, step, model, settings)
    return [one for chain in chains for one in chain.steps]


def _criticise(step: int, turns: Sequence[_Turn], complete: Complete, settings: RevisionSettings) -> None:
    requests = [
        critique_request(one.chain.prompt, one.chain.response, one.principle, step, settings) for one in turns
    ]
    found = complete(f"critique {step} of {settings.num_revisions}", requests)
    for turn, request, critique in zip(turns, requests, found, strict=True):
        turn.critique_request, turn.critique = request, critique


def _rewrite(step: int, turns: Sequence[_Turn], complete: Complete, settings: RevisionSettings) -> None:
    going = [one for one in turns if one.critique is None or one.critique.text.strip()]
    for one in going:
        critique = (
            (one.critique_request, one.critique.text) if one.critique and one.critique_request else None
        )
        one.request = revision_request(
            one.chain.prompt, one.chain.response, critique, one.principle, step, settings
        )
    requests = [one.request for one in going if one.request]
    found = complete(f"revision {step} of {settings.num_revisions}", requests)
    for turn, revision in zip(going, found, strict=True):
        turn.revision = revision


def _advance(turn: _Turn, step: int, model: str, settings: RevisionSettings) -> None:
    """Record the step, and make its revision what the next one works on."""
    row = _row(turn, step, model, settings)
    turn.chain.steps.append(row)
    if row.revision is not None and row.revision_key is not None:
        turn.chain.response, turn.chain.response_key = row.revision, row.revision_key


def _row(turn: _Turn, step: int, model: str, settings: RevisionSettings) -> RevisionStep:
    prompt, draft, critique, revision = turn.chain.prompt, turn.chain.response, turn.critique, turn.revision
    text = revision.text if revision and revision.text.strip() else None
    new, old = (text or "").strip(), draft.strip()
    return RevisionStep(
        prompt_id=prompt.prompt_id,
        step=step,
        prompt=prompt.prompt,
        history=prompt.history,
        kind=turn.chain.kind,
        category=prompt.category,
        split_group=prompt.split_group,
        principle_id=turn.principle.id,
        draft=draft,
        critique=critique.text if critique and critique.text.strip() else None,
        revision=text,
        changed=None if text is None else new != old,
        edit_distance=None if text is None else Levenshtein.distance(old, new),
        few_shot_ids=[one.id for one in few_shot(settings.num_examples)],
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
