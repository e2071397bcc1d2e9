"""Personal data: found where the check digits hold, and never shown."""

import string
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.hygiene.personal_data import DataKind, is_card, is_iban, mask, personal_data

DATA: list[tuple[DataKind, str]] = [
    ("email", "jo.doe+spam@mail.firm.co.uk"),
    ("iban", "DE89 3704 0044 0532 0130 00"),
    ("iban", "GB82WEST12345698765432"),
    ("iban", "MT84 MALT 0110 0001 2345 MTLC AST0 01S"),
    ("credit_card", "4111 1111 1111 1111"),
    ("credit_card", "5500-0000-0000-0004"),
    ("credit_card", "378282246310005"),
    ("ip_address", "8.8.4.4"),
    ("ip_address", "2001:4860:4860::8888"),
    ("phone", "+49 30 901820"),
    ("phone", "+1 (212) 736-5000"),
    ("phone", "212-736-5000"),
    ("phone", "(212) 736-5000"),
]
NOTHING = [
    "write to someone@example.com or a@host.invalid",
    "user @ home",
    "x@y",
    "at 10:30:45",
    "std::vector",
    "IBAN DE88 3704 0044 0532 0130 00",
    "card 4111 1111 1111 1112",
    "pi is 3.14159265358979323846",
    "127.0.0.1 and 192.168.1.4 and 203.0.113.9",
    "300.1.2.3",
    "version 1.2.3",
    "in 1990-2000",
    "2024-11-24 12:00",
    "1,000,000,000 people",
    "12345",
    "2 + 12345678 = 12345680",
    "10.1000/182-123-4567",
]


@pytest.mark.parametrize(("kind", "datum"), DATA)
@pytest.mark.parametrize("text", ["{}", "It is {}.", "Take {} NOW 12", "（{}）, he said\n"])
def test_a_datum_is_found_wherever_it_stands_and_masked(kind: DataKind, datum: str, text: str) -> None:
    (match,) = personal_data(text.format(datum))
    assert (match.kind, match.start) == (kind, text.index("{"))
    assert match.mask == mask(datum) and not set(match.mask) & set(string.ascii_letters + string.digits)


@pytest.mark.parametrize("text", NOTHING)
def test_what_only_looks_like_a_datum_is_left_out(text: str) -> None:
    assert list(personal_data(text)) == []


@given(st.text(), st.text(), st.sampled_from(DATA))
def test_no_mask_ever_contains_a_datum(before: str, after: str, planted: tuple[DataKind, str]) -> None:
    text = f"{before} {planted[1]} {after}"
    for datum in personal_data(text):
        assert text[datum.start : datum.start + len(datum.mask)] not in datum.mask
        assert mask(text[datum.start : datum.start + len(datum.mask)]) == datum.mask


@given(st.from_regex(r"[a-z0-9]{1,20}(\.[a-z]{1,9})?@[a-z]{2,9}\.[a-z]{2,5}", fullmatch=True))
def test_addresses_are_found_unless_reserved_for_documentation(address: str) -> None:
    reserved = address.endswith((".test", "@example.com", "@example.net", "@example.org"))
    assert [datum.kind for datum in personal_data(f"<{address}>")] == ([] if reserved else ["email"])


@given(st.text(string.digits, min_size=12, max_size=18))
def test_exactly_one_check_digit_makes_a_card(digits: str) -> None:
    assert sum(is_card(digits + last) for last in string.digits) == 1
    assert not is_card(digits[:11])


def test_an_iban_with_two_letters_swapped_is_none() -> None:
    assert is_iban("GB82WEST12345698765432") and not is_iban("GB82EWST12345698765432")


@pytest.mark.parametrize(
    "text", ["a." * 50_000, "a@" * 50_000, "1 " * 50_000, "AB12 " * 20_000, "1:" * 50_000]
)
def test_no_text_takes_long(text: str) -> None:
    start = time.process_time()
    list(personal_data(text))
    assert time.process_time() - start < 5
