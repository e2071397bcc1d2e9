"""Scores by several reward models at once: each brought to a common scale, then combined."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from datasets_registry.errors import BadInput
from datasets_registry.hashing import digest
from generation.scoring.outcomes import Answered, OutcomeScorer

Combine = Literal["mean", "worst", "mean_minus_variance"]


@dataclass(frozen=True)
class Scale:
    """Mean and standard deviation of a reward model's scores on rows that it was not trained on."""

    mean: float
    deviation: float

    def standardized(self, score: float) -> float:
        """The score in deviations from the mean, comparable with any other model's."""
        return (score - self.mean) / self.deviation


def combined(
    scores: Sequence[float], combine: Combine, variance_weight: float = 0.0, weights: Sequence[float] = ()
) -> float:
    """One score from those of several models for one answer, all on one scale (Coste et al. 2023, section 3).

    `worst` is the least of them; `mean_minus_variance` takes ``variance_weight`` times their variance off the
    mean. ``weights`` of the models, such as of signals that count unequally, are those of both means.
    """
    if combine == "worst":
        return min(scores)
    shares = weights or [1.0] * len(scores)
    mean = _mean(scores, shares)
    return mean - variance_weight * variance(scores, shares) if combine == "mean_minus_variance" else mean


def variance(scores: Sequence[float], weights: Sequence[float] = ()) -> float:
    """How far several models' scores of one answer are apart: their mean squared distance from the mean."""
    shares = weights or [1.0] * len(scores)
    mean = _mean(scores, shares)
    return _mean([(score - mean) ** 2 for score in scores], shares)


def _mean(values: Sequence[float], weights: Sequence[float]) -> float:
    return sum(value * weight for value, weight in zip(values, weights, strict=True)) / sum(weights)


def read_scale(folder: Path) -> Scale:
    """The scale in the manifest of the reward model in ``folder``.

    Scores have a meaning only beside others of the same model. Raises BadInput where nothing tells where they
    lie, since a model of wider scores would then decide alone.
    """
    path = folder / "manifest.json"
    metrics = json.loads(path.read_text(encoding="utf-8"))["metrics"] if path.is_file() else {}
    mean, deviation = (metrics.get(f"held_out_score_{name}") for name in ("mean", "deviation"))
    if mean is None or not deviation:
        raise BadInput(
            f"reward model {folder} does not say how its scores of held-out rows are spread, so they cannot "
            "stand beside another model's: train it by training.reward_model with held_out_share above 0"
        )
    return Scale(mean, deviation)


class EnsembleScorer:
    """The reward models in ``folders`` as one, usable wherever an ``OutcomeScorer`` is.

    ``bases`` are those of models that are stored as adapters, by the model's folder. Raises BadInput where a
    model's scale is unknown, or the settings contradict one another.
    """

    def __init__(
        self,
        folders: Sequence[Path],
        combine: Combine,
        variance_weight: float = 0.0,
        *,
        weights: Sequence[float] = (),
        bases: Mapping[Path, Path] | None = None,
        batch_size: int = 32,
    ) -> None:
        _require(folders, combine, variance_weight, weights)
        self._combine, self._variance_weight, self._weights = combine, variance_weight, tuple(weights)
        self._scales = [read_scale(folder) for folder in folders]
        self._scorers = [
            OutcomeScorer(folder, (bases or {}).get(folder), batch_size=batch_size) for folder in folders
        ]
        self.fingerprint = digest(
            [[scorer.fingerprint for scorer in self._scorers], combine, variance_weight, list(weights)]
        )

    def scores(self, answers: Sequence[Answered]) -> list[float | None]:
        """One score per answer, in deviations; None beyond the window of any of the models."""
        return self.together(self.each(answers))

    def each(self, answers: Sequence[Answered]) -> list[list[float] | None]:
        """Every model's score of each answer, in its own deviations; None where a model has none."""
        columns = [scorer.scores(answers) for scorer in self._scorers]
        return [self._on_one_scale(scores) for scores in zip(*columns, strict=True)]

    def together(self, each: Sequence[Sequence[float] | None]) -> list[float | None]:
        """One score of every model's, for each answer; None where a model has none."""
        return [
            None if scores is None else combined(scores, self._combine, self._variance_weight, self._weights)
            for scores in each
        ]

    def _on_one_scale(self, scores: Sequence[float | None]) -> list[float] | None:
        known = [score for score in scores if score is not None]
        if len(known) < len(scores):
            return None
        return [scale.standardized(score) for scale, score in zip(self._scales, known, strict=True)]

    def close(self) -> None:
        """Free the models' memory."""
        for scorer in self._scorers:
            scorer.close()


def _require(
    folders: Sequence[Path], combine: Combine, variance_weight: float, weights: Sequence[float]
) -> None:
    if not folders:
        raise BadInput("an ensemble needs at least one reward model: name some")
    if combine == "mean_minus_variance" and variance_weight <= 0:
        raise BadInput(
            f"variance_weight {variance_weight} makes mean_minus_variance a plain mean: give one above 0, "
            "or combine by mean"
        )
    if not weights:
        return
    if combine == "worst":
        raise BadInput(
            "the worst of several scores has no use for weights: leave them out, or combine by mean"
        )
    if len(weights) != len(folders) or min(weights) <= 0:
        raise BadInput(
            f"weights {list(weights)} do not fit {len(folders)} reward models: give each one weight above 0"
        )
