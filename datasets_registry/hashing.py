"""Identity from content: canonical JSON, digests, seeds and the draw that adding rows cannot move."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path


def canonical(value: object) -> bytes:
    """``value`` as JSON with sorted keys and no spaces, so that equal values have equal bytes."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def digest(value: object) -> str:
    """SHA-256 of ``value``'s canonical JSON, 64 hex digits."""
    return hashlib.sha256(canonical(value)).hexdigest()


def content_id(*parts: object) -> str:
    """A row's id from what it says, 16 hex digits (64 bits)."""
    return digest(list(parts))[:16]


def derive_seed(*parts: object) -> int:
    """A seed in [0, 2**63) that depends on ``parts`` alone."""
    return int(digest(list(parts))[:16], 16) >> 1


def ranked(ids: Sequence[str], *parts: object) -> list[str]:
    """``ids`` in an order drawn by ``parts``, by rendezvous hashing (Thaler and Ravishankar 1998).

    Another id moves into one place and leaves the order of the rest; the order of ``ids`` does not matter.
    """
    return sorted(ids, key=lambda one: digest([*parts, one]), reverse=True)


def draw(ids: Sequence[str], *parts: object) -> str:
    """One of ``ids``, uniformly: the first of their drawn order, so that adding an id moves few draws."""
    return ranked(ids, *parts)[0]


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
