"""Verifiers of answers that are one letter or an exact text.

A letter counts on the last line, alone (``B``, ``(B)``, ``B) Paris``) or behind a marker (``Answer: (B)``,
``The correct option is B``, with the option's text or a reason behind it), or in a box or an ``<answer>``
tag. A letter that is said to be wrong names nothing, and neither does a list of options.
"""

import re
import unicodedata
from functools import cache

from datasets_registry.errors import BadInput
from methods.verifiers.contract import Verification, Verify, rejected

MAX_LENGTH = 100_000
_WRAPPED = re.compile(r"\\(?:text|textbf|textit|mathrm|mathbf|textrm|mbox)\s*\{([^{}]*)\}")
_BOXED = re.compile(r"\\(?:boxed|fbox)\s*\{([^{}]*)\}")
_TAGGED = re.compile(r"<(answer|choice)>([^<>]*)</\1>", re.IGNORECASE)
_DECORATION = re.compile(r"[*_$`]|\\[()\[\]]")
_BARE = re.compile(r"\(?([A-Z])(?:\)\.?|[.:])?")
_BARE_WITH_TEXT = re.compile(r"(?:\(([A-Z])\)|([A-Z])\))[ \t]+\S.*")
_DENIED = re.compile(
    r"(?:\b(?:wrong|incorrect|false|worst|eliminated|impossible)"
    r"|\bnot[ \t]+(?:the|an?)(?:[ \t]+\w+)?)[ \t]*$",
    re.IGNORECASE,
)
_NOTHING = "no letter is chosen on the last line"


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
    text = _undecorated(completion)
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    marked = [(match.end(), letter) for match in _marks(letters, text) if (letter := _named(match))]
    ends = bool(marked) and marked[-1][0] == len(text)
    bare = _bare(lines)
    if not bare and not ends:
        return rejected("text follows the chosen letter" if marked else _NOTHING)
    chosen = {letter for _, letter in marked} | bare
    if len(chosen) > 1:
        return rejected(f"two different letters: {' and '.join(sorted(chosen))}")
    (letter,) = chosen
    return letter if letter in letters else rejected(f"{letter} is not one of the letters {letters}", letter)


def _undecorated(text: str) -> str:
    """The text without emphasis and LaTeX around letters; a box and a tag are read as markers."""
    text = _WRAPPED.sub(r"\1", text)
    text = _BOXED.sub(r"\nanswer: \1\n", text)
    text = _TAGGED.sub(r"\nanswer: \2\n", text)
    return _DECORATION.sub("", text).rstrip(" \t\n.")


def _bare(lines: list[str]) -> set[str]:
    """The letters of the last line and of the lines like it above, which make it a list of options."""
    if not lines:
        return set()
    for form in (_BARE, _BARE_WITH_TEXT):
        if form.fullmatch(lines[-1]):
            alike = [match for line in lines if (match := form.fullmatch(line))]
            return {letter for match in alike for letter in match.groups() if letter}
    return set()


def _marks(letters: str, text: str) -> list[re.Match[str]]:
    """The markers of ``text``; "Option B" is one where the last is such, as questions list options too."""
    found = _not_denied(letters, text)
    if found and _lists_option(found[-1]):
        return found
    return [match for match in found if not _lists_option(match)]


def _not_denied(letters: str, text: str) -> list[re.Match[str]]:
    found, start = [], 0
    while match := _marker(letters).search(text, start):
        denied = _DENIED.search(text[max(0, match.start() - 40) : match.start()])
        start = match.start() + 1 if denied else match.end()
        found += [] if denied else [match]
    return found


def _lists_option(match: re.Match[str]) -> bool:
    return match["kind"].casefold() != "answer" and not match["is"]


def _named(match: re.Match[str]) -> str:
    return next((letter for letter in match.group("alone", "closed", "open") if letter), "")


@cache
def _marker(letters: str) -> re.Pattern[str]:
    """A letter behind a marker, to the end of its line, where no other letter is chosen beside it."""
    another = rf"(?![ \t]*(?:\bor\b|\band\b|/|,|&)[ \t]*(?:\bor\b|\band\b)?[ \t]*\(?[{letters}]\b\)?)"
    start = (
        r"\b(?P<kind>answer|option|choice)\b(?P<is>[ \t]+(?:is|would be|should be|must be)\b)?[ \t]*:?[ \t]*"
        r"(?:(?:the[ \t]+)?(?:option|choice|letter)\b[ \t]*:?[ \t]*)?"
    )
    praised = (
        r"(?:[ \t]+is[ \t]+(?:the[ \t]+)?(?:correct|right|best)\b(?:[ \t]+(?:answer|option|choice)\b)?)?"
    )
    reason = r"(?:,?[ \t]+(?:because|since)\b[^\n]*)?"
    end = rf"{praised}{reason}[ \t]*\.?[ \t]*$"
    return re.compile(
        rf"(?i:{start})(?:\(?(?P<alone>[A-Z])\)?{another}(?:[ \t]*[.:)])?{end}"
        rf"|(?:\((?P<closed>[A-Z])\)|(?P<open>[A-Z])(?:\)|[.:](?=[ \t])|[ \t]+[-–—](?=[ \t])))"
        rf"{another}[^\n]*$)",
        re.MULTILINE,
    )
