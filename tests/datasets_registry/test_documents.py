"""Files that people write are read exactly, or refused in one sentence with value and remedy."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import Field

from datasets_registry.documents import read_json, read_toml, validated
from datasets_registry.errors import BadInput
from datasets_registry.settings import MOST, Distinct, Seed, Settings


class Inner(Settings):
    """A part."""

    share: float = Field(0.5, gt=0, le=1)
    number: int = Field(1, ge=1)
    size: Annotated[int, Field(ge=1)] | None = None


class Outer(Settings):
    """The whole."""

    name: str
    seed: Seed = 0
    fast: bool = False
    judges: Annotated[tuple[str, ...], Distinct] = ()
    order: Literal["forward", "reversed"] = "forward"
    inner: Inner = Inner()
    parts: tuple[Inner, ...] = ()
    by_name: Mapping[str, Inner] = {}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ({}, "name is missing: add it"),
        ({"name": 3}, "name is 3: it should be a text"),
        ({"name": "a", "seed": -1}, "seed is -1: it should be greater than or equal to 0"),
        ({"name": "a", "seed": 2**32}, "seed is 4294967296: it should be less than 4294967296"),
        ({"name": "a", "seed": True}, "seed is True: it should be a whole number"),
        ({"name": "a", "seed": 1.0}, "seed is 1.0: it should be a whole number"),
        ({"name": "a", "seed": "1"}, "seed is '1': it should be a whole number"),
        ({"name": "a", "fast": 1}, "fast is 1: it should be true or false"),
        ({"name": "a", "inner": 1}, "inner is 1: it should be a table"),
        ({"name": "a", "inner": {"share": math.nan}}, "inner.share is nan: it should be a finite number"),
        ({"name": "a", "inner": {"share": math.inf}}, "inner.share is inf: it should be a finite number"),
        ({"name": "a", "inner": {"share": False}}, "inner.share is False: it should be a number"),
        ({"name": "a", "inner": {"number": MOST + 1}}, f"it should be less than or equal to {MOST}"),
        ({"name": "a", "inner": {"size": 0}}, "inner.size is 0: it should be greater than or equal to 1"),
        ({"name": "a", "parts": 1}, "parts is 1: it should be a list"),
        ({"name": "a", "parts": [{"number": 0}]}, "parts.0.number is 0: it should be greater than"),
        ({"name": "a", "judges": ["b", "c", "b"]}, "judges: 'b' is named twice: name each once"),
        ({"name": "a", "order": "forwards"}, "order is 'forwards' (did you mean 'forward'?): it should be"),
        ({"name": "a", "order": "zzz"}, "order is 'zzz': it should be 'forward' or 'reversed'"),
        ({"name": "a", "sede": 1}, "unknown key 'sede': write 'seed', or remove it"),
        ({"name": "a", "inner": {"numbr": 1}}, "unknown key 'inner.numbr': write 'number', or remove it"),
        ({"name": "a", "parts": [{"sharee": 1}]}, "unknown key 'parts.0.sharee': write 'share', or remove"),
        ({"name": "a", "by_name": {"x": {"shar": 1}}}, "unknown key 'by_name.x.shar': write 'share', or"),
        ({"name": "a", "zzz": 1}, "unknown key 'zzz': remove it, or use one of by_name, fast, inner, judges"),
    ],
)
def test_a_fault_is_a_sentence_with_its_place_its_value_and_the_remedy(
    content: object, sentence: str
) -> None:
    with pytest.raises(BadInput) as refused:
        validated(Outer, content, "file x")
    assert str(refused.value).startswith(f"file x: {sentence}") or sentence in str(refused.value)
    assert "\n" not in str(refused.value)


def test_whole_numbers_are_numbers_too() -> None:
    assert validated(Outer, {"name": "a", "inner": {"share": 1}}, "x").inner.share == 1.0


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b'{"a": 1, "a": 2}', "'a' is named twice"),
        (b'{"a": 1', "not valid JSON"),
        (b"", "not valid JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a": ' + b"9" * 5_000 + b"}", "not valid JSON"),
        ('{"a": "é"}'.encode("latin-1"), "not UTF-8 (byte 7 is 0xe9): save it as UTF-8"),
        ('{"a": 1}'.encode("utf-16"), "not UTF-8"),
    ],
)
def test_what_is_no_json_is_a_sentence(text: bytes, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_bytes(text)
    with pytest.raises(BadInput) as refused:
        read_json(path, "run config")
    assert str(refused.value).startswith(f"run config {path} is ") and sentence in str(refused.value)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b"a = 1\na = 2", "not valid TOML"),
        (b"a = ", "not valid TOML"),
        (b"a = " + b"[" * 100_000, "nested too deeply"),
        (b"a = " + b"9" * 5_000, "not valid TOML"),
        ("a = 'é'".encode("latin-1"), "not UTF-8 (byte 5 is 0xe9): save it as UTF-8"),
        (b"a = '\x00'", "not valid TOML"),
    ],
)
def test_what_is_no_toml_is_a_sentence(text: bytes, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(text)
    with pytest.raises(BadInput) as refused:
        read_toml(path, "profile")
    assert str(refused.value).startswith(f"profile {path} is ") and sentence in str(refused.value)


def test_a_mark_of_the_encoding_is_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(b"\xef\xbb\xbfa = 1")
    assert read_toml(path, "profile") == {"a": 1}


def test_a_file_that_is_not_there_or_is_a_folder_is_a_sentence(tmp_path: Path) -> None:
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(BadInput, match=r"cannot be read \(.*\): give a file that can"):
            read_toml(path, "profile")
