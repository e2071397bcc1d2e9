"""How unlike texts are: distinct n-grams, self-BLEU, the Vendi score, entropy and openings of words."""

import math
import re
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence

import numpy as np

# so many word types are taken to exist, of any n; it only sets the scale of EAD
VOCABULARY = 50_000
_WORD = re.compile(r"\w+(?:['’]\w+)*")
_ORDERS = (1, 2, 3, 4)
# one order without a match is not the end of BLEU
_NOTHING = 0.1
_VENDI_ORDER = 3
Words = Sequence[str]


def words_of(text: str, limit: int) -> tuple[str, ...]:
    """The first ``limit`` words in lower case, without punctuation."""
    return tuple(_WORD.findall(text.casefold())[:limit])


def grams(words: Words, n: int) -> list[tuple[str, ...]]:
    """The n-grams of a text; none where it has fewer words."""
    return [tuple(words[start : start + n]) for start in range(len(words) - n + 1)]


def distinct_share(texts: Iterable[Words], n: int, num_grams: int) -> float | None:
    """The share of distinct ones among ``num_grams`` n-grams, expected over all ways to take them.

    Texts of any length are compared at one number of n-grams (rarefaction, Hurlbert 1971); None below it.
    """
    counts = Counter(gram for text in texts for gram in grams(text, n))
    total = counts.total()
    if total < num_grams:
        return None
    ways = math.comb(total, num_grams)
    by_count = Counter(counts.values())
    absent = sum(kinds * (math.comb(total - count, num_grams) / ways) for count, kinds in by_count.items())
    return (len(counts) - absent) / num_grams


def expectation_adjusted(texts: Iterable[Words], n: int) -> float | None:
    """Distinct n-grams by how many as many draws from a uniform vocabulary have (EAD, Liu et al. 2022)."""
    counts = Counter(gram for text in texts for gram in grams(text, n))
    if not counts:
        return None
    expected = -VOCABULARY * math.expm1(counts.total() * math.log1p(-1 / VOCABULARY))
    return len(counts) / expected


def self_bleu(texts: Sequence[Words]) -> float | None:
    """The mean BLEU-4 of each text by all others as references (Zhu et al. 2018); None for fewer than two."""
    if len(texts) < 2 or not all(texts):
        return None
    others = ([*texts[:place], *texts[place + 1 :]] for place in range(len(texts)))
    return math.fsum(bleu(text, rest) for text, rest in zip(texts, others, strict=True)) / len(texts)


def bleu(text: Words, references: Sequence[Words]) -> float:
    """BLEU-4 of one text, of the orders that it has, from 0, where no word is shared, to 1.

    Of longer n-grams, none in common counts as a tenth of one.
    """
    logs = []
    for n in _ORDERS[: len(text)]:
        counts = Counter(grams(text, n))
        most: Counter[tuple[str, ...]] = Counter()
        for reference in references:
            most |= Counter(grams(reference, n))
        matches = (counts & most).total()
        if n == 1 and not matches:
            return 0.0
        logs.append(math.log((matches or _NOTHING) / counts.total()))
    closest = min(
        (len(reference) for reference in references), key=lambda size: (abs(size - len(text)), size)
    )
    brevity = min(0.0, 1 - closest / len(text))
    return math.exp(brevity + math.fsum(logs) / len(logs))


def vendi(texts: Sequence[Words]) -> float | None:
    """The effective number of different texts (Friedman and Dieng 2023), alike by shared 3-grams of words.

    It is the exponential of the entropy of the eigenvalues of K / n, K being the Jaccard similarity of two
    texts' 3-grams; a text of fewer words is one gram. From 1, all equal, to their number; None for none.
    """
    if not texts:
        return None
    sets = [set(grams(text, _VENDI_ORDER)) or {tuple(text)} for text in texts]
    likeness = np.array([[len(one & other) / len(one | other) for other in sets] for one in sets])
    shares = np.linalg.eigvalsh(likeness / len(texts))
    shares = shares[shares > 1e-12]
    return float(np.exp(-(shares * np.log(shares)).sum()))


def entropy(values: Iterable[Hashable]) -> float | None:
    """The entropy of the observed distribution, in bits; None for none."""
    counts = Counter(values)
    total = counts.total()
    if not total:
        return None
    return math.fsum(count / total * math.log2(total / count) for count in counts.values())


def top_share(values: Sequence[Hashable]) -> float | None:
    """The share of the commonest value; None for none."""
    return max(Counter(values).values()) / len(values) if values else None
