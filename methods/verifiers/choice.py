"""Verifiers of answers that are one letter or an exact text.

A letter counts on the last line, alone (``B``, ``(B)``, ``B.``) or after a marker (``Answer: (B)``,
``The answer is B``, with the option's text after ``)``, ``.`` or ``:``), or in a box of LaTeX.
"""

import re
import unicodedata
from functools import cache

from datasets_registry.errors import BadInput
from methods.verifiers.contract import Verification, Verify, rejected

MAX_LENGTH = 100_000
_BARE = r"[*_]{0,3}\(?([A-Z])[.):]?\)?[*_]{0,3}\.?"


def exact(completion: str, gold: str) -> Verification:
    """Accept the gold text itself; only space around it and Unicode composition may differ."""
    answer = _composed(completion)
    if answer == _composed(gold):
        return Verification(True, answer, None)
    return rejected(f"{answer[:80]!r} is not {gold[:80]!r}", answer)


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip()


def choice(letters: str = "ABCDE") -> Verify:
    """A verifier of multiple choice; it raises BadInput for a gold answer that is not one of the letters."""

    def verify(completion: str, gold: str) -> Verification:
        right = gold.strip().strip("().")
        if len(right) != 1 or right not in letters:
            raise BadInput(
                f"the gold answer {gold[:40]!r} is not one of the letters {letters}; give one of them"
            )
        letter = _letter(completion, letters)
        if isinstance(letter, Verification):
            return letter
        if letter == right:
            return Verification(True, letter, None)
        return rejected(f"{letter} is not {right}", letter)

    return verify


def _letter(completion: str, letters: str) -> str | Verification:
    """The chosen letter, or the verification that says why there is none."""
    if len(completion) > MAX_LENGTH:
        return rejected(f"longer than {MAX_LENGTH:,} characters")
    text = completion.rstrip()
    last = text.rpartition("\n")[2].strip()
    marked = [(match.end(), match[match.lastindex or 0]) for match in _marker(letters).finditer(text)]
    bare = re.fullmatch(_BARE, last)
    if bare is None and not (marked and marked[-1][0] == len(text)):
        return rejected(
            "text follows the chosen letter" if marked else "no letter is chosen on the last line"
        )
    chosen = {letter for _, letter in marked} | ({bare[1]} if bare else set())
    if len(chosen) > 1:
        return rejected(f"two different letters: {' and '.join(sorted(chosen))}")
    (letter,) = chosen
    return letter if letter in letters else rejected(f"{letter} is not one of the letters {letters}", letter)


@cache
def _marker(letters: str) -> re.Pattern[str]:
    """A letter after a marker, to the end of its line, which must have no other lone letter."""
    other = rf"(?![^\n]*(?:\bor\b|\band\b|/|,|&)[ \t]*\(?[{letters}]\b)"
    start = r"\b(?:[Aa]nswer|ANSWER)[*_]{0,3}(?:[ \t]+is:?|:)[*_]{0,3}[ \t]*[*_]{0,3}"
    written = rf"{start}\(?([A-Z])\)?[*_]{{0,3}}(?:[ \t]*$|[.:)][*_]{{0,3}}[ \t]*$|[.:][ \t][^\n]*$)"
    closed = rf"{start}(?:\(([A-Z])\)|([A-Z])\))[ \t]+[^\n]*$"
    boxed = r"\\boxed\{(?:\\text\{)?\(?([A-Z])\)?\}?\}[ \t$.]*"
    return re.compile(rf"{other}(?:{written}|{closed}|{boxed})", re.MULTILINE)
