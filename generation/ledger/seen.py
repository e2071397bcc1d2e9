"""Which keys came before: sixteen bytes of each, in sorted runs whose sizes at least double."""

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np

_BYTES = 16
_Hashes = np.ndarray[tuple[int], np.dtype[Any]]


class Seen:
    """The keys so far, of which a run of any length remembers only hashes."""

    def __init__(self) -> None:
        self._runs: list[_Hashes] = []

    def new(self, keys: Sequence[str]) -> list[int]:
        """The places of those that come for the first time."""
        digests = [hashlib.blake2b(key.encode(), digest_size=_BYTES).digest() for key in keys]
        hashes, places = np.unique(np.array(digests, f"S{_BYTES}"), return_index=True)
        for run in self._runs:
            beside = np.minimum(np.searchsorted(run, hashes), len(run) - 1)
            is_new = run[beside] != hashes
            hashes, places = hashes[is_new], places[is_new]
        self._add(hashes)
        return sorted(places.tolist())

    def _add(self, run: _Hashes) -> None:
        if not len(run):
            return
        while self._runs and len(self._runs[-1]) < 2 * len(run):
            run = np.sort(np.concatenate([self._runs.pop(), run]))
        self._runs.append(run)
