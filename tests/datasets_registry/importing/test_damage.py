"""A damaged row is rejected by its number and no other with it; a damaged file is one sentence."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from datasets_registry.errors import BadInput
from datasets_registry.importing import opening, records
from datasets_registry.importing.importing import write_rejections
from datasets_registry.rows.imported import Problem
from datasets_registry.state import State
from tests.datasets_registry.importing.damage import (
    CSV_ROWS,
    GOOD,
    JSON_ROWS,
    NUM_GOOD,
    PARQUET_COLUMNS,
    content_of,
    packed,
    parquet_file,
)
from tests.datasets_registry.samples import imported, reasons

JSON, CSV = (".jsonl", ".jsonl.gz", ".json", ".json.gz"), (".csv", ".csv.gz")
TEXTS = (*JSON, *CSV)


def require_one_rejected(state: State, path: Path, number: int, reason: str) -> None:
    """One row is rejected with its number and reason, and can be written down; all others are rows."""
    found = imported(path, Problem)
    ((rejected, why),) = reasons(found)
    assert (rejected, len(found.rows)) == (number, NUM_GOOD) and why.startswith(reason)
    assert write_rejections(state, "mine", found)


@pytest.mark.parametrize("suffix", JSON)
@pytest.mark.parametrize("kind", JSON_ROWS)
def test_a_damaged_row_of_json_is_rejected_alone(
    state: State, tmp_path: Path, kind: str, suffix: str
) -> None:
    row, reason = JSON_ROWS[kind]
    path = packed(tmp_path / f"x{suffix}", content_of(suffix, row))
    require_one_rejected(state, path, NUM_GOOD, reason)


@pytest.mark.parametrize("suffix", CSV)
@pytest.mark.parametrize("kind", CSV_ROWS)
def test_a_damaged_row_of_csv_is_rejected_alone(state: State, tmp_path: Path, kind: str, suffix: str) -> None:
    row, reason = CSV_ROWS[kind]
    path = packed(tmp_path / f"x{suffix}", content_of(suffix, row))
    require_one_rejected(state, path, NUM_GOOD + 1, reason)


@pytest.mark.parametrize("kind", PARQUET_COLUMNS)
def test_a_damaged_value_of_parquet_rejects_its_row(tmp_path: Path, kind: str) -> None:
    columns, reason = PARQUET_COLUMNS[kind]
    found = imported(parquet_file(tmp_path / "x.parquet", columns), Problem)
    expected = range(1, NUM_GOOD + 1) if kind == "bytes" else (NUM_GOOD,)
    assert [number for number, _ in reasons(found)] == list(expected)
    assert all(why.startswith(reason) for _, why in reasons(found))


@pytest.mark.parametrize("suffix", TEXTS)
def test_a_byte_order_mark_is_no_text(tmp_path: Path, suffix: str) -> None:
    found = imported(packed(tmp_path / f"x{suffix}", b"\xef\xbb\xbf" + content_of(suffix)), Problem)
    assert len(found.rows) == NUM_GOOD and not reasons(found)


@pytest.mark.parametrize("suffix", TEXTS)
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"])
def test_another_encoding_is_named_with_the_remedy(tmp_path: Path, encoding: str, suffix: str) -> None:
    path = packed(tmp_path / f"x{suffix}", content_of(suffix).decode().encode(encoding))
    with pytest.raises(BadInput, match=f"is {encoding.upper()} text, and has to be UTF-8: .* `iconv -f"):
        imported(path, Problem)


@pytest.mark.parametrize("suffix", TEXTS)
@pytest.mark.parametrize("kind", ["gzip", "zip", "zstd", "bzip2", "xz", "Parquet"])
def test_an_archive_under_another_name_is_a_sentence(tmp_path: Path, kind: str, suffix: str) -> None:
    start = {
        "gzip": gzip.compress(b"{}"),
        "zip": b"PK\x03\x04",
        "zstd": b"\x28\xb5\x2f\xfd",
        "bzip2": b"BZh91AY&SY",
        "xz": b"\xfd7zXZ\x00",
        "Parquet": b"PAR1",
    }
    with pytest.raises(BadInput, match=f"is a {kind} file by its first bytes, whatever its name: unpack it"):
        imported(packed(tmp_path / f"x{suffix}", start[kind] + content_of(suffix)), Problem)


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def without_end(content: bytes) -> bytes:
    return content[:-9]


def altered(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + b"\xff" * 8 + content[middle + 8 :]


def with_more(content: bytes) -> bytes:
    return content + b"more"


@pytest.mark.parametrize("suffix", [".jsonl.gz", ".json.gz", ".csv.gz", ".parquet"])
@pytest.mark.parametrize("damage", [cut, without_end, altered, with_more])
def test_a_damaged_archive_is_a_sentence(
    tmp_path: Path, suffix: str, damage: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / f"x{suffix}"
    if suffix == ".parquet":
        parquet_file(path)
    else:
        packed(path, content_of(suffix))
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(BadInput, match=r"not a whole (\.gz|Parquet) file \(.*\): download"):
        imported(path, Problem)


@pytest.mark.parametrize(
    "name", ["x.zip", "x.jsonl.zip", "x.jsonl.zst", "x.csv.xz", "x.parquet.gz", "x.tar.gz"]
)
def test_an_archive_that_is_not_read_is_named_with_those_that_are(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"PK")
    with pytest.raises(
        BadInput, match=r"must end in .jsonl, .json, .csv \(each also .gz\), .parquet or .eval"
    ):
        imported(tmp_path / name, Problem)


@pytest.mark.parametrize("suffix", TEXTS)
def test_a_row_that_is_too_long_is_rejected_alone(
    state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    for module in (opening, records):
        monkeypatch.setattr(module, "MOST_LINE_BYTES", 1_000)
    text = "x" * 2_500
    row = f"{text},1" if ".csv" in suffix else f'{{"prompt": "{text}", "answer": "1"}}'
    path = packed(tmp_path / f"x{suffix}", content_of(suffix, row.encode()))
    require_one_rejected(state, path, NUM_GOOD + (".csv" in suffix), "longer than 64 MiB")


@pytest.mark.parametrize("suffix", [".jsonl.gz", ".json.gz", ".csv.gz"])
@pytest.mark.parametrize("place", ["before", "behind"])
def test_a_file_that_unpacks_to_too_much_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str, place: str
) -> None:
    monkeypatch.setattr(opening, "FREE_BYTES", 100_000)
    blank, content = b" " * 2**22, content_of(suffix)
    if ".csv" in suffix:
        blank = b"\n" + blank if place == "behind" else b"x" * 2**22
    path = packed(tmp_path / f"x{suffix}", content + blank if place == "behind" else blank + content)
    with pytest.raises(BadInput, match="unpacks to more than 500 times its size"):
        imported(path, Problem)


def test_a_parquet_file_that_unpacks_to_too_much_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("datasets_registry.importing.records.FREE_BYTES", 100_000)
    table = pa.table({"prompt": ["x" * 2**23], "answer": ["1"]})
    pq.write_table(table, tmp_path / "x.parquet", compression="zstd")
    with pytest.raises(BadInput, match="unpacks to 0.0 GB, more than 500 times its size"):
        imported(tmp_path / "x.parquet", Problem)


def test_text_that_repeats_itself_may_unpack_to_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "FREE_BYTES", 1_000)
    system = "You are helpful, and say so. " * 300
    rows = [f'{{"prompt": "{system}{number}", "answer": "1"}}\n'.encode() for number in range(200)]
    assert len(imported(packed(tmp_path / "x.jsonl.gz", b"".join(rows)), Problem).rows) == 200


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"[" + b'{"prompt": "a"},' * 3, "breaks off within element 4"),
        (b'[{"prompt": "a"}, {"prompt": "b]', "breaks off within element 2"),
        (b'[{"prompt": "a"}] {"prompt": "b"}', "goes on after its list"),
    ],
)
def test_a_list_that_does_not_end_is_a_sentence(tmp_path: Path, content: bytes, sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        imported(packed(tmp_path / "x.json", content), Problem)


def test_two_columns_of_one_name_are_a_sentence(tmp_path: Path) -> None:
    columns = [pa.array(["a"])] * 3
    pq.write_table(
        pa.Table.from_arrays(columns, names=["prompt", "answer", "prompt"]), tmp_path / "x.parquet"
    )
    with pytest.raises(BadInput, match="needs distinct column names, and has 'prompt' twice"):
        imported(tmp_path / "x.parquet", Problem)


def test_a_gold_answer_of_400_digits_is_kept_as_it_is(tmp_path: Path) -> None:
    digits = "9" * 400
    row = f'{{"prompt": "a", "answer": {digits}}}'.encode()
    *_, kept = imported(packed(tmp_path / "x.jsonl", content_of(".jsonl") + b"\n" + row), Problem).rows
    assert isinstance(kept, Problem) and kept.answer == digits


def test_a_backslash_before_u0000_is_text(tmp_path: Path) -> None:
    row = rb'{"prompt": "write \\u0000 in C", "answer": "1"}'
    found = imported(packed(tmp_path / "x.jsonl", content_of(".jsonl", row)), Problem)
    assert len(found.rows) == NUM_GOOD + 1


def test_lines_within_quotes_and_of_every_system_are_rows_of_csv(tmp_path: Path) -> None:
    content = b'prompt,answer\r\n"a\n""b"",\r\nc",1\r"d\re",2\n5" pipe,3\n'
    found = imported(packed(tmp_path / "x.csv", content), Problem)
    assert [row.prompt for row in found.rows if isinstance(row, Problem)] == [
        'a\n"b",\r\nc',
        "d\re",
        '5" pipe',
    ]
    assert not reasons(found) and len(GOOD) == NUM_GOOD
