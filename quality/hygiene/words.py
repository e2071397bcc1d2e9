"""Words and n-grams in SQL: lower case, punctuation off, n-grams as 64-bit hashes."""

# marks belong to the words of many scripts; without them Devanagari would fall into letters
_WORD = r"\p{L}\p{M}\p{N}"
# single spaces are left alone, which is five times quicker than replacing each by itself
_BETWEEN = f" *[^{_WORD} ][^{_WORD}]*| {{2,}}"


def normalised(text: str) -> str:
    """SQL of the words of the expression ``text``, in NFC and lower case, one space between them."""
    # "don't" is one word, whichever apostrophe it has
    plain = f"replace(replace(lower(nfc_normalize({text})), '''', ''), '’', '')"
    return f"trim(regexp_replace({plain}, '{_BETWEEN}', ' ', 'g'))"


def hashes(words: str) -> str:
    """SQL of the list of hashes of normalised ``words``.

    They are DuckDB's, which may change from version to version: compare them within one query.
    """
    return f"list_transform(string_split({words}, ' '), lambda word: hash(word))"


def grams(hashed: str, n: int, *, whole: bool) -> str:
    """SQL of the list of hashes of all ``n``-grams in the column ``hashed``, which has words as hashes.

    A text of fewer words is one gram where ``whole``, and none otherwise.
    """
    # slices of numbers: four times quicker than those of strings
    last = f"greatest(len({hashed}) - {n - 1}, {int(whole)})"
    return f"list_transform(range(1, {last} + 1), lambda place: hash({hashed}[place:place + {n - 1}]))"


def gram(words: str, position: str, n: int) -> str:
    """SQL of the text of the ``n``-gram at ``position``, counted from 1."""
    return f"array_to_string(string_split({words}, ' ')[{position}:{position} + {n - 1}], ' ')"
