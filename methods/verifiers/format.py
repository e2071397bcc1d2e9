"""A verifier of format rules: length, required or forbidden words, JSON, language, a pattern.

The gold answer is a JSON object of rules, such as ``{"max_words": 50, "contains": ["tea"], "json": true}``.
Rules mean what they do in IFEval (Zhou et al. 2023): words are runs of letters and digits, keywords are whole
words in any case, and JSON may stand in a fence.
The ``regex`` module searches for a pattern and stops after a second: a completion on which the pattern
backtracks for longer is rejected, with that reason.
"""

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from unicodedata import normalize

import regex
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from datasets_registry.errors import BadInput
from methods.reading.languages import languages, likeliest_language
from methods.reading.sentences import count_sentences
from methods.verifiers.contract import Verification, rejected

MAX_LENGTH = 100_000
PATTERN_SECONDS = 1.0
_WORD = re.compile(r"\w+")
_FENCED = re.compile(r"```(?:json|JSON)?[ \t]*\n(.*?)\n?[ \t]*```", re.DOTALL)
# a character of a word, of a script that puts spaces between words
_IN_WORD = r"(?![\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}])\w"
Measured = Iterator[tuple[str, object, bool]]


class FormatRules(BaseModel):
    """Rules for a completion without the space around it; a rule that is left out does not apply."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, serialize_by_alias=True)

    min_words: int | None = Field(None, ge=0)
    max_words: int | None = Field(None, ge=0)
    min_characters: int | None = Field(None, ge=0)
    max_characters: int | None = Field(None, ge=0)
    num_lines: int | None = Field(None, ge=0)
    min_sentences: int | None = Field(None, ge=0)
    max_sentences: int | None = Field(None, ge=0)
    language: str | None = Field(None, pattern="^[a-z]{2,3}$")
    contains: list[str] = []
    excludes: list[str] = []
    starts_with: str | None = None
    ends_with: str | None = None
    is_json: bool | None = Field(None, alias="json")
    matches: str | None = Field(None, max_length=1000)

    @property
    def counts_sentences(self) -> bool:
        """Whether a rule needs the number of sentences."""
        return self.min_sentences is not None or self.max_sentences is not None


def keeps_format(completion: str, gold: str) -> Verification:
    """Accept a completion that keeps every rule of the gold answer; raises BadInput for an unknown rule.

    The extracted text is a JSON object of the measured values, by rule.
    """
    rules = read_rules(gold)
    if len(completion) > MAX_LENGTH:
        return rejected(f"longer than {MAX_LENGTH:,} characters")
    broken, measured = None, {}
    for rule, value, kept in _measured(completion.strip(), rules):
        measured[rule] = value
        if not kept and broken is None:
            broken = f"{rule} is broken: {value}"
    return Verification(broken is None, json.dumps(measured), broken)


@lru_cache(maxsize=4096)
def read_rules(gold: str) -> FormatRules:
    """The rules of a gold answer; raises BadInput that names the rule that cannot be used."""
    try:
        rules = FormatRules.model_validate_json(gold)
    except ValidationError as error:
        first = error.errors()[0]
        rule = ".".join(map(str, first["loc"])) or gold[:60]
        rules_there_are = ", ".join(field.alias or key for key, field in FormatRules.model_fields.items())
        raise BadInput(f"format rule {rule!r}: {first['msg']}; the rules are {rules_there_are}") from error
    require_usable(rules)
    return rules


def require_usable(rules: FormatRules) -> None:
    """Raise BadInput for a pattern or a language that is none, and where no rule is set."""
    try:
        regex.compile(rules.matches or "")
    except regex.error as error:
        raise BadInput(
            f"format rule 'matches': {rules.matches!r} is not a valid pattern ({error}); fix it"
        ) from error
    if rules.language is not None and rules.language not in languages():
        raise BadInput(
            f"format rule 'language': {rules.language!r} is not an ISO 639 code that is known: use one of "
            f"{', '.join(sorted(languages()))}"
        )
    if all(value in (None, [], "") for _, value in rules):
        raise BadInput("no format rule is set, so every completion would pass; give one")


def require_possible(rules: FormatRules) -> None:
    """Raise BadInput where no completion can keep the rules.

    A gold answer of which that is so is a row whose own solution is rejected, and stops no other problem.
    """
    for unit in ("words", "characters", "sentences"):
        least, most = getattr(rules, f"min_{unit}"), getattr(rules, f"max_{unit}")
        if least is not None and most is not None and least > most:
            raise BadInput(
                f"format rule 'min_{unit}': {least} is above max_{unit} {most}, so that nothing keeps both: "
                "lower it"
            )
    if any(not word.strip() for word in (*rules.contains, *rules.excludes)):
        raise BadInput("format rule 'contains' or 'excludes': '' is no word: drop it")
    if both := [word for word in rules.contains if any(_has(word, other) for other in rules.excludes)]:
        raise BadInput(
            f"format rule 'contains': {both[0]!r} is among excludes too, so that nothing keeps both: drop one"
        )
    start, end = rules.starts_with or "", rules.ends_with or ""
    for rule, part, stripped in (("starts_with", start, start.lstrip()), ("ends_with", end, end.rstrip())):
        if part != stripped:
            raise BadInput(
                f"format rule {rule!r}: no text has the white space of {part!r}, as it is read without it: "
                "drop it"
            )
    for rule, value, unit, least in _implied(rules):
        most = 0 if unit == "characters" and rules.num_lines == 0 else getattr(rules, f"max_{unit}")
        if most is not None and least > most:
            raise BadInput(
                f"format rule {rule!r}: {str(value)[:40]!r} takes {least} {unit}, above the most of {most}, "
                "so that nothing keeps both: change one"
            )


def _implied(rules: FormatRules) -> Iterator[tuple[str, object, str, int]]:
    """Each rule with its value that implies a least number of a unit which bounds of their own may forbid."""
    asked = [("contains", word) for word in rules.contains]
    asked += [("starts_with", rules.starts_with or ""), ("ends_with", rules.ends_with or "")]
    for rule, part in asked:
        yield rule, part, "words", len(_WORD.findall(part.strip()))
        yield rule, part, "characters", len(part)
    # a sentence has a word, and words have a character and one between them
    yield "min_sentences", rules.min_sentences, "words", rules.min_sentences or 0
    for rule in ("min_words", "min_sentences"):
        least = getattr(rules, rule) or 0
        yield rule, least, "characters", max(0, 2 * least - 1)
    yield "min_characters", rules.min_characters, "characters", rules.min_characters or 0


def first_broken(text: str, rules: FormatRules) -> str | None:
    """The first rule that ``text`` breaks; None where it keeps all."""
    if len(text) > MAX_LENGTH:
        return "max_characters"
    return next((rule for rule, _, kept in _measured(text, rules) if not kept), None)


def _measured(text: str, rules: FormatRules) -> Measured:
    """Each rule's name, the measured value, and whether the rule is kept."""
    yield from _lengths(text, rules)
    if rules.contains:
        missing = [part for part in rules.contains if not _has(text, part)]
        yield "contains", {"missing": missing}, not missing
    if rules.excludes:
        present = [part for part in rules.excludes if _has(text, part)]
        yield "excludes", {"found": present}, not present
    if rules.starts_with is not None:
        yield "starts_with", text[: len(rules.starts_with)], text.startswith(rules.starts_with)
    if rules.ends_with is not None:
        last = text[len(text) - min(len(text), len(rules.ends_with)) :]
        yield "ends_with", last, text.endswith(rules.ends_with)
    if rules.is_json is not None:
        is_json = _is_json(text)
        yield "json", is_json, is_json == rules.is_json
    if rules.language is not None:
        language, _ = likeliest_language(text)
        yield "language", language, language == rules.language
    if rules.matches is not None:
        result = _matches(rules.matches, text)
        yield "matches", result, result is True


def _lengths(text: str, rules: FormatRules) -> Measured:
    words, lines = len(_WORD.findall(text)), len(text.splitlines())
    sentences = count_sentences(text) if rules.counts_sentences else 0
    for rule, measured, least, most in (
        ("min_words", words, rules.min_words, None),
        ("max_words", words, None, rules.max_words),
        ("min_characters", len(text), rules.min_characters, None),
        ("max_characters", len(text), None, rules.max_characters),
        ("num_lines", lines, rules.num_lines, rules.num_lines),
        ("min_sentences", sentences, rules.min_sentences, None),
        ("max_sentences", sentences, None, rules.max_sentences),
    ):
        if least is not None or most is not None:
            yield rule, measured, (least or 0) <= measured and (most is None or measured <= most)


def _has(text: str, keyword: str) -> bool:
    """Whether the keyword stands in ``text`` as whole words, in any case.

    Scripts without spaces have it anywhere, and so has any text a sign such as an emoji.
    """
    text, keyword = normalize("NFC", text), normalize("NFC", keyword)
    before = rf"(?<!{_IN_WORD})" if _is_bound(keyword[:1]) else ""
    after = rf"(?!{_IN_WORD})" if _is_bound(keyword[-1:]) else ""
    return regex.search(f"{before}{regex.escape(keyword)}{after}", text, regex.IGNORECASE) is not None


def _is_bound(edge: str) -> bool:
    """Whether a word may not go on beyond this end of a keyword."""
    return edge.isascii() or regex.match(_IN_WORD, edge) is not None


def _is_json(text: str) -> bool:
    fenced = _FENCED.fullmatch(text)
    try:
        json.loads(fenced[1] if fenced else text)
    except (ValueError, RecursionError):
        return False
    return True


def _matches(pattern: str, text: str) -> bool | str:
    try:
        return regex.search(pattern, text, timeout=PATTERN_SECONDS) is not None
    except TimeoutError:
        return f"no result within {PATTERN_SECONDS:g} s"
