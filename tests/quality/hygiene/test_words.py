"""Words in SQL."""

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.hygiene.words import gram, grams, hashes, normalised


def words(text: str) -> str:
    """The normalised words of a text."""
    return str(duckdb.execute(f"SELECT {normalised('$text')}", {"text": text}).fetchall()[0][0])


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("Don’t, DON'T — stop!", "dont dont stop"),
        ("a - b,c\n\td  e ", "a b c d e"),
        ("!? …", ""),
        ("Cafe\N{COMBINING ACUTE ACCENT} 3.14", "caf\N{LATIN SMALL LETTER E WITH ACUTE} 3 14"),
        ("हिन्दी 日本", "हिन्दी 日本"),
    ],
)
def test_words_are_lower_case_without_punctuation(text: str, normal: str) -> None:
    assert words(text) == normal


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_there_is_one_space_between_words_and_normal_words_stay(text: str) -> None:
    normal = words(text)
    assert normal == " ".join(normal.split(" ")).strip() and "  " not in normal
    assert words(normal) == normal


@pytest.mark.parametrize(("whole", "short"), [(True, 1), (False, 0)])
def test_grams_are_counted_and_told_from_their_place(whole: bool, short: int) -> None:
    query = f"SELECT {grams('hashed', 3, whole=whole)} FROM (SELECT {hashes('$text')} AS hashed)"
    numbers = [
        len(duckdb.execute(query, {"text": text}).fetchall()[0][0]) for text in ("a b", "a b c", "a b c d")
    ]
    assert numbers == [short, 1, 2]
    assert duckdb.execute(f"SELECT {gram('$text', '2', 3)}", {"text": "a b c d"}).fetchall() == [("b c d",)]
