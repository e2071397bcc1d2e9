"""What the UI shows of several signals and of mixtures."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import duckdb

from datasets_registry.rows.rlaif import PreferencePair
from datasets_registry.rows.scored.pass_rates import PromptPassRate
from quality.judges.conflicts import conflicting, margins


def conflict_counts(pairs: Sequence[PreferencePair]) -> dict[str, float]:
    """Pairs on which two signals or more have a preference, and the share on which these disagree."""
    several = [pair for pair in pairs if len(margins(pair)) > 1]
    if not several:
        return {}
    share = sum(map(conflicting, several)) / len(several)
    return {"compared_by_several_signals": len(several), "conflicting_share": share}


def place_counts(rates: Sequence[PromptPassRate]) -> dict[str, int]:
    """Problems by their place in the band: what fell out, and why."""
    return dict(Counter(rate.place for rate in rates))


def mixture_summary(connection: "duckdb.DuckDBPyConnection") -> dict[str, Any]:
    """Rows and shares by source; where shares are of tokens, tokens too."""
    rows = connection.execute(
        "SELECT source, count(*), count(*) / sum(count(*)) OVER (), sum(num_tokens) FROM this"
        " GROUP BY source ORDER BY source"
    ).fetchall()
    figures: dict[str, Any] = {}
    for source, num_rows, share, num_tokens in rows:
        figures |= {f"rows_{source}": num_rows, f"share_{source}": share}
        figures |= {} if num_tokens is None else {f"tokens_{source}": int(num_tokens)}
    return figures
