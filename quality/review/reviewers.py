"""Reviewers: their names, which are any text, and the sides on which each of them sees a pair."""

import unicodedata

from datasets_registry.errors import BadInput
from datasets_registry.hashing import digest
from datasets_registry.rows.review.reviews import Slot

_LONGEST = 80


def reviewer_name(given: str) -> str:
    """The name as it is kept; raises BadInput where it is empty, too long or no printable text."""
    name = unicodedata.normalize("NFC", " ".join(given.split()))
    if not name:
        raise BadInput("a reviewer needs a name: give any text of up to 80 characters")
    if len(name) > _LONGEST:
        raise BadInput(f"a reviewer's name of {len(name)} characters is too long: give up to {_LONGEST}")
    if not name.isprintable():
        raise BadInput(f"the reviewer's name {name!r} has characters that cannot be shown: leave them out")
    return name


def shown_left(reviewer: str, item_id: str) -> Slot:
    """The completion that stands on the left for a reviewer, by hash: as often one as the other."""
    return "a" if int(digest(["side", reviewer, item_id])[:8], 16) % 2 else "b"
