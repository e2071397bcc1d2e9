"""Pairs on which signals disagree, counted in SQL and by rows alike."""

from collections.abc import Mapping

import duckdb
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from assets.ui.mixed import conflict_counts
from datasets_registry.rows.rlaif import PreferencePair, SignalShare
from datasets_registry.rows.row import to_table
from quality.judges.conflicts import CONFLICTING_SHARE
from tests.rows import make

SHARES = st.dictionaries(
    st.sampled_from(["harm", "help", "truth"]), st.sampled_from([0.0, 0.499, 0.501, 1.0])
)


def pairs(shares: list[Mapping[str, float]]) -> list[PreferencePair]:
    """A pair for each, with these shares by signal."""
    return [
        make(
            PreferencePair,
            f"p{place}",
            p_signals=[SignalShare(signal=signal, p_a=p_a) for signal, p_a in each.items()],
        )
        for place, each in enumerate(shares)
    ]


def share_by_sql(rows: list[PreferencePair]) -> float:
    """The share that the check measures."""
    with duckdb.connect() as connection:
        table: pa.Table = to_table(PreferencePair, rows)
        connection.register("this", table)
        (share,) = connection.execute(f"SELECT {CONFLICTING_SHARE} FROM this").fetchall()[0]
    return float(share)


def test_the_share_is_of_pairs_on_which_several_signals_have_a_preference() -> None:
    rows = pairs([{"harm": 0.1, "help": 0.9}, {"harm": 0.9, "help": 0.9}, {"harm": 0.1, "help": 0.501}, {}])
    assert conflict_counts(rows) == {"compared_by_several_signals": 2, "conflicting_share": 0.5}
    assert share_by_sql(rows) == 0.5
    assert conflict_counts(pairs([{"harm": 0.1}])) == {} and share_by_sql(pairs([{"harm": 0.1}])) == 0


@given(shares=st.lists(SHARES, min_size=1, max_size=6))
def test_sql_counts_what_rows_count(shares: list[Mapping[str, float]]) -> None:
    rows = pairs(shares)
    assert share_by_sql(rows) == conflict_counts(rows).get("conflicting_share", 0)
