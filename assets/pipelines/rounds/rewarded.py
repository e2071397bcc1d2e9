"""Pairs of a round's samples that reward models label."""

from assets.building.declared import Dataset, dataset
from assets.pipelines.prompts import PromptSets
from assets.profile.prompts import Answers
from assets.profile.rounds.rounds import RewardLabels
from datasets_registry.rows.rounds.prompts import RoundPrompt
from datasets_registry.rows.scored.reward_pairs import RewardPair
from methods.rft.rewarding.signals import role_of
from methods.rounds.reward_pairs import REWARD_PAIRS, RewardPairSettings

GROUP = "rounds"


def rewarded(at: str, labels: RewardLabels, sampler: str, answers: Answers) -> Dataset:
    """``reward_pairs`` of the round at ``at``, sampled from the model ``sampler``."""
    return dataset(
        at + RewardPair.dataset,
        REWARD_PAIRS,
        RewardPairSettings(
            **labels.method,
            signals=tuple(labels.rewards),
            system_prompt=answers.system_prompt,
            answers=answers.sampling,
            seed=answers.seed,
        ),
        group=GROUP,
        inputs=PromptSets.of_round(at + RoundPrompt.dataset).roles,
        models={
            "policy": sampler,
            **{role_of(signal): model for signal, model in labels.rewards.items()},
        },
    )
