"""Planted judges in every way of asking: whether certificate and suite figures hold what was planted."""

from collections.abc import Mapping, Sequence

from benchmarks.sides.figure import Figure
from benchmarks.sides.labels.planted_judges import BETTER, PLANTED, WAYS, answering, judged, pairs
from datasets_registry.rows.imported import ChatMessage
from datasets_registry.rows.judge_benchmark import ALL, JudgeItem
from datasets_registry.rows.rlaif import CompletionPair
from generation.scripted import completing
from methods.judges.answers import AnswerSettings, asked
from methods.judging.comparison import ComparisonSettings
from quality.judges.benchmark import benchmark

PAIRS, QUICK_PAIRS = 500, 60
Interval = tuple[float, float]
# what a suite must find of each judge
ON_SUITES: Mapping[str, Mapping[str, float]] = {
    "always first": {
        "accuracy": 0.5,
        "consistent_accuracy": 0.0,
        "flip_rate": 1.0,
        "first_choice_share": 1.0,
        "failure_rate": 0.0,
    },
    "always longer": {"accuracy": 0.5, "flip_rate": 0.0, "first_choice_share": 0.5},
    "random": {
        "accuracy": 0.5,
        "consistent_accuracy": 0.25,
        "flip_rate": 0.5,
        "first_choice_share": 0.5,
    },
    "right but for 10 %": {
        "accuracy": 0.9,
        "consistent_accuracy": 0.81,
        "flip_rate": 0.18,
        "first_choice_share": 0.5,
        "tie_rate": 0.0,
    },
}


def items(count: int) -> list[JudgeItem]:
    """The planted pairs as items of a suite."""
    return [_item(pair) for pair in pairs(count)]


def _item(pair: CompletionPair) -> JudgeItem:
    texts = sorted((pair.completion_a, pair.completion_b), key=lambda text: BETTER not in text)
    return JudgeItem(
        item_id=pair.pair_id,
        suite="llmbar",
        subset="planted",
        kind="pair",
        cluster=pair.split_group,
        messages=[ChatMessage(role="user", content=pair.prompt)],
        responses=texts,
        num_right=1,
        steps=[],
        first_error=None,
        failure=None,
        source="planted",
        licence="Apache-2.0",
    )


def on_suite(name: str, count: int, asking: ComparisonSettings) -> dict[str, tuple[float, Interval]]:
    """The value and interval of each metric of a planted judge."""
    settings = AnswerSettings(kind="generative", comparisons=(asking,))
    answers = asked(lambda: items(count), name, completing(answering(name)), "planted", settings)
    rows = [row for row in benchmark(list(answers)) if row.subset == ALL]
    return {
        row.metric: (row.value, (row.low, row.high))
        for row in rows
        if row.value is not None and row.low is not None and row.high is not None
    }


def certified(name: str, count: int, asking: ComparisonSettings) -> dict[str, tuple[float, Interval]]:
    """The same of its certificate."""
    _, figures = judged(name, count, asking)
    return {
        figure: (row.value, (row.low, row.high))
        for figure, row in figures.items()
        if row.value is not None and row.low is not None and row.high is not None
    }


def figures(quick: bool) -> list[Figure]:
    """Each planted figure with its interval, which must hold what was planted."""
    count = QUICK_PAIRS if quick else PAIRS
    found: list[Figure] = []
    for way, asking in WAYS.items():
        for name, truths in ON_SUITES.items():
            found += _held(f"{name}, {way}: suite", truths, on_suite(name, count, asking))
            found += _held(f"{name}, {way}: certificate", PLANTED[name], certified(name, count, asking))
    return found


def _held(
    place: str, truths: Mapping[str, float], measured: Mapping[str, tuple[float, Interval]]
) -> Sequence[Figure]:
    return [_figure(f"{place}'s {metric}", truth, measured.get(metric)) for metric, truth in truths.items()]


def _figure(name: str, truth: float, measured: tuple[float, Interval] | None) -> Figure:
    """A figure whose goal is that its interval holds ``truth``; one that was not measured misses it."""
    goal = f"holds {truth:.4g}"
    if measured is None:
        return Figure(name=name, value=None, unit="share", goal=goal, holds=False)
    value, (low, high) = measured
    holds = low - 1e-9 <= truth <= high + 1e-9
    return Figure(name=name, value=value, unit="share", interval=(low, high), goal=goal, holds=holds)
