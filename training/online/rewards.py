"""Rewards of samples: a verifier's acceptance and reward models' scores, mixed by their weights."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean

from datasets_registry.bases import base_folder
from datasets_registry.errors import BadInput, ModelFailed
from datasets_registry.rows.words import VERIFIER
from generation.models.marks import require_written
from generation.scoring.ensembles import EnsembleScorer
from generation.scoring.outcomes import Answered
from generation.scoring.signals import SignalScorer
from methods.verifiers.contract import Verify
from training.data.prompts import OnlineRow, OnlineRun
from training.data.rows import prompt_messages
from training.online.scorers import BySignal, Members, Models, Scores
from training.settings.online import RewardMix


@dataclass(frozen=True)
class Rewarded:
    """One reward per sample, None where a reward model could not read it, and the means of the parts.

    ``signals`` has what each part gave each sample: whether the verifier accepted it, and each reward model's
    score, in deviations. None is a score that could not be given.
    """

    rewards: list[float | None]
    figures: dict[str, float]
    signals: Mapping[str, Sequence[float | None]] = field(default_factory=dict)


@dataclass(frozen=True)
class Rewards:
    """The reward function: each part that ``mix`` weighs must be there, ``verify`` or ``scorer``."""

    mix: RewardMix
    verify: Verify | None = None
    scorer: Models | None = None
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
        scores = self._scores(rows, completions)
        rewards = [
            None if score is None else self.mix.verifier * right + self.mix.reward_models * score
            for right, score in zip(accepted, scores.with_cut(ended), strict=True)
        ]
        if all(reward is None for reward in rewards):
            raise ModelFailed(
                f"none of {len(rewards)} samples fits the window of the reward models: lower max_length"
            )
        verified = {VERIFIER: accepted} if self.verify else {}
        return Rewarded(
            rewards, self._figures(accepted, scores, scores.with_cut(ended)), {**verified, **scores.by_signal}
        )

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

    def _scores(self, rows: Sequence[OnlineRow], completions: Sequence[str]) -> Scores:
        if self.scorer is None:
            return Scores([0.0] * len(rows))
        answers = [
            Answered(prompt_messages(row, self.system_text), completion)
            for row, completion in zip(rows, completions, strict=True)
        ]
        return self.scorer.score(answers, [row.get("kind") for row in rows])

    def _figures(
        self, accepted: Sequence[float], scores: Scores, counted: Sequence[float | None]
    ) -> dict[str, float]:
        verified = {"rewards/verifier": fmean(accepted)} if self.verify else {}
        if self.scorer is None:
            return verified
        read = [score for score in counted if score is not None]
        parts = {"reward_models": read, "unscored": [float(score is None) for score in counted]}
        scored = {f"rewards/{name}": fmean(values) for name, values in parts.items() if values}
        return verified | scored | scores.figures


def open_rewards(run: OnlineRun) -> Rewards:
    """The rewards that the run's settings mix.

    Raises BadInput where a folder has no reward model of ours, thought could not be told from answers, or the
    signals are not those that the settings combine.
    """
    from methods.verifiers.verifier import verifier

    config, mix = run.config, run.settings.rewards
    verify = None
    if config.verifier:
        require_written(str(run.base), run.base_folder, config.thought_marks)
        verify = verifier(config.verifier, config.thought_marks)
    return Rewards(mix, verify, _models(run), config.system_text)


def _models(run: OnlineRun) -> Models | None:
    """The reward models, one for each signal where the run names signals."""
    mix, signals = run.settings.rewards, run.config.signals
    _require_signals(mix, signals)
    folders = [run.registry.folder(version) for version in run.reward_models]
    bases = {folder: base for folder in folders if (base := base_folder(run.registry, folder))}
    if signals:
        by_signal = dict(zip(signals, folders, strict=True))
        return BySignal(SignalScorer(by_signal, bases=bases), mix.combination)
    if not folders:
        return None
    names = tuple(version.name for version in run.reward_models)
    return Members(EnsembleScorer(folders, mix.combine, mix.variance_weight, bases=bases), names)


def _require_signals(mix: RewardMix, signals: Sequence[str]) -> None:
    """Raise BadInput where the run's signals are not those that its settings combine."""
    try:
        if mix.combination is not None:
            mix.combination.require_signals(signals)
    except ValueError as error:
        raise BadInput(f"settings.rewards.{error}") from error
    if mix.combination is None and len(signals) > 1:
        raise BadInput(f"the run has {len(signals)} signals and no settings.rewards.combination: add one")
