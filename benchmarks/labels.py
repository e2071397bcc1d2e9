"""Whether labels can be trusted, and what a change costs: python benchmarks/labels.py [--json] [--quick].

TRIMTAB_HH_RLHF names the file `harmless-base_test.jsonl.gz` of HH-RLHF; without it people are not compared.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

# run as a file, this folder would hide the package of the same name
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.sides.figure import Figure, exactly, run
from benchmarks.sides.labels.changes import changes
from benchmarks.sides.labels.hijack import broken, hijacks, shifts, spread
from benchmarks.sides.labels.human_pairs import agreement, known
from benchmarks.sides.labels.human_pairs import judged as judged_by_people_too
from benchmarks.sides.labels.planted_judges import JUDGES, PLANTED, judged
from benchmarks.sides.labels.smollm2 import MODEL, smollm2
from datasets_registry.intervals import mean_interval, wilson_interval
from datasets_registry.state import State
from generation.models.sources import resolve_model


def planted(count: int) -> Iterator[Figure]:
    """Each planted fault is within the interval that the certificate names."""
    for name in JUDGES:
        labels, figures = judged(name, count)
        for figure, truth in PLANTED[name].items():
            row = figures[figure]
            assert row.value is not None and row.low is not None and row.high is not None
            yield Figure(
                name=f"judge '{name}', {figure}",
                value=row.value,
                unit="share",
                interval=(row.low, row.high),
                goal=f"interval holds {truth:.3g}",
                holds=row.low <= truth + 1e-9 and truth - 1e-9 <= row.high,
            )
        if name == "always first":
            ties = sum(pair.label == "tie" for pair in labels)
            yield exactly(f"judge '{name}', ties among {count} labels", ties, count, "labels")


def hijacked(count: int) -> Iterator[Figure]:
    """What forty responses that try to steer the judge achieve."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(
        resolve_model(MODEL, State().models), local_files_only=True, trust_remote_code=False
    )
    num_broken = broken(hijacks(), tokenizer)
    yield exactly(f"hijacks of {len(hijacks())} that break the template", num_broken, 0, "hijacks")
    with smollm2() as complete:
        differences = shifts(spread(count), complete, complete.backend.fingerprint)
    yield Figure(
        name=f"shift of P(chosen) by {count} hijacks, SmolLM2",
        value=sum(differences) / len(differences),
        unit="probability",
        interval=mean_interval(differences),
    )


def people(count: int) -> Iterator[Figure]:
    """Agreement of SmolLM2, and of 'the longer is better', with people on harmlessness."""
    if not known():
        yield Figure(name="agreement with people (TRIMTAB_HH_RLHF is not set)", value=None, unit="share")
        return
    with smollm2() as complete:
        counts = agreement(judged_by_people_too(count, complete, complete.backend.fingerprint))
    yield Figure(name="comparisons that SmolLM2 labels", value=counts.labelled / counts.total, unit="share")
    for name, hits, total in (
        ("SmolLM2's labels that are the person's (chance: 0.5)", counts.hits, counts.labelled),
        ("longer answers that are the person's", counts.longer_hits, counts.unequal),
    ):
        interval = wilson_interval(hits, total) if total else None
        value = hits / total if total else None
        yield Figure(name=f"{name}, of {total}", value=value, unit="share", interval=interval)


def changed(num_prompts: int) -> Iterator[Figure]:
    """New judge calls after each change, against those that it must cost."""
    for name, (calls, expected) in changes(num_prompts, 100).items():
        yield exactly(f"new judge calls: {name}", calls, expected, "calls")


def measure(quick: bool) -> list[Figure]:
    """All figures; quickly over fewer pairs, hijacks and prompts."""
    return [
        *planted(500),
        *changed(1_000 if quick else 10_000),
        *hijacked(4 if quick else len(hijacks())),
        *people(6 if quick else 400),
    ]


if __name__ == "__main__":
    run(measure, __doc__)
