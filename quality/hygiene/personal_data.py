"""Personal data by pattern: e-mail and IP addresses, telephone numbers, IBANs, payment cards; shown as masks.

IBANs (ISO 13616) and cards (Luhn 1960) are reported where their check digits hold. Addresses that are
reserved for documentation (RFC 2606, RFC 5737) are nobody's and are left out, as are street addresses and
names, which no pattern tells from other words.
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


# what has none of these has no datum, and DuckDB finds that out much sooner
_POSSIBLE = "@|[0-9]([^A-Za-z]{0,3}[0-9]){3}|[A-Z]{2}[0-9]{2}|:[0-9A-Fa-f]*:"


class PersonalDatum(NamedTuple):
    """Where a datum stands in its text, counted from 0, and its shape; never the datum itself."""

    kind: DataKind
    start: int
    mask: str


def personal_data(text: str) -> Iterator[PersonalDatum]:
    """Every datum of ``text``; what is part of one is not found as another."""
    for kind, (pattern, datum_of) in _PATTERNS.items():
        spans = []
        for match in pattern.finditer(text):
            if datum := datum_of(match[0]):
                spans.append((match.start(), match.start() + len(datum)))
                yield PersonalDatum(kind, match.start(), mask(datum))
        for start, end in spans:
            text = f"{text[:start]}{' ' * (end - start)}{text[end:]}"


def mask(datum: str) -> str:
    """``datum`` with a dot for each letter and digit, so that only its shape is left."""
    return re.sub(r"[^\W_]", "•", datum)


def _email(found: str) -> str | None:
    return None if _DOCUMENTATION.search(found) else found


def _address(found: str) -> str | None:
    try:
        return found if ip_address(found).is_global else None
    except ValueError:
        return None


def _cut(holds: Callable[[str], bool]) -> Callable[[str], str | None]:
    """The longest beginning that ends where a word does and holds: what follows a number may look like it."""

    def datum(found: str) -> str | None:
        ends = [match.start() for match in re.finditer(r" |$", found)]
        return next((found[:end] for end in reversed(ends) if holds(re.sub(r"[ -]", "", found[:end]))), None)

    return datum


def is_iban(text: str) -> bool:
    """Whether the check digits of an IBAN without spaces hold."""
    turned = text[4:] + text[:4]
    return 15 <= len(text) <= 34 and int("".join(str(int(one, 36)) for one in turned)) % 97 == 1


def is_card(digits: str) -> bool:
    """Whether 13 to 19 digits have Luhn's check digit."""
    doubled = [int(one) * (1 + place % 2) for place, one in enumerate(reversed(digits))]
    return 13 <= len(digits) <= 19 and sum(one - 9 * (one > 9) for one in doubled) % 10 == 0


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
        _cut(is_iban),
    ),
    "credit_card": (re.compile(r"(?<![\w.,-])[2-6][0-9](?:[ -]?[0-9]){11,17}(?![\w])"), _cut(is_card)),
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
    """Each text of the table ``texts`` with personal data: one row per kind, with the first one's mask."""
    for place, text in each_text(connection, f"regexp_matches(text, '{_POSSIBLE}')"):
        found = list(personal_data(text))
        for kind, count in Counter(one.kind for one in found).items():
            first = next(one for one in found if one.kind == kind)
            more = f", and {count - 1} more" if count > 1 else ""
            yield finding(place, kind, f"{first.mask} at character {first.start + 1}{more}", count)
