"""What reward models give the samples of a step: one score each, and beside it each signal's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Protocol

from generation.scoring.combination import Combination, Score, is_gated, reward
from generation.scoring.ensembles import EnsembleScorer
from generation.scoring.outcomes import Answered

# the signal of several reward models as one
TOGETHER = "reward_models"


@dataclass(frozen=True)
class Scores:
    """One score per sample, None where a model could not read it; each signal's, and figures of these."""

    scores: list[float | None]
    by_signal: Mapping[str, Sequence[float | None]] = field(default_factory=dict)
    figures: dict[str, float] = field(default_factory=dict)

    def with_cut(self, ended: Sequence[bool]) -> list[float | None]:
        """The scores, in place of those of samples that were cut the lowest of all."""
        lowest = min((score for score in self.scores if score is not None), default=None)
        return [score if whole else lowest for score, whole in zip(self.scores, ended, strict=True)]


class Models(Protocol):
    """One reward model, or several as one."""

    def score(self, answers: Sequence[Answered], kinds: Sequence[str | None]) -> Scores:
        """The scores of answers to prompts of these kinds, None where a kind is not known."""

    def close(self) -> None:
        """Free their memory."""


class Scorer(Protocol):
    """A scorer of whole answers."""

    def scores(self, answers: Sequence[Answered]) -> list[float | None]:
        """One score per answer; None beyond the window."""

    def close(self) -> None:
        """Free its memory."""


class Signals(Protocol):
    """A scorer of whole answers by several signals."""

    def each(self, answers: Sequence[Answered]) -> list[dict[str, Score] | None]:
        """Every signal's score of each answer; None beyond the window of any of the models."""

    def close(self) -> None:
        """Free its memory."""


@dataclass(frozen=True)
class Plain:
    """Reward models whose scores are one signal."""

    scorer: Scorer

    def score(self, answers: Sequence[Answered], kinds: Sequence[str | None]) -> Scores:
        """The scores of ``answers``, whatever the kinds."""
        scores = self.scorer.scores(answers)
        return Scores(scores, {TOGETHER: scores})

    def close(self) -> None:
        """Free the models' memory."""
        self.scorer.close()


@dataclass(frozen=True)
class Members:
    """Reward models whose scores are one signal, each kept under its name."""

    scorer: EnsembleScorer
    names: tuple[str, ...]

    def score(self, answers: Sequence[Answered], kinds: Sequence[str | None]) -> Scores:
        """The scores of ``answers``, whatever the kinds; of several models, each one's too."""
        each = self.scorer.each(answers)
        scores = self.scorer.together(each)
        members = {
            name: [None if known is None else known[place] for known in each]
            for place, name in enumerate(self.names)
        }
        return Scores(scores, members if len(members) == 1 else {TOGETHER: scores, **members})

    def close(self) -> None:
        """Free the models' memory."""
        self.scorer.close()


@dataclass(frozen=True)
class BySignal:
    """A reward model for each signal, and how their scores become one."""

    scorer: Signals
    combination: Combination | None

    def score(self, answers: Sequence[Answered], kinds: Sequence[str | None]) -> Scores:
        """The combined scores, each signal's in deviations, and their means."""
        each = self.scorer.each(answers)
        combined = [
            reward(scores, self.combination, kind) if scores else None
            for scores, kind in zip(each, kinds, strict=True)
        ]
        read = [scores for scores in each if scores]
        signals = sorted(read[0]) if read else []
        by_signal = {
            signal: [scores[signal].standardized if scores else None for scores in each] for signal in signals
        }
        means = {
            f"signals/{signal}": fmean(scores[signal].standardized for scores in read) for signal in signals
        }
        return Scores(combined, by_signal, means | self._gated(each, kinds))

    def _gated(
        self, each: Sequence[Mapping[str, Score] | None], kinds: Sequence[str | None]
    ) -> dict[str, float]:
        """The share of samples on which the gate decided alone; nothing where no rule has one."""
        if self.combination is None or self.combination.rule != "gated":
            return {}
        decided = [
            is_gated(scores, self.combination, kind)
            for scores, kind in zip(each, kinds, strict=True)
            if scores
        ]
        return {"rewards/gated": fmean(decided)} if decided else {}

    def close(self) -> None:
        """Free the models' memory."""
        self.scorer.close()
