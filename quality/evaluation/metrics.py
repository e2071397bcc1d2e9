"""Figures of a model's held-out answers; means and shares have a 95 % interval."""

from collections.abc import Iterable, Sequence

from datasets_registry.intervals import mean_interval, unit_interval, unit_means
from datasets_registry.rows.evaluation import EvaluationAnswer, Metric
from methods.method import Inputs, Method, Models, NoSettings

WIN_POINTS = {"win": 1.0, "tie": 0.5, "same": 0.5, "loss": 0.0}
Figure = tuple[str, float | None, tuple[float, float] | None, int]


def make_metrics(inputs: Inputs, models: Models, settings: NoSettings) -> list[Metric]:
    """The figures of all held-out answers."""
    return metrics(inputs.rows(EvaluationAnswer))


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
    yield from _refusals(group)
    lengths = unit_means((answer.split_group, float(answer.num_tokens)) for answer in group)
    yield "mean_tokens", sum(lengths) / len(lengths), mean_interval(lengths), len(group)
    yield _share("truncated_rate", [(answer, float(answer.finish_reason == "length")) for answer in group])
    yield from _rules(group)
    for n in (1, 2, 3):
        yield f"distinct_{n}", distinct_n((answer.completion for answer in group), n), None, len(group)
    if any(answer.verdict is not None for answer in group):
        yield from _wins(group)


def _refusals(group: Sequence[EvaluationAnswer]) -> Iterable[Figure]:
    """Refusals by phrases alone, and apart from them with the judge's word where it gave one."""
    phrases = [(answer, answer.refusal) for answer in group]
    judged = [(answer, answer.judged_refusal or answer.refusal) for answer in group]
    for prefix, refusals in (("", phrases), ("judged_", judged)):
        yield _share(f"{prefix}refusal_rate", [(answer, float(kind != "none")) for answer, kind in refusals])
        partial = [(answer, float(kind == "partial")) for answer, kind in refusals]
        yield _share(f"{prefix}partial_refusal_rate", partial)
    yield _share("unsure_refusal_rate", [(answer, float(not answer.refusal_sure)) for answer in group])
    asked = [answer for answer in group if not answer.refusal_sure]
    unjudged = [(answer, float(answer.judged_refusal is None)) for answer in asked]
    yield _share("unjudged_refusal_rate", unjudged)


def _rules(group: Sequence[EvaluationAnswer]) -> Iterable[Figure]:
    """The share of answers that keep each principle's rule, of those of which it can be decided."""
    for principle in sorted({held.principle_id for answer in group for held in answer.rules}):
        yield _share(
            f"kept_{principle}",
            [
                (answer, float(held.kept))
                for answer in group
                for held in answer.rules
                if held.principle_id == principle and held.kept is not None
            ],
        )


def _wins(group: Sequence[EvaluationAnswer]) -> Iterable[Figure]:
    """Wins plus half the ties; unparsed verdicts are counted separately, never as either."""
    judged = [(answer, WIN_POINTS[answer.verdict]) for answer in group if answer.verdict in WIN_POINTS]
    yield _share("win_rate", judged)
    yield _share("unparsed_rate", [(answer, float(answer.verdict == "unparsed")) for answer in group])
    yield _share("mean_p_win", [(answer, answer.p_win) for answer in group if answer.p_win is not None])


def _share(label: str, values: Sequence[tuple[EvaluationAnswer, float]]) -> Figure:
    """The mean of values from 0 to 1, each group of prompts counted once, with its interval over groups."""
    means = unit_means((answer.split_group, value) for answer, value in values)
    if not means:
        return label, None, None, 0
    return label, sum(means) / len(means), unit_interval(means, len(values)), len(values)


EVALUATION = Method(run=make_metrics, settings=NoSettings, rows=Metric)
