"""Texts that may be near duplicates: MinHash of word 5-grams (Broder 1997) in bands (Indyk and Motwani 1998).

With 21 bands of 6 values, two texts of Jaccard similarity 0.8 meet in some band with probability 0.998, and
of 0.9 with 1 - 1e-7; of 0.5 with 0.28. Whether they are similar is decided exactly in clusters.py.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import rensa

SHINGLE_WORDS = 5
BANDS, BAND_VALUES = 21, 6
SEED = 20_261_124
# folds a band into one number; a collision costs one needless comparison
_MIXED = np.array(
    [0x9E3779B97F4A7C15 * (2 * index + 1) % 2**64 | 1 for index in range(BAND_VALUES)], np.uint64
)
# the library returns digests as lists of Python numbers, thirty times the size of the array
AT_ONCE = 4_096


def shingles(words: str) -> frozenset[str]:
    """The word 5-grams of a normalised text; a shorter text is one shingle."""
    parts = words.split()
    last = max(len(parts) - SHINGLE_WORDS + 1, 1)
    return frozenset(" ".join(parts[start : start + SHINGLE_WORDS]) for start in range(last))


def jaccard(left: frozenset[str], right: frozenset[str]) -> float:
    """The share of shingles in both among those in either; 0 where there are none."""
    shared = len(left & right)
    return shared / max(len(left) + len(right) - shared, 1)


def buckets(texts: Sequence[str]) -> Iterator[list[int]]:
    """Groups of positions in ``texts`` that agree in a band, each in order; the same for the same texts."""
    if not texts:
        return
    digests = np.concatenate([_digests(texts[at : at + AT_ONCE]) for at in range(0, len(texts), AT_ONCE)])
    for band in np.split(digests, BANDS, axis=1):
        _, groups, sizes = np.unique(band @ _MIXED, return_inverse=True, return_counts=True)
        several = np.flatnonzero(sizes[groups] > 1)
        order = several[np.argsort(groups[several], kind="stable")]
        ends = np.flatnonzero(np.diff(groups[order])) + 1
        yield from (bucket.tolist() for bucket in np.split(order, ends) if len(bucket))


def _digests(texts: Sequence[str]) -> np.ndarray:
    matrix = rensa.RMinHash.digest_matrix_from_token_sets(
        [list(shingles(text)) for text in texts], num_perm=BANDS * BAND_VALUES, seed=SEED
    )
    return np.array(matrix.to_rows(), dtype=np.uint64)
