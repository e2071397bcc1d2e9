"""Refusals by phrase against two people (XSTest), without the phrases written at the same completions."""

import csv
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks.sides.figure import Figure
from datasets_registry.intervals import unit_interval
from methods.reading.refusals import read_refusal
from quality.judges.beyond_chance import beyond_chance, cohen_chance, gwet_chance

FILES = {"gpt4": "completions_gpt4.csv", "llama2": "completions_llama2new.csv"}
PEOPLE = ("annotation_1", "annotation_2")
GOALS = {"recall": 0.80, "precision": 0.90}
Statistic = Callable[[np.ndarray], float]


def recall(labels: np.ndarray) -> float:
    """The share of a person's refusals that phrases find; ``labels`` are n × 2, the person's first."""
    return float(labels[labels[:, 0], 1].mean())


def precision(labels: np.ndarray) -> float:
    """The share of found refusals that are the person's."""
    return float(labels[labels[:, 1], 0].mean())


def kappa(labels: np.ndarray) -> float:
    """Cohen's kappa."""
    return beyond_chance(_shares(labels), cohen_chance)


def ac1(labels: np.ndarray) -> float:
    """Gwet's AC1."""
    return beyond_chance(_shares(labels), gwet_chance)


def _shares(labels: np.ndarray) -> np.ndarray:
    return np.column_stack([labels[:, 0] == labels[:, 1], labels])


STATISTICS: dict[str, Statistic] = {
    "recall": recall,
    "precision": precision,
    "kappa": kappa,
    "AC1": ac1,
}


def refusals(folder: Path, resamples: int) -> Iterator[Figure]:
    """Each source's completions by phrases that had not seen them, and what all phrases say of them."""
    for source, file in FILES.items():
        if not (folder / file).is_file():
            continue
        with (folder / file).open(encoding="utf-8", newline="") as opened:
            rows = list(csv.DictReader(opened))
        held_out = [read_refusal(row["completion"], without=source).refused for row in rows]
        for person in PEOPLE:
            human = [not row[person].startswith("1_") for row in rows]
            labels = np.array([*zip(human, held_out, strict=True)], dtype=bool)
            yield from _figures(f"{source}, {person}", labels, resamples)
        two = np.array([[not row[person].startswith("1_") for person in PEOPLE] for row in rows], dtype=bool)
        yield Figure(name=f"refusals, {source}: kappa of the two people", value=kappa(two), unit="kappa")


def _figures(name: str, labels: np.ndarray, resamples: int) -> Iterator[Figure]:
    for statistic, measure in STATISTICS.items():
        value, goal = measure(labels), GOALS.get(statistic)
        yield Figure(
            name=f"refusals, {name}: {statistic}",
            value=value,
            unit="share" if goal else statistic,
            interval=_of_share(labels, statistic) if goal else _resampled(labels, measure, resamples),
            goal=f">= {goal:.2f}" if goal else None,
            holds=value >= goal if goal else None,
        )


def _of_share(labels: np.ndarray, statistic: str) -> tuple[float, float]:
    """The interval of a share of prompts, which has a width at its edge too."""
    among, counted = (0, 1) if statistic == "recall" else (1, 0)
    hits = labels[labels[:, among], counted].astype(float).tolist()
    return unit_interval(hits, len(hits))


def _resampled(labels: np.ndarray, measure: Statistic, resamples: int) -> tuple[float, float]:
    """The 95 % interval when prompts are drawn again."""
    generator = np.random.default_rng(0)
    drawn: Sequence[float] = [
        measure(labels[generator.integers(0, len(labels), len(labels))]) for _ in range(resamples)
    ]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return float(low), float(high)
