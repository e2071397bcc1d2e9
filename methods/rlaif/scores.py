"""Direct scores of a policy's completions, one row per completion and signal."""

from collections.abc import Mapping, Sequence

from datasets_registry.rows.judges import CompletionScore
from datasets_registry.rows.rlaif import CompletionPair
from datasets_registry.rows.words import Kind, Signal
from generation.completer import Complete
from methods.judging.answers import answers_of
from methods.judging.conversation import conversation_of
from methods.judging.score import Scored, ScoreSettings, score_completions, score_templates
from methods.method import Inputs, Method, Models


class CompletionScoreSettings(ScoreSettings):
    """How completions are scored, for which signals of each kind of prompt."""

    signals: Mapping[Kind, tuple[Signal, ...]]


def make_scores(inputs: Inputs, models: Models, settings: CompletionScoreSettings) -> list[CompletionScore]:
    """The judge's scores of every completion of a usable pair."""
    pairs, judge = inputs.rows(CompletionPair), models["judge"]
    with judge.completer() as complete:
        model, answers = complete.backend.fingerprint, answers_of(complete, judge.thought_marks)
        return score_pairs(pairs, judge.name, answers, model, settings)


def score_pairs(
    pairs: Sequence[CompletionPair],
    judge: str,
    complete: Complete,
    model: str,
    settings: CompletionScoreSettings,
) -> list[CompletionScore]:
    """The scores of every completion of a usable pair; one that occurs in several pairs is scored once."""
    usable = [pair for pair in pairs if pair.failure is None]
    completions = {pair.key_a: (pair, pair.completion_a) for pair in usable}
    completions |= {pair.key_b: (pair, pair.completion_b) for pair in usable}
    calls = [
        (key, pair, text, signal)
        for key, (pair, text) in completions.items()
        for signal in settings.signals.get(pair.kind, ())
    ]
    scored = [Scored(conversation_of(pair), text, signal) for _, pair, text, signal in calls]
    scores = score_completions("scores", scored, complete, model, settings)
    return [
        CompletionScore(
            completion_key=key,
            prompt_id=pair.prompt_id,
            prompt=pair.prompt,
            kind=pair.kind,
            completion=text,
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
        for (key, pair, text, signal), score in zip(calls, scores, strict=True)
    ]


def _templates(settings: CompletionScoreSettings) -> tuple[str, ...]:
    return score_templates(settings, {signal for signals in settings.signals.values() for signal in signals})


AI_SCORES = Method(
    run=make_scores,
    settings=CompletionScoreSettings,
    rows=CompletionScore,
    prompts=_templates,
    generates=True,
)
