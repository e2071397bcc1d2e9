"""Figures of a model's held-out answers; means and shares have a 95 % interval."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from datasets_registry.hashing import derive_seed
from datasets_registry.intervals import wilson_interval
from datasets_registry.rows.evaluation import EvaluationAnswer, Metric
from methods.method import Inputs, Method, Models, NoSettings

RESAMPLES = 2_000
WIN_POINTS = {"win": 1.0, "tie": 0.5, "same": 0.5, "loss": 0.0}
Figure = tuple[str, float | None, tuple[float, float] | None, int]


def make_metrics(inputs: Inputs, models: Models, settings: NoSettings) -> list[Metric]:
    """The figures of all held-out answers."""
    return metrics(inputs.rows(EvaluationAnswer))


def bootstrap_interval(
    values: Sequence[float], statistic: Callable[[np.ndarray], float] = np.mean
) -> tuple[float, float]:
    """The 95 % percentile interval of a statistic; seeded by the values, so it is reproducible."""
    sample = np.asarray(values, dtype=float)
    generator = np.random.default_rng(derive_seed("bootstrap", [float(value) for value in sample]))
    resamples = generator.integers(0, len(sample), size=(RESAMPLES, len(sample)))
    figures = [statistic(sample[positions]) for positions in resamples]
    low, high = np.percentile(figures, [2.5, 97.5])
    return float(low), float(high)


def distinct_n(texts: Iterable[str], n: int) -> float | None:
    """The share of distinct word n-grams among all (Li et al. 2016); None where there are none."""
    grams: list[tuple[str, ...]] = []
    for text in texts:
        words = text.lower().split()
        grams += [tuple(words[start : start + n]) for start in range(len(words) - n + 1)]
    return len(set(grams)) / len(grams) if grams else None


def metrics(answers: Sequence[EvaluationAnswer]) -> list[Metric]:
    """Win rate against the base, refusal rate, mean length and distinct-1/2/3 by model and kind."""
    groups = sorted({(answer.model, answer.kind) for answer in answers})
    rows = []
    for model, kind in groups:
        group = [answer for answer in answers if (answer.model, answer.kind) == (model, kind)]
        for metric, value, interval, count in _figures(group):
            low, high = interval if interval else (None, None)
            rows.append(
                Metric(
                    model=model,
                    kind=kind,
                    metric=metric,
                    value=value,
                    low=low,
                    high=high,
                    num_items=count,
                )
            )
    return rows


def _figures(group: Sequence[EvaluationAnswer]) -> Iterable[Figure]:
    count = len(group)
    refused = sum(answer.refused for answer in group)
    yield "refusal_rate", refused / count, wilson_interval(refused, count), count
    lengths = [float(answer.num_tokens) for answer in group]
    yield "mean_tokens", sum(lengths) / count, bootstrap_interval(lengths), count
    truncated = sum(answer.finish_reason == "length" for answer in group)
    yield "truncated_rate", truncated / count, wilson_interval(truncated, count), count
    for n in (1, 2, 3):
        yield f"distinct_{n}", distinct_n((answer.completion for answer in group), n), None, count
    if any(answer.verdict is not None for answer in group):
        yield from _wins(group)


def _wins(group: Sequence[EvaluationAnswer]) -> Iterable[Figure]:
    """Wins plus half the ties; unparsed verdicts are counted separately, never as either."""
    points = [WIN_POINTS[answer.verdict] for answer in group if answer.verdict in WIN_POINTS]
    value = sum(points) / len(points) if points else None
    yield "win_rate", value, bootstrap_interval(points) if points else None, len(points)
    unparsed = sum(answer.verdict == "unparsed" for answer in group)
    yield "unparsed_rate", unparsed / len(group), wilson_interval(unparsed, len(group)), len(group)
    margins = [answer.p_win for answer in group if answer.p_win is not None]
    mean = sum(margins) / len(margins) if margins else None
    yield "mean_p_win", mean, bootstrap_interval(margins) if margins else None, len(margins)


EVALUATION = Method(run=make_metrics, settings=NoSettings, rows=Metric)
