"""Scores of each revision: a judge's harmlessness and helpfulness before and after."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, groupby
from operator import attrgetter

from datasets_registry.rows.cai import RevisionStep
from datasets_registry.rows.words import Signal
from generation.completer import Complete
from generation.streaming.flow import in_order
from generation.streaming.tasks import Task
from methods.judging.conversation import conversation_of
from methods.judging.score import Score, Scored, ScoreSettings, scoring

SIGNALS: tuple[Signal, ...] = ("harmlessness", "helpfulness")
# prompts whose revisions are scored at a time
WINDOW = 1_024


def score_revisions(
    revisions: Iterable[RevisionStep], complete: Complete, model: str, settings: ScoreSettings
) -> Iterator[RevisionStep]:
    """``revisions`` with the scores of drafts and revised texts; those of a prompt stand together.

    A text of a prompt that occurs twice is scored once.
    """
    by_prompt = groupby(revisions, key=attrgetter("prompt_id"))
    tasks = (_scored(list(steps), model, settings) for _, steps in by_prompt)
    return chain.from_iterable(in_order(complete, "scores of revisions", tasks, WINDOW))


def _scored(steps: Sequence[RevisionStep], model: str, settings: ScoreSettings) -> Task[list[RevisionStep]]:
    calls = {
        (text, signal): Scored(conversation_of(step), text, signal)
        for step in steps
        for text in (step.draft, step.revision)
        for signal in SIGNALS
        if text and text.strip()
    }
    found = yield from scoring(calls.values(), model, settings)
    scores = dict(zip(calls, found, strict=True))
    return [_with_scores(step, scores) for step in steps]


def _with_scores(revision: RevisionStep, scores: Mapping[tuple[str, Signal], Score]) -> RevisionStep:
    columns: dict[str, float | str | None] = {}
    for signal in SIGNALS:
        before = scores.get((revision.draft, signal))
        after = scores.get((revision.revision or "", signal))
        columns |= {
            f"draft_{signal}": before.score if before else None,
            signal: after.score if after else None,
            f"{signal}_key": after.score_key if after else None,
        }
    return revision.model_copy(update=columns)
