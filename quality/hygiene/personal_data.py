"""Personal data by pattern: e-mail and IP addresses, telephone numbers, IBANs, payment cards; masked.

IBANs (ISO 13616) and cards (Luhn 1960) are reported where their check digits are valid. Addresses that are
reserved for documentation (RFC 2606, RFC 5737) belong to nobody and are left out, as are street addresses
and names, which no pattern can tell from other words.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from typing import Literal, NamedTuple

import duckdb

from datasets_registry.rows.hygiene import HygieneFinding
from quality.hygiene.findings import each_text, finding

DataKind = Literal["email", "iban", "credit_card", "ip_address", "phone"]
_DOCUMENTATION = re.compile(r"(?i)(?:^|[@.])(?:example\.(?:com|net|org)|example|test|invalid|localhost)$")
# a text without any of these has no datum, and DuckDB finds that out much sooner
_POSSIBLE = "@|[0-9]([^A-Za-z]{0,3}[0-9]){3}|[A-Z]{2}[0-9]{2}|:[0-9A-Fa-f]*:"


class PersonalDatum(NamedTuple):
    """Where a datum starts in its text, counted from 0, and its shape; never the datum itself."""

    kind: DataKind
    start: int
    mask: str


def personal_data(text: str) -> Iterator[PersonalDatum]:
    """Every datum of ``text``; a part of one is not reported as another."""
    for kind, (pattern, datum_of) in _PATTERNS.items():
        spans = []
        for match in pattern.finditer(text):
            if datum := datum_of(match[0]):
                spans.append((match.start(), match.start() + len(datum)))
                yield PersonalDatum(kind, match.start(), mask(datum))
        for start, end in spans:
            text = f"{text[:start]}{' ' * (end - start)}{text[end:]}"


def mask(datum: str) -> str:
    """``datum`` with a dot for each letter and digit, which leaves only its shape."""
    return re.sub(r"[^\W_]", "•", datum)


def _email(match: str) -> str | None:
    return None if _DOCUMENTATION.search(match) else match


def _address(match: str) -> str | None:
    try:
        return match if ip_address(match).is_global else None
    except ValueError:
        return None


def _longest(is_valid: Callable[[str], bool]) -> Callable[[str], str | None]:
    """The longest valid beginning that ends with a word: the text after a number may look like part of it."""

    def datum(match: str) -> str | None:
        ends = [space.start() for space in re.finditer(r" |$", match)]
        beginnings = (match[:end] for end in reversed(ends))
        return next((text for text in beginnings if is_valid(re.sub(r"[ -]", "", text))), None)

    return datum


def is_iban(text: str) -> bool:
    """Whether the check digits of an IBAN without spaces are valid."""
    turned = text[4:] + text[:4]
    return 15 <= len(text) <= 34 and int("".join(str(int(letter, 36)) for letter in turned)) % 97 == 1


def is_card(digits: str) -> bool:
    """Whether 13 to 19 digits have Luhn's check digit."""
    doubled = [int(digit) * (1 + index % 2) for index, digit in enumerate(reversed(digits))]
    return 13 <= len(digits) <= 19 and sum(value - 9 * (value > 9) for value in doubled) % 10 == 0


# quantifiers are bounded or possessive, so that no text takes more than linear time
_PATTERNS: dict[DataKind, tuple[re.Pattern[str], Callable[[str], str | None]]] = {
    "email": (
        re.compile(
            r"(?<![\w.+-])[A-Za-z0-9._%+-]{1,64}+@(?:[A-Za-z0-9-]{1,63}+\.){1,8}[A-Za-z]{2,24}(?![\w-])"
        ),
        _email,
    ),
    "iban": (
        re.compile(r"(?<![^\W_])[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![^\W_])"),
        _longest(is_iban),
    ),
    "credit_card": (re.compile(r"(?<![\w.,-])[2-6][0-9](?:[ -]?[0-9]){11,17}(?![\w])"), _longest(is_card)),
    "ip_address": (
        re.compile(
            r"(?<![\w.:])(?:(?:[0-9]{1,3}\.){3}[0-9]{1,3}|(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4})"
            r"(?![\w:]|\.[0-9])"
        ),
        _address,
    ),
    "phone": (
        re.compile(
            r"(?<![\w+.,-])(?:\+[1-9](?:[ ./()-]{0,2}[0-9]){7,14}"
            r"|\(?[2-9][0-9]{2}\)?[ .-]{1,2}[2-9][0-9]{2}[ .-][0-9]{4})"
            r"(?![\w]|[.,-][0-9])"
        ),
        str,
    ),
}


def personal_data_findings(connection: "duckdb.DuckDBPyConnection") -> Iterator[HygieneFinding]:
    """Each text of the table ``texts`` with personal data: one row per kind, with the first datum's mask."""
    for key, text in each_text(connection, f"regexp_matches(text, '{_POSSIBLE}')"):
        data = list(personal_data(text))
        for kind, count in Counter(datum.kind for datum in data).items():
            first = next(datum for datum in data if datum.kind == kind)
            more = f", and {count - 1} more" if count > 1 else ""
            yield finding(key, kind, f"{first.mask} at character {first.start + 1}{more}", count)
