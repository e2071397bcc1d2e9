"""Scores of rollouts by a verifier, reward models or judges, without a sample drawn again."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import closing

from datasets_registry.rows.rounds.rollouts import Rollout, RolloutScore
from datasets_registry.rows.words import VERIFIER, Signal
from datasets_registry.settings import Settings
from generation.cards.turns import alone
from generation.request import Message
from methods.judging.answers import answers_of
from methods.judging.conversation import messages_of
from methods.judging.score import Scored, ScoreSettings, score_completions, score_templates
from methods.method import Inputs, Method, Model, Models
from methods.verifiers.contract import VerifierSettings
from methods.verifiers.verifier import verifier

CUT, NO_ANSWER, TOO_LONG = "the sample was cut", "the prompt has no gold answer", "beyond the model's window"
Score = tuple[float | None, str | None, str | None]
"""A score, why there is none, and the ledger key of the judge's reply."""


class RolloutScoreSettings(Settings):
    """The verifier, if one scores; what judges are asked about, and how."""

    verifier: VerifierSettings | None = None
    signal: Signal = "helpfulness"
    scores: ScoreSettings = ScoreSettings()


def make_rollout_scores(
    inputs: Inputs, models: Models, settings: RolloutScoreSettings
) -> Iterator[RolloutScore]:
    """Every rollout's score by the verifier, then by each of the ``reward_models`` and ``judges``.

    A sample that was cut is scored as it is by reward models and judges, and never accepted by a verifier.
    """
    rollouts = inputs.rows(Rollout)
    if settings.verifier is not None:
        yield from _rows(rollouts, VERIFIER, verified(rollouts, settings.verifier))
    for model in models.every("reward_models"):
        yield from _rows(rollouts, model.name, by_reward_model(rollouts, model))
    for judge in models.every("judges"):
        yield from _rows(rollouts, judge.name, by_judge(rollouts, judge, settings))


def _templates(settings: RolloutScoreSettings) -> Collection[str]:
    return score_templates(settings.scores, [settings.signal])


ROLLOUT_SCORES = Method(
    make_rollout_scores, RolloutScoreSettings, RolloutScore, prompts=_templates, generates=True
)


def verified(rollouts: Sequence[Rollout], settings: VerifierSettings) -> list[Score]:
    """1 for an accepted sample and 0 for another, as in training; none where there is no gold answer."""
    verify = verifier(settings)
    return [
        (None, NO_ANSWER, None)
        if rollout.answer is None
        else (
            float(rollout.finish_reason == "stop" and verify(rollout.completion, rollout.answer).accepted),
            None,
            None,
        )
        for rollout in rollouts
    ]


def by_reward_model(rollouts: Sequence[Rollout], model: Model) -> list[Score]:
    """The reward model's own scores, which order samples of one prompt."""
    from generation.scoring.outcomes import Answered, OutcomeScorer

    answers = [Answered(conversation(rollout), rollout.completion) for rollout in rollouts]
    with alone("a reward model"), closing(OutcomeScorer(model.folder, model.base_folder)) as scorer:
        scores = scorer.scores(answers) if answers else []
    return [(score, TOO_LONG if score is None else None, None) for score in scores]


def by_judge(rollouts: Sequence[Rollout], judge: Model, settings: RolloutScoreSettings) -> list[Score]:
    """The judge's scores from 1 to 10; equal samples are one call."""
    scored = [Scored(conversation(rollout), rollout.completion, settings.signal) for rollout in rollouts]
    with judge.completer() as complete:
        answers, model = answers_of(complete, judge.thought_marks), complete.backend.fingerprint
        found = score_completions("rollout scores", scored, answers, model, settings.scores)
    return [(score.score, score.failure, score.score_key) for score in found]


def conversation(rollout: Rollout) -> tuple[Message, ...]:
    """The conversation that the sample answers, with the system prompt that it was drawn under."""
    system = () if rollout.system_text is None else (Message(role="system", content=rollout.system_text),)
    return (*system, *messages_of(rollout.history), Message(role="user", content=rollout.prompt))


def _rows(rollouts: Sequence[Rollout], signal: str, scores: Sequence[Score]) -> Iterator[RolloutScore]:
    for rollout, (score, failure, key) in zip(rollouts, scores, strict=True):
        yield RolloutScore(
            policy=rollout.policy,
            step=rollout.step,
            group=rollout.group,
            sample=rollout.sample,
            signal=signal,
            score=score,
            failure=failure,
            score_key=key,
        )
