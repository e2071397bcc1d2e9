"""Figures of planted models by plain arithmetic, from what was planted and without the code that measures."""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from statistics import correlation, fmean, variance

STEPS = (1, 2, 4, 8)
# a confidence, and how many answers of it are right and wrong
Sure = tuple[float, int, int]
Figures = Mapping[str, float]


def held_out(rewards: Sequence[float]) -> dict[str, float]:
    """Figures of over-optimisation where every prompt's samples have these held-out rewards.

    They stand in the order of their proxy rewards, 0, 1, 2 and so on.
    """
    best = {n: expected(rewards, n) for n in STEPS}
    proxies = [float(place) for place in range(len(rewards))]
    gains = {n: expected(proxies, n) - fmean(proxies) for n in STEPS}
    moves = {f"held_out_best_of_{n}": best[n] for n in STEPS}
    for before, n in pairwise(STEPS):
        moves[f"held_out_change_best_of_{n}"] = best[n] - best[before]
        proxy_gain = gains[n] / math.sqrt(variance(proxies))
        moves[f"gap_best_of_{n}"] = proxy_gain - (best[n] - best[1]) / math.sqrt(variance(rewards))
    moves["held_out_peaks_at"] = max(STEPS, key=lambda n: best[n])
    moves["rank_correlation"] = correlation(_ranks(proxies), _ranks(rewards))
    return moves


def expected(rewards: Sequence[float], n: int) -> float:
    """The reward of the last of n of the samples, expected over all choices of n."""
    ways = math.comb(len(rewards), n)
    return math.fsum(math.comb(place, n - 1) / ways * reward for place, reward in enumerate(rewards))


def less(ours: Figures, theirs: Figures) -> dict[str, float]:
    """Those of the figures that differ between two models, and by how much."""
    moves = {metric: ours[metric] - theirs[metric] for metric in ours}
    return {metric: by for metric, by in moves.items() if abs(by) > 1e-9}


def confidence(*groups: Sure) -> dict[str, float]:
    """Figures of calibration of answers in groups of equal confidence, the surest first."""
    total = sum(right + wrong for _, right, wrong in groups)
    distances = (abs(sure * (right + wrong) - right) for sure, right, wrong in groups)
    taken, missed, risks = 0, 0.0, list[float]()
    for _, right, wrong in groups:
        for _ in range(right + wrong):
            taken, missed = taken + 1, missed + wrong / (right + wrong)
            risks.append(missed / taken)
    return {"calibration_error": math.fsum(distances) / total, "risk_coverage_area": fmean(risks)}


def _ranks(values: Sequence[float]) -> list[float]:
    """The mean rank of each value among equals."""
    return [sum(o < value for o in values) + sum(o == value for o in values) / 2 for value in values]
