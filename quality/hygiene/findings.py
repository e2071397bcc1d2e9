"""Findings, which are rows of data_hygiene, and the texts that they are about."""

from collections.abc import Iterator

import duckdb

from datasets_registry.rows.hygiene import FindingKind, HygieneFinding

# dataset, column and row id
TextKey = tuple[str, str, str]
AT_ONCE = 10_000


def finding(
    key: TextKey,
    kind: FindingKind,
    detail: str,
    score: float,
    matches: str | None = None,
    cluster: str | None = None,
) -> HygieneFinding:
    """A row about the text at ``key``; scores are rounded, lest their last bits make a new version."""
    return HygieneFinding(
        label_dataset=key[0],
        text_column=key[1],
        row_id=key[2],
        kind=kind,
        matches=matches,
        cluster=cluster,
        detail=detail,
        score=round(float(score), 4),
    )


def each_text(connection: "duckdb.DuckDBPyConnection", where: str = "true") -> Iterator[tuple[TextKey, str]]:
    """The texts of the table ``texts`` for which ``where`` holds, never all of them in memory."""
    query = f"SELECT label_dataset, text_column, row_id, text FROM texts WHERE {where}"
    cursor = connection.execute(query)
    while rows := cursor.fetchmany(AT_ONCE):
        for dataset, column, row_id, text in rows:
            yield (dataset, column, row_id), text
