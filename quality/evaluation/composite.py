"""One figure of several axes: their weighted geometric mean, beside its parts and the least of them.

It compresses a trade-off into a number, so it is never shown alone, and it is null without one of its axes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from methods.evaluation.measures import ALL, Draws, Measure, Values, combined, drawn_clusters, joined, placed
from quality.evaluation.axes import COMPOSITE, MINIMUM, Axis, CompositeSettings

# the measures of one model, by suite
BySuite = Mapping[str, Sequence[Measure]]


def composite(measures: BySuite, settings: CompositeSettings) -> list[Measure]:
    """The composite, the least axis, and each axis, of one model; to be given joined draws.

    Where an axis has no figure, there is neither a composite nor a least axis, and the note says which.
    """
    parts = {name: _part(name, axis, measures) for name, axis in settings.axes.items()}
    missing = [f"{name} ({part.note})" for name, part in parts.items() if not part.clusters]
    whole, least = _composite(parts, settings), _minimum(list(parts.values()))
    if missing:
        note = f"no axis {'; '.join(missing)}"
        whole, least = _missing(COMPOSITE, note), _missing(MINIMUM, note)
    return [whole, least, *parts.values()]


def joint_draws(models: Sequence[BySuite], num_draws: int, seed: int = 0) -> Draws:
    """Draws of the clusters within each suite, the same for all of ``models``."""
    clusters: dict[str, set[str]] = {}
    for measures in models:
        for suite, of_suite in measures.items():
            clusters.setdefault(suite, set()).update(name for each in of_suite for name in each.clusters)
    return joined({suite: drawn_clusters(names, num_draws, seed) for suite, names in clusters.items()})


def _part(name: str, axis: Axis, measures: BySuite) -> Measure:
    """The axis from 0 to 1."""
    measure = next((each for each in measures.get(axis.suite, ()) if _is_meant(each, axis)), None)
    if measure is None:
        return _missing(name, f"{axis.suite} has no {axis.metric}")
    own = placed(measure, axis.suite)

    def scaled(draws: Draws) -> Values:
        return np.clip((own.statistic(draws) - axis.worst) / (axis.best - axis.worst), 0.0, 1.0)

    if np.isnan(measure.value()):
        return _missing(name, f"{axis.suite}: {measure.note or 'no value'}")
    part = replace(own, metric=name, better="higher", statistic=scaled, limits=(0.0, 1.0))
    # what is exact of the figure is not of the axis
    return replace(part, exact=None, note=None)


def _is_meant(measure: Measure, axis: Axis) -> bool:
    return measure.metric == axis.metric and measure.category == ALL


def _composite(parts: Mapping[str, Measure], settings: CompositeSettings) -> Measure:
    """exp(Σ w ln max(s, ε)), with ε = 1 / (2 n), so that none of n items is not the end of all."""
    weights = np.array([settings.axes[name].weight for name in parts])
    floors = [1 / (2 * max(part.num_items, 1)) for part in parts.values()]

    def geometric(*axes: Values) -> Values:
        logs = np.array([np.log(np.maximum(axis, floor)) for axis, floor in zip(axes, floors, strict=True)])
        mean: Values = weights @ logs / weights.sum()
        return np.asarray(np.exp(mean), dtype=float)

    return combined(COMPOSITE, "higher", list(parts.values()), geometric)


def _minimum(parts: Sequence[Measure]) -> Measure:
    return combined(MINIMUM, "higher", parts, lambda *axes: np.min(axes, axis=0))


def _missing(metric: str, note: str) -> Measure:
    return Measure(metric, "higher", lambda draws: np.full(len(draws.counts), np.nan), (), 0, note=note)
