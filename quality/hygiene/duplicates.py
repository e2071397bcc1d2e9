"""Duplicates: equal and nearly equal texts of a dataset, and near duplicates of prompts across splits."""

from collections.abc import Iterator

import duckdb

from datasets_registry.rows.hygiene import FindingKind, HygieneFinding
from methods.reading.clusters import Duplicate, near_duplicates
from quality.hygiene.findings import TextKey, finding
from quality.hygiene.words import normalised

_COLUMNS = "SELECT DISTINCT label_dataset, text_column FROM texts WHERE NOT may_repeat ORDER BY ALL"
# rows that share a prompt on purpose count once
_EQUAL = """
SELECT list_sort(list(row_id)), words FROM (
    SELECT min(row_id) AS row_id, text, words FROM texts WHERE label_dataset = ? AND text_column = ?
    GROUP BY coalesce(sibling, row_id), text, words
) GROUP BY text, words
"""


def duplicates(connection: "duckdb.DuckDBPyConnection") -> Iterator[HygieneFinding]:
    """Each text of the table ``texts`` that repeats another of its dataset and column, exactly or nearly."""
    for dataset, column in connection.execute(_COLUMNS).fetchall():
        equal = connection.execute(_EQUAL, [dataset, column]).fetchall()
        near = near_duplicates({members[0]: words for members, words in equal})
        clusters = {duplicate.id: duplicate.cluster for duplicate in near}
        for duplicate in near:
            detail = f"Jaccard similarity {duplicate.similarity:.2f} of word 5-grams"
            yield _finding((dataset, column, duplicate.id), "near_duplicate", detail, duplicate)
        for (first, *others), _ in equal:
            for other in others:
                same = Duplicate(other, first, clusters.get(first, first), 1.0)
                yield _finding((dataset, column, other), "exact_duplicate", "the same text", same)


def _finding(key: TextKey, kind: FindingKind, detail: str, duplicate: Duplicate) -> HygieneFinding:
    return finding(key, kind, detail, duplicate.similarity, duplicate.matches, duplicate.cluster)


def split_near_duplicates(connection: "duckdb.DuckDBPyConnection") -> float:
    """The number of clusters of near-duplicate prompts of ``this`` with members in both splits."""
    query = f"SELECT prompt_id, {normalised('prompt')}, split FROM this"
    rows = connection.execute(query).fetchall()
    splits = {prompt_id: split for prompt_id, _, split in rows}
    splits_by_cluster: dict[str, set[str]] = {}
    for duplicate in near_duplicates({prompt_id: words for prompt_id, words, _ in rows}):
        cluster = splits_by_cluster.setdefault(duplicate.cluster, {splits[duplicate.cluster]})
        cluster.add(splits[duplicate.id])
    return float(sum(len(both) > 1 for both in splits_by_cluster.values()))
