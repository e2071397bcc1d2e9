"""Identity from content: canonical JSON, digests, seeds, and random orders that more rows do not disturb."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

N = TypeVar("N", bound=str)


def canonical(value: object) -> bytes:
    """``value`` as JSON with sorted keys and no spaces, so that equal values have equal bytes."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def digest(value: object) -> str:
    """SHA-256 of ``value``'s canonical JSON, 64 hex digits."""
    return hashlib.sha256(canonical(value)).hexdigest()


def content_id(*parts: object) -> str:
    """A row's id from its content, 16 hex digits (64 bits)."""
    return digest(list(parts))[:16]


def derive_seed(*parts: object) -> int:
    """A seed in [0, 2**63) that depends on ``parts`` alone."""
    return int(digest(list(parts))[:16], 16) >> 1


def ranked(ids: Sequence[N], *parts: object) -> list[N]:
    """``ids`` in a random order that ``parts`` seed, by rendezvous hashing (Thaler and Ravishankar 1998).

    Another id leaves the order of the rest as it is, and the given order of ``ids`` does not matter.
    """
    return sorted(ids, key=lambda name: digest([*parts, name]), reverse=True)


def draw(ids: Sequence[N], *parts: object) -> N:
    """A random one of ``ids``, seeded by ``parts``; adding an id changes few choices."""
    return ranked(ids, *parts)[0]


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
