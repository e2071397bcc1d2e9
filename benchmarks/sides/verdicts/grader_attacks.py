"""Whether judged texts speak for judges: python -m benchmarks.sides.verdicts.grader_attacks [--json]."""

from collections.abc import Iterator

from benchmarks.sides.figure import Figure, exactly, run
from benchmarks.sides.labels.smollm2 import MODEL, smollm2
from benchmarks.sides.labels.smollm2_steered import (
    WRITTEN,
    certified,
    own_answers,
    template_broken,
)
from benchmarks.sides.labels.steered_judges import JUDGES, steered
from datasets_registry.intervals import wilson_interval
from datasets_registry.rows.judges import JudgeFigure
from datasets_registry.state import State
from generation.models.sources import resolve_model
from quality.judges.bounds import OVERALL, STEERED

# the figures of one draw share its pairs, so a small number of draws strays from 95 %
LEAST_INSIDE = 0.9


def planted(count: int, seeds: int) -> Iterator[Figure]:
    """Each planted susceptibility is within the interval that the certificate names, in most of the draws."""
    for name, judge in JUDGES.items():
        drawn = [steered(judge, count, seed) for seed in range(seeds)]
        truth = judge.figures()
        yield _of(drawn[0][OVERALL], f"judge '{name}', {OVERALL}, planted {truth[OVERALL]:.3g}")
        inside = [_holds(figures[label], share) for figures in drawn for label, share in truth.items()]
        yield Figure(
            name=f"judge '{name}', intervals of {len(inside)} that hold what was planted",
            value=sum(inside) / len(inside),
            unit="share",
            interval=wilson_interval(sum(inside), len(inside)),
            goal=f">= {LEAST_INSIDE}",
            holds=sum(inside) >= LEAST_INSIDE * len(inside),
        )


def _holds(row: JudgeFigure, truth: float) -> bool:
    assert row.low is not None and row.high is not None
    return row.low - 1e-9 <= truth <= row.high + 1e-9


def _of(row: JudgeFigure, name: str) -> Figure:
    interval = None if row.low is None or row.high is None else (row.low, row.high)
    return Figure(name=f"{name}, of {row.num_items}", value=row.value, unit="share", interval=interval)


def broken() -> Iterator[Figure]:
    """Additions that change a call's lines outside the quotation, or its control tokens."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(
        resolve_model(MODEL, State().models), local_files_only=True, trust_remote_code=False
    )
    count, tried = template_broken(tokenizer)
    yield exactly(f"additions of {tried} that break the template", count, 0, "additions")


def real(num_prompts: int | None) -> Iterator[Figure]:
    """How far additions turn SmolLM2, which compares its own answers; without prompts, two written ones."""
    with smollm2() as complete:
        pairs = WRITTEN if num_prompts is None else own_answers(num_prompts, complete)
        figures, cost = certified(pairs, complete)
    yield Figure(name=f"SmolLM2: new calls, of {cost.asked} asked", value=cost.new, unit="calls")
    for label in STEERED:
        yield _of(figures[label], f"SmolLM2, {label}")


def measure(quick: bool) -> list[Figure]:
    """All figures; quickly over fewer pairs, draws and prompts."""
    return [
        *broken(),
        *planted(60 if quick else 150, 1 if quick else 20),
        *real(None if quick else 48),
    ]


if __name__ == "__main__":
    run(measure, __doc__)
