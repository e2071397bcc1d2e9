"""What a vocabulary cannot spell: characters that its tokenizer refuses, replaces or leaves out."""

import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from generation.tokenizer import Encoding, Tokenizer

# characters of a text that a message shows
_SHOWN = 80
# no vocabulary of words or characters has them all; one of bytes spells each
_RARE = ("\U0010fffd", "\u2d65", "\U0001f71a")


def encoded(tokenizer: Tokenizer, text: str, *, with_offsets: bool = False) -> Encoding | None:
    """``text`` as the tokenizer encodes it, special tokens only where ``text`` spells them.

    None where the tokenizer raises since it has no token for unknown characters, which only its words tell.
    """
    try:
        return tokenizer(text, add_special_tokens=False, return_offsets_mapping=with_offsets)
    except Exception as error:
        if "Missing [UNK] token" not in str(error):
            raise
        return None


def is_spelled(tokenizer: Tokenizer, text: str, ids: Sequence[int]) -> bool:
    """Whether the tokens ``ids`` say all of ``text``: none is unknown that the text does not spell so itself.

    Some tokenizers without a token for unknown characters leave them out in silence.
    """
    unknown, mark = tokenizer.unk_token_id, tokenizer.unk_token
    if unknown is not None and mark and ids.count(unknown) > text.count(mark):
        return False
    return not (leaves_out(tokenizer) and _has_uncovered(tokenizer, text))


@lru_cache(maxsize=8)
def leaves_out(tokenizer: Tokenizer) -> bool:
    """Whether the tokenizer leaves out characters that its vocabulary lacks."""
    return any(_vanishes(tokenizer, character) for character in _RARE)


def _vanishes(tokenizer: Tokenizer, character: str) -> bool:
    encoding = encoded(tokenizer, f"a{character}a")
    if encoding is None:
        return False
    ids = encoding["input_ids"]
    return character not in tokenizer.decode(ids) and tokenizer.unk_token_id not in ids


def _has_uncovered(tokenizer: Tokenizer, text: str) -> bool:
    """Whether a visible character is in no token; normalizers may take others away."""
    if not tokenizer.is_fast:
        return False
    encoding = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
    covered = {place for start, end in encoding["offset_mapping"] for place in range(start, end)}
    return any(_is_visible(text[place]) for place in set(range(len(text))) - covered)


def _is_visible(character: str) -> bool:
    return not character.isspace() and unicodedata.category(character)[0] not in "CZ"


def lacking(tokenizer: Tokenizer, text: str) -> str:
    """The first character of ``text`` that the vocabulary lacks, in words, or one of its beginning."""
    for token in map(str, tokenizer.added_tokens_decoder.values()):
        text = text.replace(token, "")
    for character in dict.fromkeys(text):
        encoding = encoded(tokenizer, character)
        if encoding is None or not is_spelled(tokenizer, character, encoding["input_ids"]):
            return f"the character {character!r}"
    return f"a character of {text[:_SHOWN]!r}"
