"""Over-optimisation: what a held-out reward does while that of the model in training rises, step by step.

Steps are best-of-n for greater n, or rounds. Rewards of two models have no common scale: gains are compared
in standard deviations of the first step's answers to one prompt.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from methods.evaluation.measures import Draws, Measure, Values, combined, less, mean_of

RISES_AND_FALLS = "the held-out reward falls although the proxy rises"


@dataclass(frozen=True)
class Rewarded:
    """An answer with its reward by the model in training, the proxy, and by what is held out."""

    cluster: str
    item_id: str
    proxy: float
    held_out: float


@dataclass(frozen=True)
class Step:
    """A policy on the way: its mean rewards over the same prompts as of every other step."""

    name: str
    number: int
    proxy: Measure
    held_out: Measure


def along_best_of(rewarded: Sequence[Rewarded], numbers: Sequence[int]) -> Iterator[Measure]:
    """The best by proxy of n answers, for each n; of prompts with as many answers as the greatest n."""
    prompts = [answers for answers in by_prompt(rewarded) if len(answers) >= max(numbers)]
    steps = [Step(f"best_of_{n}", n, *_best_of(prompts, n)) for n in numbers]
    yield from along(steps, prompts)
    for step in steps:
        yield _divergence(step)


def along_rounds(rewarded: Mapping[int, Sequence[Rewarded]]) -> Iterator[Measure]:
    """The policies of rounds, in their order; of prompts that every round has answers to."""
    known = [{answer.item_id for answer in of_round} for of_round in rewarded.values()]
    everywhere = set.intersection(*known) if known else set()
    steps, first = [], None
    for number in sorted(rewarded):
        answers = [answer for answer in rewarded[number] if answer.item_id in everywhere]
        first = by_prompt(answers) if first is None else first
        steps.append(Step(f"round_{number}", number, *_means(f"round_{number}", answers)))
    yield from along(steps, first or [])


def by_prompt(rewarded: Sequence[Rewarded]) -> list[list[Rewarded]]:
    """The answers to each prompt."""
    prompts: dict[str, list[Rewarded]] = {}
    for answer in rewarded:
        prompts.setdefault(answer.item_id, []).append(answer)
    return list(prompts.values())


def along(steps: Sequence[Step], first: Sequence[Sequence[Rewarded]]) -> Iterator[Measure]:
    """Figures of the steps; ``first`` are the first one's answers by prompt, whose spread is the unit."""
    spreads = (_spread("proxy", first), _spread("held_out", first))
    for place, step in enumerate(steps):
        yield from (step.proxy, step.held_out)
        if place:
            yield _change(steps[place - 1], step)
            yield _gap(steps[0], step, *spreads)
    if steps:
        yield _peak(steps)


def _best_of(prompts: Sequence[Sequence[Rewarded]], n: int) -> tuple[Measure, Measure]:
    proxy, held_out = [], []
    for answers in prompts:
        proxies = [answer.proxy for answer in answers]
        cluster = answers[0].cluster
        proxy.append((cluster, expected_of_best(proxies, proxies, n)))
        held_out.append((cluster, expected_of_best(proxies, [answer.held_out for answer in answers], n)))
    name = f"best_of_{n}"
    return mean_of(f"proxy_{name}", "neither", proxy), mean_of(f"held_out_{name}", "higher", held_out)


def _means(name: str, answers: Sequence[Rewarded]) -> tuple[Measure, Measure]:
    proxy = mean_of(f"proxy_{name}", "neither", [(answer.cluster, answer.proxy) for answer in answers])
    held_out = [(answer.cluster, answer.held_out) for answer in answers]
    return proxy, mean_of(f"held_out_{name}", "higher", held_out)


def expected_of_best(proxies: Sequence[float], values: Sequence[float], n: int) -> float:
    """The value of the best by proxy of n answers, expected over all choices of n; among equals, any of them.

    The answer of rank r from below is the best of C(r - 1, n - 1) of all C(N, n) choices.
    """
    order = sorted(range(len(proxies)), key=lambda place: proxies[place])
    ways = math.comb(len(order), n)
    chances: dict[float, list[float]] = {}
    for rank, place in enumerate(order):
        chances.setdefault(proxies[place], []).append(math.comb(rank, n - 1) / ways)
    equal = {proxy: math.fsum(chance) / len(chance) for proxy, chance in chances.items()}
    return math.fsum(equal[proxy] * value for proxy, value in zip(proxies, values, strict=True))


def best_of_divergence(n: int) -> float:
    """How far best-of-n is from the policy: at most log n - (n - 1) / n nats of KL divergence."""
    return math.log(n) - (n - 1) / n


def _divergence(step: Step) -> Measure:
    nats = best_of_divergence(step.number)

    def statistic(draws: Draws) -> Values:
        return np.full(len(draws.counts), nats)

    return Measure(
        f"kl_{step.name}",
        "neither",
        statistic,
        step.proxy.clusters,
        step.proxy.num_items,
        exact=lambda: (nats, nats),
        note=step.proxy.note,
    )


def _spread(of: str, prompts: Sequence[Sequence[Rewarded]]) -> Measure:
    """The mean variance of the rewards of one prompt's answers."""
    variances = [
        (answers[0].cluster, float(np.var([getattr(answer, of) for answer in answers], ddof=1)))
        for answers in prompts
        if len(answers) > 1
    ]
    return mean_of(f"variance_{of}", "neither", variances)


def _change(before: Step, step: Step) -> Measure:
    """The held-out reward less that of the step before, with a word where the proxy moves the other way."""
    change = less(f"held_out_change_{step.name}", "higher", step.held_out, before.held_out)
    if change.note or not change.clusters:
        return change
    rises = step.proxy.value() > before.proxy.value()
    return change.noted(RISES_AND_FALLS) if rises and change.value() < 0 else change


def _gap(first: Step, step: Step, proxy_variance: Measure, held_out_variance: Measure) -> Measure:
    """By how many standard deviations the proxy gains more than the held-out reward does."""

    def gap(*values: Values) -> Values:
        proxy, proxy_first, held_out, held_out_first, proxy_var, held_out_var = values
        spreads = (np.where(var > 0, np.sqrt(var), np.nan) for var in (proxy_var, held_out_var))
        proxy_spread, held_out_spread = spreads
        gain: Values = (proxy - proxy_first) / proxy_spread - (held_out - held_out_first) / held_out_spread
        return gain

    parts = (step.proxy, first.proxy, step.held_out, first.held_out, proxy_variance, held_out_variance)
    measure = combined(f"gap_{step.name}", "lower", parts, gap)
    if measure.note is None and np.isnan(measure.value()):
        return measure.noted("all samples of a prompt have the same reward, so gains cannot be scaled")
    return measure


def _peak(steps: Sequence[Step]) -> Measure:
    """The number of the step whose held-out reward is greatest; the first one of equals."""
    numbers = np.array([step.number for step in steps], dtype=float)

    def peak(*held_out: Values) -> Values:
        # a draw's rounding must not make one of equals the greatest
        rounded = np.round(np.array(held_out), 12)
        known = np.isfinite(rounded).all(axis=0)
        return np.where(known, numbers[np.argmax(rounded, axis=0)], np.nan)

    measure = combined("held_out_peaks_at", "neither", [step.held_out for step in steps], peak)
    return replace(measure, limits=(float(numbers.min()), float(numbers.max())))


def rank_correlation(rewarded: Sequence[Rewarded]) -> Measure:
    """Spearman's correlation of proxy and held-out reward over one prompt's answers, as a mean over prompts.

    Prompts whose answers all have one reward are left out, and counted as missing.
    """
    prompts = by_prompt(rewarded)
    figures = [(answers[0].cluster, spearman(answers)) for answers in prompts]
    known = [(cluster, value) for cluster, value in figures if value is not None]
    measure = mean_of("rank_correlation", "higher", known, len(figures) - len(known))
    return replace(measure, limits=(-1.0, 1.0))


def spearman(answers: Sequence[Rewarded]) -> float | None:
    """The correlation of the ranks of both rewards; None where one of them does not vary."""
    first = _ranks([answer.proxy for answer in answers])
    second = _ranks([answer.held_out for answer in answers])
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return None
    return float(np.corrcoef(first, second)[0, 1])


def _ranks(values: Sequence[float]) -> np.ndarray:
    """The mean rank of each value among equals, from 0."""
    array = np.asarray(values, dtype=float)
    below = (array[:, None] > array).sum(axis=1)
    equal = (array[:, None] == array).sum(axis=1)
    return np.asarray(below + (equal - 1) / 2, dtype=float)
