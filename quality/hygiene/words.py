"""Words and n-grams in SQL: lower case, without punctuation, n-grams as 64-bit hashes."""

# many scripts write words with marks; without them Devanagari would break into letters
_WORD = r"\p{L}\p{M}\p{N}"
# single spaces are kept, which is five times faster than replacing each by itself
_BETWEEN = f" *[^{_WORD} ][^{_WORD}]*| {{2,}}"


def normalised(text: str) -> str:
    """SQL of the words of the expression ``text`` in NFC and lower case, separated by single spaces."""
    # "don't" is one word with either apostrophe
    plain = f"replace(replace(lower(nfc_normalize({text})), '''', ''), '’', '')"
    return f"trim(regexp_replace({plain}, '{_BETWEEN}', ' ', 'g'))"


def hashes(words: str) -> str:
    """SQL of the list of hashes of normalised ``words``.

    DuckDB's hashes may change between its versions: compare them only within one query.
    """
    return f"list_transform(string_split({words}, ' '), lambda word: hash(word))"


def grams(hashed: str, n: int, *, whole: bool) -> str:
    """SQL of the list of hashes of all ``n``-grams in the column ``hashed``, which has words as hashes.

    A text of fewer words is one gram where ``whole``, else it has none.
    """
    # slices of numbers are four times faster than slices of strings
    last = f"greatest(len({hashed}) - {n - 1}, {int(whole)})"
    return (
        f"list_transform(range(1, {last} + 1), lambda position: hash({hashed}[position:position + {n - 1}]))"
    )


def gram(words: str, position: str, n: int) -> str:
    """SQL of the text of the ``n``-gram at ``position``, counted from 1."""
    return f"array_to_string(string_split({words}, ' ')[{position}:{position} + {n - 1}], ' ')"
