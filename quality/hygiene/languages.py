"""Texts in another language than most of their column."""

from collections import defaultdict
from collections.abc import Iterator

import duckdb

from datasets_registry.rows.hygiene import HygieneFinding
from methods.reading.languages import likeliest_language
from quality.hygiene.findings import TextKey, each_text, finding

# shorter texts are misclassified too often; more characters add no confidence
LEAST_CHARACTERS, MOST_CHARACTERS = 40, 128
LEAST_PROBABILITY = 0.9


def language(text: str) -> tuple[str, float] | None:
    """The ISO 639 code of a text's language and its probability; None where it is unclear.

    It is for texts under 40 characters, and where the probability is below 0.9, as for code.
    """
    beginning = text.strip()[:MOST_CHARACTERS]
    if len(beginning) < LEAST_CHARACTERS:
        return None
    code, probability = likeliest_language(beginning)
    return (code, probability) if probability >= LEAST_PROBABILITY else None


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
