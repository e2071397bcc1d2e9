"""Rewards of samples: a verifier's acceptance and reward models' scores, mixed by their weights."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from datasets_registry.bases import base_folder
from datasets_registry.errors import ModelFailed
from generation.models.marks import require_written
from generation.scoring.ensembles import EnsembleScorer
from generation.scoring.outcomes import Answered
from methods.verifiers.contract import Verify
from training.data.prompts import OnlineRow, OnlineRun
from training.data.rows import prompt_messages
from training.settings.online import RewardMix


class Scorer(Protocol):
    """A scorer of whole answers: one reward model, or several as one."""

    def scores(self, answers: Sequence[Answered]) -> list[float | None]:
        """One score per answer; None beyond the window."""

    def close(self) -> None:
        """Free its memory."""


@dataclass(frozen=True)
class Rewarded:
    """One reward per sample, None where a reward model could not read it, and the means of the parts."""

    rewards: list[float | None]
    figures: dict[str, float]


@dataclass(frozen=True)
class Rewards:
    """The reward function: each part that ``mix`` weighs must be there, ``verify`` or ``scorer``."""

    mix: RewardMix
    verify: Verify | None = None
    scorer: Scorer | None = None
    system_text: str | None = None

    def __call__(
        self, rows: Sequence[OnlineRow], completions: Sequence[str], ended: Sequence[bool]
    ) -> Rewarded:
        """Reward ``completions`` of ``rows``, a row for each; ``ended`` says which ended by themselves.

        One that was cut is not accepted, and has the lowest score of the call: a reward model would read
        an end that the policy never wrote (Huang et al. 2024, section 3, punish it likewise). One that a
        reward model cannot read has no reward, which is not 0: it must move nothing. Raises ModelFailed
        where none has one.
        """
        accepted = self._accepted(rows, completions, ended)
        scores = self._scores(rows, completions, ended)
        rewards = [
            None if score is None else self.mix.verifier * right + self.mix.reward_models * score
            for right, score in zip(accepted, scores, strict=True)
        ]
        if all(reward is None for reward in rewards):
            raise ModelFailed(
                f"none of {len(rewards)} samples fits the window of the reward models: lower max_length"
            )
        return Rewarded(rewards, self._figures(accepted, scores))

    def close(self) -> None:
        """Free the reward models' memory."""
        if self.scorer:
            self.scorer.close()

    def _accepted(
        self, rows: Sequence[OnlineRow], completions: Sequence[str], ended: Sequence[bool]
    ) -> list[float]:
        """1 for an accepted sample, 0 for another."""
        if self.verify is None:
            return [0.0] * len(rows)
        return [
            float(is_whole and self.verify(completion, str(row["answer"])).accepted)
            for row, completion, is_whole in zip(rows, completions, ended, strict=True)
        ]

    def _scores(
        self, rows: Sequence[OnlineRow], completions: Sequence[str], ended: Sequence[bool]
    ) -> list[float | None]:
        if self.scorer is None:
            return [0.0] * len(rows)
        answers = [
            Answered(prompt_messages(row, self.system_text), completion)
            for row, completion in zip(rows, completions, strict=True)
        ]
        scores = self.scorer.scores(answers)
        lowest = min((score for score in scores if score is not None), default=None)
        return [score if is_whole else lowest for score, is_whole in zip(scores, ended, strict=True)]

    def _figures(self, accepted: Sequence[float], scores: Sequence[float | None]) -> dict[str, float]:
        read = [score for score in scores if score is not None]
        verified = {"rewards/verifier": sum(accepted) / len(accepted)} if self.verify else {}
        scored = {"rewards/reward_models": sum(read) / len(read)} if self.scorer else {}
        unread = {"rewards/unscored": 1 - len(read) / len(scores)} if self.scorer else {}
        return verified | scored | unread


def open_rewards(run: OnlineRun) -> Rewards:
    """The rewards that the run's settings mix.

    Raises BadInput where a folder has no reward model of ours, or thought could not be told from answers.
    """
    from methods.verifiers.verifier import verifier

    config, mix = run.config, run.settings.rewards
    folders = [run.registry.folder(version) for version in run.reward_models]
    bases = {folder: base for folder in folders if (base := base_folder(run.registry, folder))}
    scorer = EnsembleScorer(folders, mix.combine, mix.variance_weight, bases=bases) if folders else None
    verify = None
    if config.verifier:
        require_written(str(run.base), run.base_folder, config.thought_marks)
        verify = verifier(config.verifier, config.thought_marks)
    return Rewards(mix, verify, scorer, config.system_text)
