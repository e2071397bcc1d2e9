"""What the next page tells of the answer before, as words that an address may have."""

from collections.abc import Iterable, Mapping

from quality.review.measures.people import HASTY_SECONDS

SENTENCES: Mapping[str, str] = {
    "hasty": f"The last answer came in under {HASTY_SECONDS:g} seconds: take the time to read both texts.",
    "elsewhere": "You had answered that item in another tab meanwhile: the newest answer counts, and the "
    "older one stays on record.",
    "changed": "The new answer takes the place of the one before, which stays on record.",
    "newer": "A newer version of the sample is open from here on. The last answer was kept.",
    "gone": "The item asked for is not in this version of the sample: this is the next one.",
    "undone": "The last answer was taken back: this item waits again.",
    "nothing_to_undo": "Nothing was taken back: there is no answer, or another tab gave a newer one.",
    "not_handed_in": "The answers are kept on disk, and could not be handed in: try it again below.",
}


def sentences(words: str) -> list[str]:
    """The sentences of the words that are known; others say nothing."""
    return [SENTENCES[word] for word in words.split(",") if word in SENTENCES]


def told(words: Iterable[str]) -> str:
    """Words as an address has them."""
    return ",".join(words)
