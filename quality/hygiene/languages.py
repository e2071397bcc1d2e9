"""The language of a text by naive Bayes over byte n-grams (langid: Lui and Baldwin 2012)."""

from collections import defaultdict
from collections.abc import Iterator
from functools import cache

import duckdb
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from datasets_registry.rows.hygiene import HygieneFinding
from quality.hygiene.findings import Place, each_text, finding

# shorter texts are named wrongly too often, longer ones are no surer
LEAST_CHARACTERS, MOST_CHARACTERS = 40, 128
LEAST_PROBABILITY = 0.9


@cache
def _identifier() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def language(text: str) -> tuple[str, float] | None:
    """The ISO 639 code of a text's language and its probability; None where that cannot be told.

    That is so under 40 characters, and where the model is less than 0.9 sure, as it is of code.
    """
    judged = text.strip()[:MOST_CHARACTERS]
    if len(judged) < LEAST_CHARACTERS:
        return None
    code, probability = _identifier().classify(judged)
    return (code, probability) if probability >= LEAST_PROBABILITY else None


def language_outliers(connection: "duckdb.DuckDBPyConnection") -> Iterator[HygieneFinding]:
    """Each text of the table ``texts`` whose language is not the most common one of its column."""
    spoken: dict[tuple[str, str], dict[str, list[tuple[Place, float]]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for place, text in each_text(connection):
        if judged := language(text):
            spoken[place[:2]][judged[0]].append((place, judged[1]))
    for languages in spoken.values():
        usual = max(languages, key=lambda code: (len(languages[code]), code))
        for code in languages.keys() - {usual}:
            for place, probability in languages[code]:
                yield finding(place, "language_outlier", f"{code}, where most are {usual}", probability)
