"""Judges on suites: figures of each judge, way of asking, suite and subset, beside content-blind ones."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from datasets_registry.rows.judge_benchmark import ALL, BenchmarkFigure, JudgeAnswer, JudgeItem
from methods.method import Inputs, Method, Models, NoSettings
from quality.judges.blind import blind_answers
from quality.judges.measured import Measured
from quality.judges.suite_metrics import agreement, measured

Answers = Sequence[JudgeAnswer]


def make_benchmark(inputs: Inputs, models: Models, settings: NoSettings) -> list[BenchmarkFigure]:
    """The figures of the answers of every judge to the items."""
    answers = [*inputs.stream(JudgeAnswer), *blind_answers(inputs.rows(JudgeItem))]
    return list(benchmark(answers))


def benchmark(answers: Iterable[JudgeAnswer]) -> Iterator[BenchmarkFigure]:
    """The figures of each judge and suite; of its subsets where there are several."""
    for _, of_judge in sorted(by(answers, "judge").items()):
        for _, of_suite in sorted(by(of_judge, "suite").items()):
            subsets = by(of_suite, "subset")
            parts = {ALL: of_suite} | (subsets if len(subsets) > 1 else {})
            for subset, part in parts.items():
                for asked, figure in _of_ways(part):
                    yield _row(part[0], asked, subset, figure)


def _of_ways(answers: Answers) -> Iterator[tuple[str, Measured]]:
    """The figures of each way of asking, and how far the usual one agrees with the others."""
    ways = by(answers, "asked")
    for asked, part in ways.items():
        yield from ((asked, figure) for figure in measured(part))
    yield from agreements(ways)


def agreements(ways: Mapping[str, Answers]) -> Iterator[tuple[str, Measured]]:
    """How far the usual way of asking agrees with each other one, under its name."""
    usual = {asked: part for asked, part in ways.items() if part[0].usual}
    for asked, part in usual.items():
        for other in sorted(ways.keys() - usual.keys()):
            yield asked, agreement(f"agreement_with_{other.replace(' ', '_')}", part, ways[other])


def by(answers: Iterable[JudgeAnswer], column: str) -> dict[str, list[JudgeAnswer]]:
    """The answers by what they say in ``column``."""
    groups: dict[str, list[JudgeAnswer]] = {}
    for answer in answers:
        groups.setdefault(getattr(answer, column), []).append(answer)
    return groups


def _row(answer: JudgeAnswer, asked: str, subset: str, figure: Measured) -> BenchmarkFigure:
    low, high = figure.interval or (None, None)
    return BenchmarkFigure(
        judge=answer.judge,
        judge_kind=answer.judge_kind,
        asked=asked,
        suite=answer.suite,
        subset=subset,
        metric=figure.label,
        value=figure.value,
        low=low,
        high=high,
        num_items=figure.num_items,
        num_clusters=figure.num_groups,
    )


def certified(answers: Answers, bounded: Iterable[str]) -> Iterator[Measured]:
    """One judge's figures for its certificate, under names such as ``llmbar_accuracy``.

    Only those of the usual way of asking, and how other ways agree with it. One that is ``bounded`` and was
    not measured is there without a value.
    """
    labels = set()
    for suite, of_suite in sorted(by(answers, "suite").items()):
        ways = by(of_suite, "asked")
        usual = [figure for part in ways.values() if part[0].usual for figure in measured(part)]
        for figure in [*usual, *(figure for _, figure in agreements(ways))]:
            labels.add(f"{suite}_{figure.label}")
            yield figure.called(f"{suite}_{figure.label}")
    yield from (Measured(label) for label in sorted({*bounded} - labels))


JUDGE_BENCHMARK = Method(run=make_benchmark, settings=NoSettings, rows=BenchmarkFigure)
