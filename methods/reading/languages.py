"""The language of a text by naive Bayes over byte n-grams (langid: Lui and Baldwin 2012)."""

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

# shorter texts are misclassified too often; more characters add no confidence
LEAST_CHARACTERS, MOST_CHARACTERS = 40, 128
LEAST_PROBABILITY = 0.9


@cache
def _identifier() -> "LanguageIdentifier":
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def likeliest_language(text: str) -> tuple[str, float]:
    """The ISO 639 code of the language that is likeliest, and its probability; texts of a few words err."""
    code, probability = _identifier().classify(text)
    return str(code), float(probability)


def language(text: str) -> tuple[str, float] | None:
    """The ISO 639 code of a text's language and its probability; None where it is unclear.

    It is for texts under 40 characters, and where the probability is below 0.9, as for code.
    """
    beginning = text.strip()[:MOST_CHARACTERS]
    if len(beginning) < LEAST_CHARACTERS:
        return None
    code, probability = likeliest_language(beginning)
    return (code, probability) if probability >= LEAST_PROBABILITY else None


def languages() -> frozenset[str]:
    """The ISO 639 codes that are told apart."""
    return frozenset(_identifier().labels)
