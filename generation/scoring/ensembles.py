"""Scores by several reward models at once: each one's brought to a common scale, then combined."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from datasets_registry.errors import BadInput
from datasets_registry.hashing import digest
from generation.scoring.outcomes import Answered, OutcomeScorer

Combine = Literal["mean", "worst", "mean_minus_variance"]


@dataclass(frozen=True)
class Scale:
    """Where a reward model's scores lie, and how far apart: of rows that it was not trained on."""

    mean: float
    deviation: float

    def of(self, score: float) -> float:
        """The score in deviations from the mean, as any other model's."""
        return (score - self.mean) / self.deviation


def combined(
    scores: Sequence[float], how: Combine, variance_weight: float = 0.0, weights: Sequence[float] = ()
) -> float:
    """One score of several models' for one answer, all on one scale (Coste et al. 2023, section 3).

    `worst` is the least of them; `mean_minus_variance` takes ``variance_weight`` times their variance off the
    mean. ``weights`` of the models, such as of signals that count unequally, are those of both means.
    """
    if how == "worst":
        return min(scores)
    shares = weights or [1.0] * len(scores)
    mean = _mean(scores, shares)
    return mean - variance_weight * variance(scores, shares) if how == "mean_minus_variance" else mean


def variance(scores: Sequence[float], weights: Sequence[float] = ()) -> float:
    """How far several models' scores of one answer are apart: their mean squared distance from the mean."""
    shares = weights or [1.0] * len(scores)
    mean = _mean(scores, shares)
    return _mean([(one - mean) ** 2 for one in scores], shares)


def _mean(values: Sequence[float], weights: Sequence[float]) -> float:
    return sum(one * weight for one, weight in zip(values, weights, strict=True)) / sum(weights)


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
    """The reward models in ``folders`` as one, which stands wherever an ``OutcomeScorer`` does.

    Raises BadInput where a model's scale is not known, or the settings do not fit together.
    """

    def __init__(
        self,
        folders: Sequence[Path],
        combine: Combine,
        variance_weight: float = 0.0,
        *,
        weights: Sequence[float] = (),
        batch_size: int = 32,
    ) -> None:
        _require(folders, combine, variance_weight, weights)
        self._combine, self._variance_weight, self._weights = combine, variance_weight, tuple(weights)
        self._scales = [read_scale(one) for one in folders]
        self._scorers = [OutcomeScorer(one, batch_size=batch_size) for one in folders]
        self.fingerprint = digest(
            [[one.fingerprint for one in self._scorers], combine, variance_weight, list(weights)]
        )

    def scores(self, answers: Sequence[Answered]) -> list[float | None]:
        """One score per answer, in deviations; None beyond the window of any of the models."""
        return [
            None if one is None else combined(one, self._combine, self._variance_weight, self._weights)
            for one in self.each(answers)
        ]

    def each(self, answers: Sequence[Answered]) -> list[list[float] | None]:
        """Of each answer, every model's score in its own deviations; None where any has none."""
        columns = [one.scores(answers) for one in self._scorers]
        return [self._on_one_scale(one) for one in zip(*columns, strict=True)]

    def _on_one_scale(self, scores: Sequence[float | None]) -> list[float] | None:
        known = [one for one in scores if one is not None]
        if len(known) < len(scores):
            return None
        return [scale.of(one) for scale, one in zip(self._scales, known, strict=True)]

    def close(self) -> None:
        """Free the models' memory."""
        for one in self._scorers:
            one.close()


def _require(
    folders: Sequence[Path], combine: Combine, variance_weight: float, weights: Sequence[float]
) -> None:
    if not folders:
        raise BadInput("an ensemble of no reward model scores nothing: name at least one")
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
            f"weights {list(weights)} are not one above 0 for each of {len(folders)} reward models"
        )
