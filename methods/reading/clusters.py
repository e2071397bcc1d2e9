"""Clusters of near duplicates: texts whose word 5-grams have a Jaccard similarity of 0.8 or more."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from methods.reading.minhash import buckets, jaccard, shingles

THRESHOLD = 0.8
# keeps a template with a hundred thousand fillings from being compared pair by pair
MOST_COMPARED = 32


class Duplicate(NamedTuple):
    """A text that repeats another of its cluster; a cluster is named by its smallest id."""

    id: str
    matches: str
    cluster: str
    similarity: float


def near_duplicates(texts: Mapping[str, str]) -> list[Duplicate]:
    """Each member but the first of every cluster in ``texts``, which maps ids to normalised words.

    Clusters are connected by pairs whose exact similarity is at least ``THRESHOLD``; each member names
    the most similar one that it was compared with. The order of ``texts`` does not matter.
    """
    ids = sorted(text_id for text_id, words in texts.items() if words)
    clusters = Clusters([texts[text_id] for text_id in ids])
    for bucket in buckets(clusters.texts):
        clusters.connect(bucket)
    duplicates = []
    for position, other, similarity in clusters.matches():
        first = clusters.first(position)
        if first != position:
            duplicates.append(Duplicate(ids[position], ids[other], ids[first], similarity))
    return duplicates


class Clusters:
    """Union-find over texts, joined only by pairs that were verified."""

    def __init__(self, texts: list[str]) -> None:
        self.texts = texts
        self._parents = list(range(len(texts)))
        self._pairs: list[tuple[int, int, float]] = []
        self._shingles = lru_cache(maxsize=8_192)(lambda position: shingles(self.texts[position]))

    def first(self, position: int) -> int:
        """The smallest position in the cluster of ``position``."""
        while self._parents[position] != position:
            self._parents[position] = self._parents[self._parents[position]]
            position = self._parents[position]
        return position

    def connect(self, bucket: Iterable[int]) -> None:
        """Join the similar texts of ``bucket``; texts that are joined already are not compared again."""
        groups: dict[int, list[int]] = {}
        for position in bucket:
            for other in islice(self._apart(position, groups), MOST_COMPARED):
                self._join_if_similar(position, other)
            groups.setdefault(self.first(position), []).append(position)

    def _apart(self, position: int, groups: Mapping[int, list[int]]) -> Iterable[int]:
        for members in groups.values():
            for other in members:
                if self.first(other) == self.first(position):
                    break
                yield other

    def _join_if_similar(self, position: int, other: int) -> None:
        similarity = jaccard(self._shingles(position), self._shingles(other))
        if similarity >= THRESHOLD:
            self._pairs.append((position, other, similarity))
            low, high = sorted((self.first(position), self.first(other)))
            self._parents[high] = low

    def matches(self) -> Iterable[tuple[int, int, float]]:
        """Each position that was joined, with the most similar one among its verified pairs."""
        best: dict[int, tuple[float, int]] = {}
        for left, right, similarity in self._pairs:
            for position, match in ((left, right), (right, left)):
                best[position] = max(best.get(position, (0.0, 0)), (similarity, -match))
        return [(position, -match, similarity) for position, (similarity, match) in sorted(best.items())]
