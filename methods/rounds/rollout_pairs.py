"""Pairs out of rollouts: of each group the best against the worst by one signal, without a call."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from operator import attrgetter

from pydantic import Field

from datasets_registry.errors import BadInput
from datasets_registry.hashing import content_id, digest
from datasets_registry.rows.rounds.rollouts import Rollout, RolloutPair, RolloutScore
from datasets_registry.settings import Seed, Settings
from methods.method import Inputs, Method, Models

# what the trainer made of all signals
REWARD = "reward"
Place = tuple[str, int, int, int]
Scored = tuple[float, Rollout]


class RolloutPairSettings(Settings):
    """The signal that decides, and how far the best must lead.

    ``signal`` is `reward`, the trainer's own; or `verifier` or the name of a reward model or judge, whose
    scores made later count before those of the training. ``seed`` decides between equal samples.
    """

    signal: str = Field(REWARD, min_length=1)
    least_lead: float = Field(0.0, ge=0, description="A lead that is no greater is a tie")
    seed: Seed = 0


def make_rollout_pairs(
    inputs: Inputs, models: Models, settings: RolloutPairSettings
) -> Iterator[RolloutPair]:
    """A row for each group of ``rollouts``; ``rollout_scores`` may have scores that were made later."""
    scores = {
        (score.policy, score.step, score.group, score.sample): score.score
        for score in inputs.rows(RolloutScore)
        if score.signal == settings.signal
    }
    return rollout_pairs(inputs.rows(Rollout), scores, settings)


ROLLOUT_PAIRS = Method(make_rollout_pairs, RolloutPairSettings, RolloutPair)


def rollout_pairs(
    rollouts: Sequence[Rollout], scores: Mapping[Place, float | None], settings: RolloutPairSettings
) -> Iterator[RolloutPair]:
    """A row for each group; ``rollouts`` come in the order of their keys.

    Samples that were cut make no pair: a completion that was cut off is not a mistake. Raises BadInput where
    no rollout has the signal.
    """
    _require_signal(rollouts, scores, settings.signal)
    for _, group in groupby(rollouts, key=attrgetter("policy", "step", "group")):
        yield _pair(list(group), scores, settings)


def _require_signal(rollouts: Sequence[Rollout], scores: Mapping[Place, float | None], signal: str) -> None:
    known = {REWARD, *(scored.signal for rollout in rollouts for scored in rollout.signals)}
    if rollouts and not scores and signal not in known:
        raise BadInput(
            f"signal is {signal!r}, and the rollouts have {', '.join(sorted(known))}: name one of them, or "
            "score the rollouts by it first"
        )


def _pair(
    group: Sequence[Rollout], scores: Mapping[Place, float | None], settings: RolloutPairSettings
) -> RolloutPair:
    whole = [rollout for rollout in group if rollout.finish_reason == "stop"]
    scored = [
        (score, rollout)
        for rollout in whole
        if (score := _score(rollout, scores, settings.signal)) is not None
    ]
    drawn = sorted(scored, key=lambda each: digest([settings.seed, each[1].completion, each[1].sample]))
    about = _about(group, settings.signal, num_unscored=len(whole) - len(scored))
    if len(drawn) < 2:
        return about
    worst, best = min(drawn, key=_by_score), max(drawn, key=_by_score)
    if best[0] - worst[0] <= settings.least_lead or best[1].completion == worst[1].completion:
        return about.model_copy(update={"label": "tie"})
    return about.model_copy(update=_sides(best, worst))


def _by_score(scored: Scored) -> float:
    return scored[0]


def _score(rollout: Rollout, scores: Mapping[Place, float | None], signal: str) -> float | None:
    place = (rollout.policy, rollout.step, rollout.group, rollout.sample)
    if place in scores:
        return scores[place]
    if signal == REWARD:
        return rollout.reward
    return next((scored.score for scored in rollout.signals if scored.signal == signal), None)


def _about(group: Sequence[Rollout], signal: str, num_unscored: int) -> RolloutPair:
    """What is said of a group, whether it gives a pair or not."""
    first = group[0]
    return RolloutPair(
        pair_id=content_id(first.policy, first.step, first.group),
        policy=first.policy,
        step=first.step,
        group=first.group,
        prompt_id=first.prompt_id,
        prompt=first.prompt,
        history=first.history,
        split_group=first.split_group,
        signal=signal,
        label="too_few",
        chosen=None,
        rejected=None,
        score_chosen=None,
        score_rejected=None,
        num_tokens_chosen=None,
        num_tokens_rejected=None,
        num_samples=len(group),
        num_cut=sum(rollout.finish_reason != "stop" for rollout in group),
        num_unscored=num_unscored,
    )


def _sides(best: Scored, worst: Scored) -> dict[str, object]:
    chosen, rejected = best[1], worst[1]
    return {
        "pair_id": content_id(
            chosen.policy, chosen.step, chosen.group, chosen.completion, rejected.completion
        ),
        "label": "a",
        "chosen": chosen.completion,
        "rejected": rejected.completion,
        "score_chosen": best[0],
        "score_rejected": worst[0],
        "num_tokens_chosen": chosen.num_tokens,
        "num_tokens_rejected": rejected.num_tokens,
    }
