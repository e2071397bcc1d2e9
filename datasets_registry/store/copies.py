"""Copies on this machine of objects in a bucket, fetched together where a version is read."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from datasets_registry.stores.store import Store

THREADS = 16


def copies(store: Store, keys: Sequence[str], known: Callable[[], Mapping[str, str]]) -> list[Path]:
    """The files of these ``keys``; those without a copy are fetched, and compared with the ``known`` SHA-256.

    Raises BrokenObject where one is missing in the bucket, or is another file.
    """
    places = list(map(store.place, keys))
    absent = [key for key, place in zip(keys, places, strict=True) if not place.exists()]
    if absent:
        digests = known()
        with ThreadPoolExecutor(min(THREADS, len(absent))) as pool:
            list(pool.map(lambda key: store.path(key, digests.get(key)), absent))
    return places
