"""Duplicates: equal and nearly equal texts of a dataset, and prompts that nearly stand in both splits."""

from collections.abc import Iterator

import duckdb

from datasets_registry.rows.hygiene import FindingKind, HygieneFinding
from quality.hygiene.clusters import Duplicate, near_duplicates
from quality.hygiene.findings import Place, finding
from quality.hygiene.words import normalised

_COLUMNS = "SELECT DISTINCT label_dataset, text_column FROM texts ORDER BY ALL"
# rows that share a prompt on purpose count once
_EQUAL = """
SELECT list_sort(list(row_id)), words FROM (
    SELECT min(row_id) AS row_id, text, words FROM texts WHERE label_dataset = ? AND text_column = ?
    GROUP BY coalesce(sibling, row_id), text, words
) GROUP BY text, words
"""


def duplicates(connection: "duckdb.DuckDBPyConnection") -> Iterator[HygieneFinding]:
    """Each text of the table ``texts`` that repeats another of its dataset and column, wholly or nearly."""
    for dataset, column in connection.execute(_COLUMNS).fetchall():
        equal = connection.execute(_EQUAL, [dataset, column]).fetchall()
        near = near_duplicates({members[0]: words for members, words in equal})
        clusters = {one.id: one.cluster for one in near}
        for one in near:
            told = f"{one.similarity:.0%} of the 5-grams of both are the same"
            yield _duplicate((dataset, column, one.id), "near_duplicate", told, one)
        for (first, *others), _ in equal:
            for other in others:
                same = Duplicate(other, first, clusters.get(first, first), 1.0)
                yield _duplicate((dataset, column, other), "exact_duplicate", "the same text", same)


def _duplicate(place: Place, kind: FindingKind, detail: str, one: Duplicate) -> HygieneFinding:
    return finding(place, kind, detail, one.similarity, one.matches, one.cluster)


def split_near_duplicates(connection: "duckdb.DuckDBPyConnection") -> float:
    """How many clusters of near-duplicate prompts of ``this`` have members in more than one split."""
    query = f"SELECT prompt_id, {normalised('prompt')}, split FROM this"
    rows = connection.execute(query).fetchall()
    splits = {one: split for one, _, split in rows}
    members: dict[str, set[str]] = {}
    for one in near_duplicates({one: words for one, words, _ in rows}):
        members.setdefault(one.cluster, {splits[one.cluster]}).add(splits[one.id])
    return float(sum(len(found) > 1 for found in members.values()))
