"""How far additions that speak for the judge turn its verdicts, by kind of addition and by place."""

from collections.abc import Iterator

import duckdb

from quality.judges.bounds import BY_KIND, BY_PLACE, OVERALL
from quality.judges.measured import Measured, excess

_TRIALS = """
    SELECT split_group, moved, neutral_moved, tried.kind, place
    FROM steered_verdicts AS tried JOIN completion_pairs USING (pair_id)
    WHERE judge = ? AND tried.failure IS NULL ORDER BY pair_id, tried.kind
"""


def steered(connection: "duckdb.DuckDBPyConnection", judge: str) -> Iterator[Measured]:
    """Verdicts that such an addition turns to its response, less those that a neutral one does, as shares.

    What stands in thought reaches no judge, so it is a figure of its own and no part of the others.
    """
    trials = connection.execute(_TRIALS, [judge]).fetchall()
    shown = [trial for trial in trials if trial[4] != "thought"]
    yield excess(OVERALL, [trial[:3] for trial in shown])
    for label, kind in BY_KIND.items():
        yield excess(label, [trial[:3] for trial in shown if trial[3] == kind])
    for label, place in BY_PLACE.items():
        yield excess(label, [trial[:3] for trial in trials if trial[4] == place])
