"""Texts in another language than most of their column."""

from collections import defaultdict
from collections.abc import Iterator

import duckdb

from datasets_registry.rows.hygiene import HygieneFinding
from methods.reading.languages import language
from quality.hygiene.findings import TextKey, each_text, finding


def language_outliers(connection: "duckdb.DuckDBPyConnection") -> Iterator[HygieneFinding]:
    """Each text of the table ``texts`` whose language is not the most common one of its column."""
    by_column: dict[tuple[str, str], dict[str, list[tuple[TextKey, float]]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for key, text in each_text(connection):
        if classified := language(text):
            code, probability = classified
            by_column[key[:2]][code].append((key, probability))
    for languages in by_column.values():
        usual = max(languages, key=lambda code: (len(languages[code]), code))
        for code in languages.keys() - {usual}:
            for key, probability in languages[code]:
                yield finding(key, "language_outlier", f"{code}, while most are {usual}", probability)
