"""Direct scores of a policy's completions, one row per completion and signal."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import NamedTuple

from datasets_registry.rows.judges import CompletionScore
from datasets_registry.rows.rlaif import CompletionPair
from datasets_registry.rows.words import Kind, Signal
from generation.completer import Complete
from generation.streaming.flow import in_order
from generation.streaming.planning import allow
from generation.streaming.tasks import Task
from methods.judging.answers import answers_of
from methods.judging.asking import WINDOW
from methods.judging.conversation import conversation_of
from methods.judging.score import Scored, ScoreSettings, score_templates, scoring
from methods.method import Inputs, Method, Models

# pairs whose completions are told from earlier ones at a time
LOOKED_AT = 1_024


class CompletionScoreSettings(ScoreSettings):
    """How completions are scored, for which signals of each kind of prompt."""

    signals: Mapping[Kind, tuple[Signal, ...]]


def make_scores(
    inputs: Inputs, models: Models, settings: CompletionScoreSettings
) -> Iterator[CompletionScore]:
    """The judge's scores of every completion of a usable pair."""
    judge = models["judge"]
    with judge.completer() as complete:
        model, answers = complete.backend.fingerprint, answers_of(complete, judge.thought_marks)
        allow(answers, "scores", _scored(inputs.stream(CompletionPair), judge.name, model, settings))
        yield from score_pairs(inputs.stream(CompletionPair), judge.name, answers, model, settings)


def score_pairs(
    pairs: Iterable[CompletionPair],
    judge: str,
    complete: Complete,
    model: str,
    settings: CompletionScoreSettings,
) -> Iterator[CompletionScore]:
    """The scores of every completion of a usable pair; one that occurs in several pairs is scored once."""
    return in_order(complete, "scores", _scored(pairs, judge, model, settings), WINDOW)


class _Side(NamedTuple):
    """One completion, by its key, of a pair."""

    key: str
    pair: CompletionPair
    text: str


def _scored(
    pairs: Iterable[CompletionPair], judge: str, model: str, settings: CompletionScoreSettings
) -> Iterator[Task[CompletionScore]]:
    for side in _distinct(pair for pair in pairs if pair.failure is None):
        for signal in settings.signals.get(side.pair.kind, ()):
            yield _score(side, signal, judge, model, settings)


def _distinct(pairs: Iterator[CompletionPair]) -> Iterator[_Side]:
    """Each completion once, of the first pair that it occurs in."""
    # profiles read this module, and numpy takes long to import
    from generation.ledger.seen import Seen

    seen = Seen()
    while some := list(islice(pairs, LOOKED_AT)):
        sides = [side for pair in some for side in _sides(pair)]
        yield from (sides[place] for place in seen.new([side.key for side in sides]))


def _sides(pair: CompletionPair) -> tuple[_Side, _Side]:
    return _Side(pair.key_a, pair, pair.completion_a), _Side(pair.key_b, pair, pair.completion_b)


def _score(
    side: _Side, signal: Signal, judge: str, model: str, settings: CompletionScoreSettings
) -> Task[CompletionScore]:
    pair = side.pair
    (score,) = yield from scoring([Scored(conversation_of(pair), side.text, signal)], model, settings)
    return CompletionScore(
        completion_key=side.key,
        prompt_id=pair.prompt_id,
        prompt=pair.prompt,
        kind=pair.kind,
        completion=side.text,
        signal=signal,
        judge=judge,
        probabilities=list(score.probabilities),
        outside_probability=score.outside_probability,
        score=score.score,
        reward=score.reward,
        failure=score.failure,
        score_key=score.score_key,
        ten_key=score.ten_key,
        sample_keys=list(score.sample_keys),
        asked=settings.way,
    )


def _templates(settings: CompletionScoreSettings) -> tuple[str, ...]:
    return score_templates(settings, {signal for signals in settings.signals.values() for signal in signals})


AI_SCORES = Method(
    run=make_scores,
    settings=CompletionScoreSettings,
    rows=CompletionScore,
    prompts=_templates,
    generates=True,
)
