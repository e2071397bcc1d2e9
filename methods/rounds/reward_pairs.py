"""Preference pairs by reward models: of each prompt's samples the best against the worst, without a judge."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Annotated, NamedTuple, Self

from pydantic import Field, model_validator

from datasets_registry.hashing import digest
from datasets_registry.rows.scored.reward_pairs import RewardPair
from datasets_registry.rows.scored.signals import SignalScore
from datasets_registry.rows.words import Signal
from datasets_registry.settings import Distinct, Seed, Settings
from generation.request import SamplingParams
from generation.scoring.combination import Combination, Score, conflicts, reward
from methods.judging.answers import answers_of
from methods.judging.conversation import conversation_of, failure_of, opening_templates
from methods.method import Inputs, Method, Models
from methods.prompt_sets import all_prompts
from methods.rft.rewarding.signals import Signals, opened_signals
from methods.rlaif.pairs import PairSettings, Sample, sample_completions


class RewardLabelSettings(Settings):
    """How many samples of a prompt are scored, how signals become one reward, and what is a tie."""

    num_samples: int = Field(8, ge=2, le=64, description="Samples of each prompt")
    combination: Combination | None = Field(
        None, description="How the scores of several signals become one reward"
    )
    least_lead: float = Field(
        0.0, ge=0, description="A lead of the best over the worst, in deviations, that is no greater is a tie"
    )


class RewardPairSettings(RewardLabelSettings):
    """The same with the signals that are scored, and how the policy is sampled.

    ``seed`` seeds samples, and decides between those of equal reward.
    """

    signals: Annotated[tuple[Signal, ...], Distinct] = Field(min_length=1)
    system_prompt: str | None = None
    answers: SamplingParams
    seed: Seed = 0

    @model_validator(mode="after")
    def _combines_its_signals(self) -> Self:
        if self.combination is not None:
            self.combination.require_signals(self.signals)
        elif len(self.signals) > 1:
            raise ValueError(f"nothing says how {', '.join(self.signals)} become one reward: add combination")
        return self

    @property
    def sampling(self) -> PairSettings:
        """The same requests as pairs for a judge, so that their samples are found in the ledger."""
        return PairSettings(
            num_samples=self.num_samples,
            system_prompt=self.system_prompt,
            answers=self.answers,
            seed=self.seed,
        )


class Rewarded(NamedTuple):
    """A sample, each signal's score of it, and what these make."""

    sample: Sample
    scores: Mapping[str, Score]
    reward: float


def make_reward_pairs(inputs: Inputs, models: Models, settings: RewardPairSettings) -> list[RewardPair]:
    """A row for each training prompt; ``policy`` is sampled, then the reward model of each signal scores."""
    prompts, policy = all_prompts(inputs, "train"), models["policy"]
    with policy.completer() as complete:
        answers = answers_of(complete, policy.thought_marks)
        samples = sample_completions(prompts, answers, complete.backend.fingerprint, settings.sampling)
    with opened_signals(models, settings.signals) as signals:
        return list(reward_pairs(samples, signals, policy.name, settings))


REWARD_PAIRS = Method(
    run=make_reward_pairs,
    settings=RewardPairSettings,
    rows=RewardPair,
    prompts=lambda settings: opening_templates(settings.system_prompt),
    generates=True,
)


def reward_pairs(
    samples: Sequence[Sample], signals: Signals, policy: str, settings: RewardPairSettings
) -> Iterator[RewardPair]:
    """A row for each prompt, whose samples stand together; all samples are scored at once.

    A sample that was cut is not a mistake, and makes no pair.
    """
    from generation.scoring.outcomes import Answered

    whole = [sample for sample in samples if failure_of(sample.completion) is None]
    answered = [Answered(conversation_of(sample.prompt), sample.text) for sample in whole]
    scores = dict(
        zip([sample.key for sample in whole], signals.each(answered) if answered else [], strict=True)
    )
    for _, group in groupby(samples, key=lambda sample: (sample.kind, sample.prompt.prompt_id)):
        yield _pair(list(group), scores, policy, settings)


def _pair(
    group: Sequence[Sample],
    scores: Mapping[str, dict[str, Score] | None],
    policy: str,
    settings: RewardPairSettings,
) -> RewardPair:
    rewarded = [
        Rewarded(sample, known, reward(known, settings.combination, sample.kind))
        for sample in sorted(group, key=lambda sample: digest([settings.seed, "reward", sample.key]))
        if (known := scores.get(sample.key)) is not None
    ]
    num_whole = sum(sample.key in scores for sample in group)
    about = _about(group, policy, settings, num_whole, num_whole - len(rewarded))
    if len(rewarded) < 2:
        return about
    worst, best = min(rewarded, key=_reward), max(rewarded, key=_reward)
    if best.reward - worst.reward <= settings.least_lead or best.sample.text == worst.sample.text:
        return about.model_copy(update={"label": "tie"})
    return about.model_copy(update=_sides(best, worst))


def _reward(rewarded: Rewarded) -> float:
    return rewarded.reward


def _about(
    group: Sequence[Sample], policy: str, settings: RewardPairSettings, num_whole: int, num_unscored: int
) -> RewardPair:
    """What is said of a prompt, whether it gives a pair or not."""
    first = group[0]
    return RewardPair(
        prompt_id=first.prompt.prompt_id,
        prompt=first.prompt.prompt,
        history=first.prompt.history,
        kind=first.kind,
        category=first.prompt.category,
        split_group=first.prompt.split_group,
        policy=policy,
        rule=settings.combination.rule if settings.combination else None,
        label="too_few",
        chosen=None,
        rejected=None,
        reward_chosen=None,
        reward_rejected=None,
        scores_chosen=[],
        scores_rejected=[],
        conflicting=None,
        num_samples=len(group),
        num_unusable=len(group) - num_whole,
        num_unscored=num_unscored,
        chosen_key=None,
        rejected_key=None,
    )


def _sides(best: Rewarded, worst: Rewarded) -> dict[str, object]:
    margins = [best.scores[signal].standardized - worst.scores[signal].standardized for signal in best.scores]
    return {
        "label": "a",
        "chosen": best.sample.text,
        "rejected": worst.sample.text,
        "reward_chosen": best.reward,
        "reward_rejected": worst.reward,
        "scores_chosen": _stored(best.scores),
        "scores_rejected": _stored(worst.scores),
        "conflicting": conflicts(margins),
        "chosen_key": best.sample.key,
        "rejected_key": worst.sample.key,
    }


def _stored(scores: Mapping[str, Score]) -> list[SignalScore]:
    """A sample's scores as a row holds them, in the order of the signals' names."""
    return [
        SignalScore(signal=signal, score=scores[signal].standardized, raw=scores[signal].raw)
        for signal in sorted(scores)
    ]
