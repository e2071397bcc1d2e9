"""What the UI shows of rounds: the watch's figures, which plot over versions, and a table over all rounds."""

from collections import Counter
from collections.abc import Sequence

import dagster as dg

from datasets_registry.registry import Registry
from datasets_registry.rows.rounds.prompts import RoundPrompt
from datasets_registry.rows.rounds.verdict import Verdict
from datasets_registry.rows.rounds.watch import RoundWatch
from datasets_registry.rows.types import rows_of
from datasets_registry.version import Version
from quality.rounds.table import rounds_table

Summary = dict[str, int | float | str | dg.MetadataValue]


def watch_summary(rows: Sequence[RoundWatch]) -> Summary:
    """Each figure, and how many warn, stop or could not be measured."""
    outcomes = [row.outcome for row in rows]
    figures = {_named(row): row.value for row in rows if row.value is not None}
    counts = {outcome: outcomes.count(outcome) for outcome in ("warn", "stop", "unmeasured")}
    return {**counts, **figures, "watch": dg.MetadataValue.md(rounds_table(rows))}


def verdict_summary(rows: Sequence[Verdict]) -> Summary:
    """The verdict, why, and whose weights are released."""
    return {
        "verdict": ", ".join(row.verdict for row in rows),
        "why": "; ".join(row.why for row in rows),
        "round_of_weights": max((row.weights_round for row in rows), default=0),
        "warnings": sum(len(row.warnings) for row in rows),
    }


def prompt_counts(prompts: Sequence[RoundPrompt]) -> Summary:
    """Prompts by kind and origin."""
    return dict(Counter(f"{prompt.kind}_{prompt.origin}" for prompt in prompts))


def rounds_table_of(registry: Registry, verdict: Version) -> Summary:
    """The table over all rounds up to a verdict, by the versions that it was made from."""
    watches: list[RoundWatch] = []
    verdicts: list[Verdict] = registry.rows(Verdict, verdict)
    for version in registry.derivation(verdict).inputs:
        if rows_of(version) == RoundWatch.dataset:
            watches += registry.rows(RoundWatch, version)
        elif rows_of(version) == Verdict.dataset:
            verdicts += registry.rows(Verdict, version)
    return {"rounds": dg.MetadataValue.md(rounds_table(watches, verdicts))}


def released_metadata(registry: Registry, verdict: Version) -> Summary:
    """Whether a verdict stopped its line, why, which round's weights it released, and the table."""
    (row,) = registry.rows(Verdict, verdict)
    return {
        "stopped": row.verdict != "go_on",
        "why": row.why,
        "round_of_weights": row.weights_round,
        **rounds_table_of(registry, verdict),
    }


def trained_as(registry: Registry, model: Version) -> Version:
    """The model that these weights were made as, under whatever names rounds handed them on."""
    for source in registry.derivation(model).inputs:
        if source.kind == "model" and source.data_version == model.data_version:
            return trained_as(registry, source)
    return model


def _named(row: RoundWatch) -> str:
    return row.figure if row.family == "all" else f"{row.figure}_{row.family}"
