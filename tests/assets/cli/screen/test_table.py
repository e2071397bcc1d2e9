"""Tables at any width: names are whole, texts wrap, numbers stand right, and else there are records."""

import csv
import io
import os
import sys
from datetime import UTC, datetime

import pytest

from assets.cli.printing import print_rows, print_table, say
from assets.cli.screen.values import local_time
from assets.screen.table import fitted, screen_width, wrapped
from datasets_registry.errors import BadInput

NAME = "iterative_dpo/round_02/preference_pairs@3"
HEADINGS = ("dataset", "rows", "warnings")
ROWS = [(NAME, "1,204", "short_share, longer_chosen_share"), ("cai_sft@12", "24", "漢字漢字漢字 one two")]


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> "Lines":
    """What is printed at a width."""
    return Lines(monkeypatch, capsys)


class Lines:
    """Prints a table at a width, and gives its lines."""

    def __init__(self, patch: pytest.MonkeyPatch, captured: pytest.CaptureFixture[str]) -> None:
        self.patch, self.captured = patch, captured

    def __call__(self, width: int | None, *table: object) -> list[str]:
        """The lines at ``width``; None is a pipe."""
        if width is None:
            self.patch.delenv("COLUMNS", raising=False)
        else:
            self.patch.setenv("COLUMNS", str(width))
        self.captured.readouterr()
        print_table(*(table or (HEADINGS, ROWS)))  # type: ignore[arg-type]
        return self.captured.readouterr().out.splitlines()


@pytest.mark.parametrize("width", range(24, 140, 4))
def test_no_width_cuts_anything(width: int, lines: Lines) -> None:
    shown = lines(width)
    # a name wider than the screen is the only thing that may be folded
    assert all(len(line) <= width for line in shown) and (width < len(NAME) + 11 or NAME in "\n".join(shown))
    letters = sorted("".join(shown).replace(" ", "").replace("─", "").replace(":", ""))
    told = sorted("".join(cell for row in ROWS for cell in row).replace(" ", ""))
    assert not [letter for letter in set(told) if letters.count(letter) < told.count(letter)]


def test_numbers_stand_right_and_texts_left(lines: Lines) -> None:
    heading, _, *rows = lines(120)
    end = heading.index("rows") + len("rows")
    assert rows[0][end - 5 : end] == "1,204" and rows[1][end - 2 : end] == "24"
    assert heading.startswith("dataset ") and rows[1].startswith("cai_sft@12 ")


def test_a_pipe_has_all_of_a_row_on_its_line_and_no_colour(lines: Lines) -> None:
    shown = lines(None, ("name", "text"), [("a", "word " * 200), ("b", "x" * 500)])
    assert len(shown) == 4 and shown[3].endswith("x" * 500) and "\x1b" not in "".join(shown)
    assert screen_width() is None


def test_rows_with_no_room_are_records(lines: Lines) -> None:
    headings = [f"column_{number}" for number in range(9)]
    shown = lines(60, headings, [[f"value{number}" for number in range(9)]] * 2)
    assert shown[0] == "column_0:  value0" and shown[9] == "" and len(shown) == 19
    long = lines(80, ("a", "b", "c"), [["word " * 200] * 3])
    assert long[0].startswith("a:  word ") and max(map(len, long)) <= 80


def test_a_record_has_the_empty_values_that_were_asked_for_by_name(lines: Lines) -> None:
    row = {"a": "word " * 200, "b": "", "c": "word " * 200}
    assert "b:" in lines(60, list(row), [list(row.values())])
    print_rows([row], False, list(row))
    assert not [line for line in lines.captured.readouterr().out.splitlines() if line.startswith("b")]


def test_words_break_only_where_they_must() -> None:
    assert wrapped("  one two_three four", 10) == ["  one", "two_three", "four"]
    assert wrapped("twenty_one_letters_or", 12) == ["twenty_one_", "letters_or"]
    assert wrapped("漢字漢字 x", 6) == ["漢字漢", "字 x"]
    assert wrapped("", 5) == [""]
    assert fitted(("a", "b"), [("x" * 30, "name_of_it")], 36, breaks=False) is None
    assert fitted(("a", "b"), [("x" * 90, "x" * 90)], 20) is None


def test_csv_has_every_value_in_full(capsys: pytest.CaptureFixture[str]) -> None:
    row = {"id": "ab" * 32, "share": 1 / 3, "none": None, "list": ["a", 1], "text": 'say "hi"\nto\x1b[31m'}
    print_rows([row], False, list(row), as_csv=True)
    (shown,) = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert shown == {**row, "share": str(1 / 3), "none": "", "list": '["a", 1]'}
    with pytest.raises(BadInput, match="--json and --csv"):
        print_rows([row], True, list(row), as_csv=True)


def test_csv_steers_no_terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    print_rows([{"a": "\x1b[31m"}], False, ["a"], as_csv=True)
    assert capsys.readouterr().out == "a\n\\u001b[31m\n"


def test_a_sentence_wraps_between_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    say("a sentence of rather many words, which wraps")
    assert capsys.readouterr().out.splitlines() == ["a sentence of rather many", "words, which wraps"]


def test_a_time_is_that_of_this_machines_clock() -> None:
    at = datetime(2026, 7, 1, 12, 0, 30, 5, tzinfo=UTC)
    here = f"{at.astimezone():%Y-%m-%d %H:%M:%S}"
    assert local_time(at) == local_time(at.isoformat()) == local_time("2026-07-01T12:00:30Z") == here
    assert local_time(datetime(2026, 7, 1, 12)) == "2026-07-01 12:00:00"


def test_a_terminal_has_its_own_width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setattr(os, "get_terminal_size", lambda *_: os.terminal_size((91, 24)))
    assert screen_width() == 91
