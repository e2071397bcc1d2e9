"""Scores of each revision: a judge's harmlessness and helpfulness before and after."""

from collections.abc import Mapping, Sequence

from datasets_registry.rows.cai import RevisionStep
from datasets_registry.rows.words import Signal
from generation.completer import Complete
from generation.request import Message
from methods.judging.conversation import conversation_of
from methods.judging.score import Score, Scored, ScoreSettings, score_completions

SIGNALS: tuple[Signal, ...] = ("harmlessness", "helpfulness")
# prompt id, text and signal
_Call = tuple[str, str, Signal]


def score_revisions(
    revisions: Sequence[RevisionStep], complete: Complete, model: str, settings: ScoreSettings
) -> list[RevisionStep]:
    """``revisions`` with the scores of drafts and revised texts; a text that occurs twice is scored once."""
    calls: dict[_Call, tuple[Message, ...]] = {
        (revision.prompt_id, text, signal): conversation_of(revision)
        for revision in revisions
        for text in (revision.draft, revision.revision)
        for signal in SIGNALS
        if text and text.strip()
    }
    scored = [Scored(messages, text, signal) for (_, text, signal), messages in calls.items()]
    results = score_completions("scores of revisions", scored, complete, model, settings)
    scores = dict(zip(calls, results, strict=True))
    return [_with_scores(revision, scores) for revision in revisions]


def _with_scores(revision: RevisionStep, scores: Mapping[_Call, Score]) -> RevisionStep:
    columns: dict[str, float | str | None] = {}
    for signal in SIGNALS:
        before = scores.get((revision.prompt_id, revision.draft, signal))
        after = scores.get((revision.prompt_id, revision.revision or "", signal))
        columns |= {
            f"draft_{signal}": before.score if before else None,
            signal: after.score if after else None,
            f"{signal}_key": after.score_key if after else None,
        }
    return revision.model_copy(update=columns)
