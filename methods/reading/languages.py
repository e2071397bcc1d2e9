"""The language of a text by naive Bayes over byte n-grams (langid: Lui and Baldwin 2012)."""

from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier


@cache
def _identifier() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def likeliest_language(text: str) -> tuple[str, float]:
    """The ISO 639 code of the language that is likeliest, and its probability; texts of a few words err."""
    code, probability = _identifier().classify(text)
    return str(code), float(probability)


def languages() -> frozenset[str]:
    """The ISO 639 codes that are told apart."""
    return frozenset(_identifier().labels)
