"""Files become rows by map or by name; each row is accepted whole or rejected with line and reason."""

import gzip
import json
import weakref
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from datasets_registry.errors import BadInput
from datasets_registry.hashing import content_id
from datasets_registry.importing.filling import Given
from datasets_registry.importing.importing import import_rows, write_rejections
from datasets_registry.importing.mapping import parsed_map
from datasets_registry.importing.source import open_source
from datasets_registry.registry import Registry
from datasets_registry.rows.imported import Problem
from datasets_registry.rows.prompts import HelpfulPrompt, RedTeamPrompt
from datasets_registry.rows.rlaif import PreferencePair
from datasets_registry.rows.row import Row
from datasets_registry.state import State
from datasets_registry.store.staging import ROWS_AT_ONCE
from tests.datasets_registry.samples import GSM8K, imported, reasons, write_lines

SUM = {"Body": "I have 1 pen", "Question": "And you?", "Answer": 51.0, "turns": ["first", "second"]}
MAP = {"prompt": "Body+Question", "answer": "Answer"}


def test_a_map_joins_picks_and_says_texts(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "sums.jsonl", SUM)
    (row,) = imported(
        path, Problem, MAP | {"solution": "turns.1", "source": "=me"}, Given(licence="MIT")
    ).rows
    assert isinstance(row, Problem)
    assert (row.prompt, row.answer, row.solution) == ("I have 1 pen And you?", "51", "second")
    assert (row.source, row.licence, row.problem_id) == ("me", "MIT", content_id(row.prompt, "51"))


@pytest.mark.parametrize("name", ["sums.json", "sums.json.gz", "sums.jsonl.gz", "sums.parquet", "sums.csv"])
def test_every_kind_of_file_gives_the_same_rows(tmp_path: Path, name: str) -> None:
    plain = {name: value for name, value in SUM.items() if name != "turns"}
    text = json.dumps([plain] if ".json" in name and "jsonl" not in name else plain)
    path = tmp_path / name
    if name.endswith(".parquet"):
        pq.write_table(pa.Table.from_pylist([plain]), path)
    elif name.endswith(".csv"):
        path.write_text('Body,Question,Answer\n"I have 1 pen",And you?,51\n')
    else:
        path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    (row,) = imported(path, Problem, MAP, Given(source="me", licence="MIT")).rows
    assert (
        row
        == imported(write_lines(tmp_path / "x.jsonl", SUM), Problem, MAP, Given("train", "me", "MIT")).rows[0]
    )


def test_a_row_that_lacks_a_column_is_rejected_with_its_reason(tmp_path: Path) -> None:
    found = imported(
        write_lines(
            tmp_path / "sums.jsonl",
            SUM,
            {"Body": "I have 2 pens", "Question": "And you?"},
            "{broken",
            "[1]",
            "",
            SUM | {"Answer": None},
            SUM | {"Answer": [1]},
            SUM | {"Answer": " "},
            SUM,
            '{"Body": "half \\ud800", "Question": "?", "Answer": 1}',
        ),
        Problem,
        MAP,
    )
    assert len(found.rows) == 1
    assert reasons(found) == [
        (2, "column Answer is missing"),
        (3, "not JSON"),
        (4, "not a JSON object"),
        (6, "answer is null"),
        (7, "answer is not text"),
        (8, "answer is empty"),
        (9, "duplicate of line 1"),
        (10, "half of a surrogate pair, which is not text"),
    ]
    assert found.counts()["exact duplicate"] == 1


def test_rejected_rows_are_written_with_their_content(tmp_path: Path, state: State) -> None:
    found = imported(write_lines(tmp_path / "g.jsonl", GSM8K, GSM8K))
    path = write_rejections(state, "mine", found)
    assert path is not None and path.is_relative_to(state.root / "imports" / "mine")
    (line,) = map(json.loads, path.read_text().splitlines())
    assert (line["line"], line["reason"], line["row"]) == (2, "duplicate of line 1", GSM8K)
    assert write_rejections(state, "mine", imported(write_lines(tmp_path / "g.jsonl", GSM8K))) is None


def test_an_id_that_stands_twice_with_other_content_is_rejected(tmp_path: Path) -> None:
    one, other = ({"problem_id": "a", "prompt": text, "answer": "1"} for text in ("x", "y"))
    found = imported(write_lines(tmp_path / "p.jsonl", one, other), Problem)
    assert reasons(found) == [(2, "problem_id is that of line 1, which has other content")]


def test_cells_of_a_csv_know_empty_text_from_null_and_their_line(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text('prompt,answer,solution\n"two\nlines",1,\n\nshort,2\nb,3,""\nc,4,"say ""x"""\n')
    found = imported(path, Problem)
    assert [one.solution for one in found.rows if isinstance(one, Problem)] == [None, "", 'say "x"']
    assert reasons(found) == [(5, "2 cells where the header has 3")]


def test_values_outside_a_literal_are_rejected(tmp_path: Path) -> None:
    row = {"prompt": "x", "category": "c", "split": "test", "licence": "MIT"}
    found = imported(write_lines(tmp_path / "p.jsonl", row, row | {"split": "train"}), RedTeamPrompt)
    assert reasons(found) == [(1, "split: Input should be 'train' or 'evaluation'")]


def test_turns_before_a_prompt_may_be_given_and_are_part_of_its_identity(tmp_path: Path) -> None:
    row = {"prompt": "and then?", "category": "c"}
    said = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]
    lines = write_lines(tmp_path / "p.jsonl", row, row | {"history": said})
    alone, after = list(imported(lines, RedTeamPrompt).rows)
    assert isinstance(alone, RedTeamPrompt) and isinstance(after, RedTeamPrompt)
    assert alone.history == [] and [one.content for one in after.history] == ["hi", "hello"]
    assert alone.prompt_id != after.prompt_id and alone.split_group != after.split_group


@pytest.mark.parametrize("name", ["", "x" * 5000 + ".jsonl", "none.jsonl", "a\0b"])
def test_what_is_no_file_or_folder_is_a_sentence(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_lines(tmp_path / "mine.jsonl", GSM8K)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadInput, match="no file or folder .*: give a file, a folder, or hub:owner/name"):
        open_source(name)


@pytest.mark.parametrize("name", ["source", "licence"])
def test_a_source_or_licence_that_says_nothing_is_refused(name: str) -> None:
    with pytest.raises(BadInput, match=f"{name} is ' ': name one, or leave it out"):
        Given(**{name: " "})


def test_an_unknown_format_says_the_columns_there_are_and_those_wanted(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "sums.jsonl", SUM)
    with pytest.raises(BadInput, match="'Body', 'Question', 'Answer', 'turns', which is not a known format"):
        imported(path)
    with pytest.raises(
        BadInput, match="and problems needs prompt, answer: add --map prompt=… --map answer=…"
    ):
        imported(path, Problem)
    with pytest.raises(BadInput, match="preference_pairs has no column 'answer' to map to"):
        imported(path, PreferencePair, MAP)


def test_plain_text_for_language_modelling_is_told_what_to_give(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "corpus.jsonl", {"text": "Once upon a time."})
    with pytest.raises(BadInput, match="'text' alone, .* --like helpful_prompts --map prompt=text"):
        imported(path)
    (row,) = imported(path, HelpfulPrompt, {"prompt": "text", "category": "=unstated"}).rows
    assert isinstance(row, HelpfulPrompt) and row.prompt == "Once upon a time."


@pytest.mark.parametrize("entry", ["prompt", "=x", "prompt="])
def test_a_map_entry_that_is_none_is_refused(entry: str) -> None:
    with pytest.raises(BadInput, match="write column=source, once for each column"):
        parsed_map([entry])


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.txt", b"x", "not a kind of file that can be imported"),
        ("x.jsonl", b"", "it is empty"),
        ("x.jsonl", b"{", "the first is not JSON"),
        ("x.json", b"[1,", "is not a JSON list"),
        ("x.jsonl.gz", b"x", "not a whole .gz file"),
        ("x.jsonl.gz", gzip.compress(b'{"a": 1}\n' * 9, mtime=0)[:-9], "not a whole .gz file"),
        ("x.parquet", b"x", "not a whole Parquet file"),
        ("x.csv", b"a,b\n\xff,2\n", "the first is not UTF-8 text"),
        ("x.csv", b"a,a\n1,2\n", "needs distinct column names in its first line"),
    ],
)
def test_a_broken_file_is_a_sentence(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadInput, match=message):
        imported(tmp_path / name)


def test_a_folder_has_files_of_one_kind(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="has no data file"):
        open_source(str(tmp_path))
    write_lines(tmp_path / "a.jsonl", GSM8K)
    write_lines(tmp_path / "b.jsonl", GSM8K)
    assert reasons(imported(tmp_path)) == [(1, "duplicate of a.jsonl line 1")]
    (tmp_path / "c.csv").write_text("a\n1\n")
    with pytest.raises(BadInput, match="has files of 2 kinds"):
        open_source(str(tmp_path))


def test_the_hub_is_a_sentence_without_a_network() -> None:
    with pytest.raises(BadInput, match="Hub dataset 'nobody/nothing', split 'test', cannot be read"):
        open_source("hub:nobody/nothing:test")
    with pytest.raises(BadInput, match="is not a Hub dataset"):
        open_source("hub:../../x")


def test_a_large_file_is_never_in_memory_whole(registry: Registry, tmp_path: Path) -> None:
    lines = ({"prompt": f"What is {number} + 1?", "answer": number + 1} for number in range(3 * ROWS_AT_ONCE))
    path = write_lines(tmp_path / "p.jsonl", *lines)
    found = import_rows(open_source(str(path)), [Problem], {}, Given(licence="MIT"))
    alive, most = 0, 0

    def let_go() -> None:
        nonlocal alive
        alive -= 1

    def watched() -> Iterator[Row]:
        nonlocal alive, most
        for row in found.rows:
            alive += 1
            most = max(most, alive)
            weakref.finalize(row, let_go)
            yield row
            del row

    staged = registry.stage(Problem, watched(), "mine")
    assert staged.num_rows == found.accepted == 3 * ROWS_AT_ONCE
    assert most <= ROWS_AT_ONCE + 2


def test_a_file_that_breaks_off_leaves_no_version(registry: Registry, tmp_path: Path) -> None:
    lines = [{"prompt": f"What is {number} + 1?", "answer": 1} for number in range(100)]
    whole = gzip.compress("".join(json.dumps(one) + "\n" for one in lines).encode(), 0)
    path = tmp_path / "p.jsonl.gz"
    path.write_bytes(whole[:-9])
    found = import_rows(open_source(str(path)), [Problem], {}, Given(licence="MIT"))
    with pytest.raises(BadInput, match="not a whole .gz file"):
        registry.commit(Problem, found.rows, found.derivation, "mine")
    assert registry.newest("mine") is None
