"""Direct scores of a policy's completions, one row per completion and signal."""

from collections.abc import Mapping, Sequence

from datasets_registry.rows.judges import CompletionScore
from datasets_registry.rows.rlaif import CompletionPair
from datasets_registry.rows.words import Kind, Signal
from generation.completer import Complete
from methods.judging.conversation import asked_of
from methods.judging.score import Scored, ScoreSettings, score_completions


def score_pairs(
    pairs: Sequence[CompletionPair],
    signals: Mapping[Kind, tuple[Signal, ...]],
    judge: str,
    complete: Complete,
    model: str,
    settings: ScoreSettings,
) -> list[CompletionScore]:
    """The scores of every completion of a usable pair; one that stands in several pairs is scored once."""
    usable = [one for one in pairs if one.failure is None]
    completions = {one.key_a: (one, one.completion_a) for one in usable}
    completions |= {one.key_b: (one, one.completion_b) for one in usable}
    asked = [
        (key, pair, text, signal)
        for key, (pair, text) in completions.items()
        for signal in signals.get(pair.kind, ())
    ]
    scored = [Scored(asked_of(pair), text, signal) for _, pair, text, signal in asked]
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
            probabilities=list(found.probabilities),
            outside_probability=found.outside_probability,
            score=found.score,
            reward=found.reward,
            failure=found.failure,
            score_key=found.score_key,
            ten_key=found.ten_key,
        )
        for (key, pair, text, signal), found in zip(asked, scores, strict=True)
    ]
