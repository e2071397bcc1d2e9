"""Length-controlled win rates: what a judge would say of answers as long as the baseline's.

logit P(win) = theta + phi · tanh(longer / sd), where ``longer`` is by how many characters an answer exceeds
the baseline's, and sd its standard deviation (Dubois et al. 2024). The win rate is that at ``longer`` = 0;
phi is the judge's liking of length.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from methods.evaluation.measures import Draws, Measure, Values

# phi has a normal prior about 0 with this standard deviation, so that it is finite where length decides all
PRIOR_SD = 3.0
_STEPS, _LONGEST_STEP, _FARTHEST = 60, 2.0, 20.0
_SAME_LENGTH = "all answers differ from the baseline's by the same length, so its effect cannot be estimated"


@dataclass(frozen=True)
class Outcome:
    """A comparison with the baseline: 1 for a win, ½ for a tie, 0 for a loss; how much longer it is."""

    cluster: str
    points: float
    longer: float


def length_controlled(outcomes: Sequence[Outcome], num_missing: int) -> list[Measure]:
    """The win rate at equal length, and phi."""
    fitted = _Fitted(outcomes)
    clusters = tuple(dict.fromkeys(outcome.cluster for outcome in outcomes))
    rate = Measure(
        "lc_win_rate",
        "higher",
        fitted.win_rates,
        clusters,
        len(outcomes),
        num_missing=num_missing,
        limits=(0.0, 1.0),
    )
    liking = replace(rate, metric="length_liking", better="neither", statistic=fitted.likings, limits=None)
    note = "nothing to measure" if not outcomes else None if fitted.varies else _SAME_LENGTH
    return [measure.noted(note) if note else measure for measure in (rate, liking)]


class _Fitted:
    """The fit of each draw of clusters, each cluster counted once."""

    def __init__(self, outcomes: Sequence[Outcome]) -> None:
        longer = np.array([outcome.longer for outcome in outcomes], dtype=float)
        scale = float(longer.std()) if len(longer) else 0.0
        self.varies = scale > 0
        self._longer = np.tanh(longer / scale) if self.varies else longer
        self._points = np.array([outcome.points for outcome in outcomes], dtype=float)
        self._clusters = [outcome.cluster for outcome in outcomes]
        sizes = {name: self._clusters.count(name) for name in set(self._clusters)}
        self._shares = np.array([1 / sizes[name] for name in self._clusters])

    def win_rates(self, draws: Draws) -> Values:
        """The win rate at equal length, one per draw."""
        return _sigmoid(self._fit(draws)[0])

    def likings(self, draws: Draws) -> Values:
        """phi, one per draw."""
        return self._fit(draws)[1]

    def _fit(self, draws: Draws) -> tuple[Values, Values]:
        if not self.varies:
            nothing = np.full(len(draws.counts), np.nan)
            return nothing, nothing
        return fit(self._longer, self._points, draws.of(self._clusters) * self._shares)


def fit(longer: np.ndarray, points: np.ndarray, weights: np.ndarray) -> tuple[Values, Values]:
    """theta and phi by Newton's method, one per row of ``weights`` (draws × answers); NaN where all are 0."""
    theta, phi = np.zeros(len(weights)), np.zeros(len(weights))
    for _ in range(_STEPS):
        p = _sigmoid(theta[:, None] + phi[:, None] * longer)
        error, spread = weights * (points - p), weights * p * (1 - p)
        first, second = error.sum(axis=1), error @ longer - phi / PRIOR_SD**2
        # where every answer wins, theta has no end: the addend keeps its step finite, the bound itself
        a, b, c = spread.sum(axis=1) + 1e-9, spread @ longer, spread @ longer**2 + 1 / PRIOR_SD**2
        scale = a * c - b * b
        step_theta = np.clip((c * first - b * second) / scale, -_LONGEST_STEP, _LONGEST_STEP)
        step_phi = np.clip((a * second - b * first) / scale, -_LONGEST_STEP, _LONGEST_STEP)
        theta = np.clip(theta + step_theta, -_FARTHEST, _FARTHEST)
        phi = phi + step_phi
        if max(np.abs(step_theta).max(), np.abs(step_phi).max()) < 1e-9:
            break
    empty = weights.sum(axis=1) == 0
    return np.where(empty, np.nan, theta), np.where(empty, np.nan, phi)


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-x)))
