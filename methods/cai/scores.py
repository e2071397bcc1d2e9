"""Scores of each revision step: a judge's harmlessness and helpfulness before and after."""

from collections.abc import Sequence

from datasets_registry.rows.cai import RevisionStep
from datasets_registry.rows.words import Signal
from generation.completer import Complete
from generation.request import Message
from methods.judging.conversation import asked_of
from methods.judging.score import Score, Scored, ScoreSettings, score_completions

SIGNALS: tuple[Signal, ...] = ("harmlessness", "helpfulness")
_Place = tuple[str, str, Signal]


def score_steps(
    steps: Sequence[RevisionStep], complete: Complete, model: str, settings: ScoreSettings
) -> list[RevisionStep]:
    """``steps`` with the scores of drafts and revisions; a text that stands in two steps is scored once."""
    asked: dict[_Place, tuple[Message, ...]] = {
        (step.prompt_id, text, signal): asked_of(step)
        for step in steps
        for text in (step.draft, step.revision)
        for signal in SIGNALS
        if text and text.strip()
    }
    scored = [Scored(messages, text, signal) for (_, text, signal), messages in asked.items()]
    found = dict(
        zip(asked, score_completions("scores of steps", scored, complete, model, settings), strict=True)
    )
    return [_with_scores(one, found) for one in steps]


def _with_scores(step: RevisionStep, found: dict[_Place, Score]) -> RevisionStep:
    told: dict[str, object] = {}
    for signal in SIGNALS:
        draft = found.get((step.prompt_id, step.draft, signal))
        revision = found.get((step.prompt_id, step.revision or "", signal))
        told |= {
            f"draft_{signal}": draft.score if draft else None,
            signal: revision.score if revision else None,
            f"{signal}_key": revision.score_key if revision else None,
        }
    return step.model_copy(update=told)
