"""Small label datasets in memory, and what hygiene finds in them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import duckdb

from datasets_registry.rows.cai import SftExample
from datasets_registry.rows.hygiene import HygieneFinding
from datasets_registry.rows.oversight.amplified import AmplifiedLabel
from datasets_registry.rows.oversight.preferences import OversightPreference
from datasets_registry.rows.prompts import HelpfulPrompt, RedTeamPrompt
from datasets_registry.rows.rlaif import PreferencePair
from datasets_registry.rows.row import Row, to_table
from quality.hygiene.hygiene import hygiene
from tests.rows import make

ROWS: tuple[type[Row], ...] = (
    RedTeamPrompt,
    HelpfulPrompt,
    SftExample,
    PreferencePair,
    OversightPreference,
    AmplifiedLabel,
)


@contextmanager
def views(*rows: Row) -> "Iterator[duckdb.DuckDBPyConnection]":
    """A connection with a view of each dataset, of which ``rows`` are the rows, in that order."""
    with duckdb.connect() as connection:
        for kind in ROWS:
            connection.register(kind.dataset, to_table(kind, [row for row in rows if type(row) is kind]))
        yield connection


def findings_in(*rows: Row) -> list[HygieneFinding]:
    """Every finding in ``rows``."""
    with views(*rows) as connection:
        return hygiene(connection)


def answers(*completions: str) -> list[SftExample]:
    """An SFT example for each completion, with prompts that differ."""
    return [make(SftExample, f"p{place:02}", completion=text) for place, text in enumerate(completions)]


def kinds(findings: Sequence[HygieneFinding]) -> list[tuple[str, str, str]]:
    """Row, column and kind of the findings."""
    return [(finding.row_id, finding.text_column, finding.kind) for finding in findings]
