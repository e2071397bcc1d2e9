"""Rewards of several signals in the profile: a reward model for each, and how they become one."""

from collections.abc import Mapping

from assets.profile.models import Section, TrainedModel
from generation.scoring.combination import Combination
from training.settings.reward_model import RewardSettings


def require_rewards(
    place: str,
    rewards: Mapping[str, str],
    combination: Combination | None,
    models: Mapping[str, Section],
) -> None:
    """Raise ValueError where the rewards of ``place`` are not combined, or their models are not of them."""
    signals = tuple(rewards)
    try:
        if combination is not None:
            combination.require_signals(signals)
    except ValueError as error:
        raise ValueError(f"{place}: {error}") from error
    if combination is None and len(signals) > 1:
        raise ValueError(
            f"{place}: rewards names the signals {', '.join(signals)}, and nothing says how they become one: "
            "add combination"
        )
    for signal, model in rewards.items():
        _require_of_signal(f"{place}: rewards.{signal}", signal, models[model], model)


def _require_of_signal(place: str, signal: str, section: Section, model: str) -> None:
    """A model that was trained on all signals, or elsewhere, may stand for any."""
    if not isinstance(section, TrainedModel):
        return
    training = section.training
    if not isinstance(training, RewardSettings):
        raise ValueError(
            f"{place} names {model!r}, which {section.trainer} trains and which gives no scores: name a "
            "model with trainer = 'reward_model'"
        )
    if training.signal not in (None, signal):
        raise ValueError(
            f"{place} names {model!r}, which is trained on the signal {training.signal!r}: name the model of "
            f"{signal!r}, or the signal that it has"
        )
    if not training.held_out_share:
        raise ValueError(
            f"{place} names {model!r}, whose held_out_share is 0, so that nothing tells how its scores are "
            "spread: raise it"
        )
