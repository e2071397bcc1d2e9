"""Which training texts share enough word 3-grams with which known texts, to be looked at word by word."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

GRAM = 3
# what texts of more clusters share is a template or a phrase of the language, and tells none of them
MOST_CLUSTERS = 3
# a shared run of 13 words has 11 grams, of which some may be common
RUN_GRAMS = 5
NEAR_SHARE = 0.35
_MIX = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], np.uint64)
_BITS = 24


@dataclass(frozen=True)
class Index:
    """The rare 3-grams of known texts: ``hashes`` sorted, and for each the texts that have it and where.

    ``starts`` says where the texts of each hash begin in ``texts`` and ``places``; ``counts`` are the rare
    grams of each text.
    """

    hashes: np.ndarray
    starts: np.ndarray
    texts: np.ndarray
    places: np.ndarray
    counts: np.ndarray
    present: np.ndarray


def index_of(words: Sequence[np.ndarray], clusters: Sequence[str]) -> Index:
    """The index of texts, each as the hashes of its words, in clusters of items that resemble each other."""
    hashes, texts = _grams(np.concatenate([*words, _EMPTY]), _lengths(words))
    places = np.concatenate([*(np.arange(max(len(text) - GRAM + 1, 0)) for text in words), _EMPTY]).astype(
        np.int64
    )
    # each gram of a text once, at its first place
    order = np.lexsort((places, texts, hashes))
    hashes, texts, places = hashes[order], texts[order], places[order]
    first = np.ones(len(hashes), bool)
    first[1:] = (hashes[1:] != hashes[:-1]) | (texts[1:] != texts[:-1])
    hashes, texts, places = hashes[first], texts[first], places[first]
    _, cluster = np.unique(np.array(clusters, dtype=str), return_inverse=True)
    rare = _rare(hashes, cluster[texts])
    hashes, texts, places = hashes[rare], texts[rare], places[rare]
    unique, starts = np.unique(hashes, return_index=True)
    present = np.zeros(1 << _BITS, bool)
    present[unique >> np.uint64(64 - _BITS)] = True
    counts = np.bincount(texts, minlength=len(words))
    return Index(unique, np.append(starts, len(hashes)), texts, places, counts, present)


_EMPTY = np.zeros(0, np.uint64)


def candidates(index: Index, words: np.ndarray, lengths: np.ndarray) -> Iterator[tuple[int, int]]:
    """Pairs of a training text and a known text that share enough, by their positions.

    ``words`` are the hashes of all training texts' words, one text after the other, of ``lengths``.
    """
    hashes, owners = _grams(words, lengths)
    starts = (
        np.concatenate([[0], np.cumsum(np.maximum(lengths - GRAM + 1, 0))[:-1]]) if len(lengths) else lengths
    )
    maybe = np.flatnonzero(index.present[hashes >> np.uint64(64 - _BITS)])
    if not len(index.hashes) or not len(maybe):
        return
    found = np.minimum(np.searchsorted(index.hashes, hashes[maybe]), len(index.hashes) - 1)
    same = index.hashes[found] == hashes[maybe]
    maybe, found = maybe[same], found[same]
    repeats = index.starts[found + 1] - index.starts[found]
    at = np.repeat(maybe, repeats)
    entry = np.repeat(index.starts[found], repeats) + _counted(repeats)
    pair = owners[at] * np.int64(len(index.counts)) + index.texts[entry]
    shares = _enough(index, pair, entry)
    diagonal = (at - starts[owners[at]]) - index.places[entry]
    runs = _runs(pair, diagonal)
    for chosen in np.union1d(shares, runs).tolist():
        yield divmod(chosen, len(index.counts))


def _enough(index: Index, pair: np.ndarray, entry: np.ndarray) -> np.ndarray:
    """The pairs that share so large a part of the known text's rare grams, each gram counted once."""
    order = np.lexsort((entry, pair))
    pair, entry = pair[order], entry[order]
    once = np.ones(len(pair), bool)
    once[1:] = (pair[1:] != pair[:-1]) | (entry[1:] != entry[:-1])
    pairs, shared = np.unique(pair[once], return_counts=True)
    enough: np.ndarray = shared >= NEAR_SHARE * index.counts[pairs % len(index.counts)]
    return np.asarray(pairs[enough])


def _runs(pair: np.ndarray, diagonal: np.ndarray) -> np.ndarray:
    """The pairs that share several grams at one distance from each other."""
    order = np.lexsort((diagonal, pair))
    pair, diagonal = pair[order], diagonal[order]
    if len(pair) < RUN_GRAMS:
        return pair[:0]
    far = RUN_GRAMS - 1
    return np.unique(pair[far:][(pair[far:] == pair[:-far]) & (diagonal[far:] == diagonal[:-far])])


def _rare(hashes: np.ndarray, clusters: np.ndarray) -> np.ndarray:
    """Which entries have a gram that few clusters share; hashes are sorted."""
    pairs = np.unique(np.stack([hashes, clusters.astype(np.uint64)]), axis=1)[0]
    unique, number = np.unique(pairs, return_counts=True)
    return np.asarray(number[np.searchsorted(unique, hashes)] <= MOST_CLUSTERS)


def _grams(words: np.ndarray, lengths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The hash of every gram that lies within one text, and the text's position."""
    owner = np.repeat(np.arange(len(lengths)), lengths)
    if len(words) < GRAM:
        return words[:0], owner[:0]
    with np.errstate(over="ignore"):
        hashes = words[:-2] * _MIX[0] + words[1:-1] * _MIX[1] + words[2:] * _MIX[2]
    within = owner[:-2] == owner[2:]
    return hashes[within], owner[:-2][within]


def _num_grams(lengths: np.ndarray) -> np.ndarray:
    return np.asarray(np.maximum(lengths - GRAM + 1, 0))


def _lengths(words: Sequence[np.ndarray]) -> np.ndarray:
    return np.array([len(text) for text in words], np.int64)


def _counted(repeats: np.ndarray) -> np.ndarray:
    """0, 1, … anew for each of the repeats."""
    ends = np.cumsum(repeats)
    return np.asarray(np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - repeats, repeats))
