"""Whether a text addresses who compares or scores it: by phrases, or by letters that nobody sees.

A judge reads texts of models that learn from its verdicts, so that such a text is worth a look, whether or
not it turns a verdict. Recall and false findings are in ``docs/methods/hygiene.md``.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import duckdb

from datasets_registry.rows.hygiene import HygieneFinding
from methods.reading.phrases import Phrase, compiled, first_match, read_lines
from quality.hygiene.findings import each_text, finding

PHRASES = Path(__file__).with_name("grader_phrases.txt")
_MEANINGS = {
    "{gap}": r"[^.!?。！？।]{0,80}?",
    "{grader}": r"(?:judges?|graders?|evaluators?|raters?|reviewers?|assessors?|scorers?)",
    "{text}": r"(?:responses?|answers?|repl(?:y|ies)|completions?|submissions?|texts?|candidates?)",
    "{letter}": r"(?:[ab12]|а|б)\b",
}
# letters of the tags block, which flags of regions use behind a black flag, and overrides of direction
_TAGGED = re.compile("(?<![\U0001f3f4\U000e0020-\U000e007f])[\U000e0020-\U000e007f]+")
_OVERRIDDEN = re.compile("[\u202d\u202e]")
# one in a word may be a break; scripts without spaces break words by it
_HIDDEN = re.compile("[A-Za-z][\u200b\u2060\ufeff]+[A-Za-z]")
_MANY_HIDDEN = 3
_SHOWN = 100


def grader_address(text: str) -> str | None:
    """The words by which ``text`` addresses a grader, or how it hides letters; None where it does neither."""
    if _TAGGED.search(text):
        return "letters of the tags block, which nobody sees"
    if _OVERRIDDEN.search(text):
        return "an override of the direction of writing"
    if len(_HIDDEN.findall(text)) >= _MANY_HIDDEN:
        return "letters without width amid words"
    match = first_match(_plain(text), _phrases())
    return match[0].strip()[:_SHOWN] if match else None


def grader_addresses(connection: "duckdb.DuckDBPyConnection") -> Iterator[HygieneFinding]:
    """Each text of the table ``texts`` that addresses a grader, with the words by which it does."""
    for key, text in each_text(connection):
        if words := grader_address(text):
            yield finding(key, "grader_address", words, 1)


def _plain(text: str) -> str:
    """The text in lower case, in one line, without letters that nobody sees and forms of letters."""
    if text.isascii():
        return " ".join(text.lower().split())
    seen = "".join(letter for letter in text if unicodedata.category(letter) != "Cf")
    return " ".join(unicodedata.normalize("NFKC", seen).lower().replace("’", "'").split())


@cache
def _phrases() -> tuple[Phrase, ...]:
    return compiled(read_lines(PHRASES), _MEANINGS)
