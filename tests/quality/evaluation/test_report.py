"""The page of an evaluation: n beside every figure, and no text that is anything but text."""

import os
import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from quality.evaluation.report.contents import Contents, Evaluated
from quality.evaluation.report.marks import Scale, difference_mark, figure_mark, number, scale_of, verdict
from quality.evaluation.report.page import page
from quality.evaluation.report.words import MOST_PIECES, sides
from tests.quality.evaluation.evaluated import (
    BASELINE,
    HOSTILE,
    MODEL,
    answer,
    comparison,
    difference,
    figure,
    figures,
)

CHROMIUM = shutil.which("chromium")
# how many of the tables have to be scrolled
MEASURE = """<script>
const tables = [...document.querySelectorAll(".wide")];
const scrolled = tables.filter((table) => table.scrollWidth > table.clientWidth);
document.body.dataset.scrolled = `${scrolled.length} of ${tables.length}`;
</script>"""


class Page(HTMLParser):
    """The tags of a page, its attributes and the texts of its cells."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.rows: list[list[str]] = []
        self._in_cell = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
            self._in_cell = True

    def handle_endtag(self, tag: str) -> None:
        self._in_cell = self._in_cell and tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        if self._in_cell:
            self.rows[-1][-1] += data


def test_a_page_needs_nothing_else_and_runs_nothing() -> None:
    read = Page(page(comparison()))
    assert "script" not in read.tags and not {name for name, _ in read.attributes if name.startswith("on")}
    addresses = {value for name, value in read.attributes if name in ("src", "href")}
    assert addresses == {"data:,", "#suite-1", "#suite-2", "#suite-3"}
    assert "default-src 'none'" in page(comparison())
    assert page(comparison()) == page(comparison())


def test_every_figure_has_its_n_and_a_small_n_no_value() -> None:
    rows = Page(page(Contents(Evaluated(MODEL, figures(MODEL))))).rows
    by_figure = {(cells[0], cells[1]): cells[2:] for cells in rows}
    assert by_figure["severity", "all"] == ["0.4", "0.3 to 0.5", "240", "120", "3", "lower", ""]
    assert by_figure["severity", "privacy"] == ["", "0.212 to 0.412", "99", "49", "3", "lower", ""]
    assert by_figure["flips", "all"][-1] == "no stance: it says one letter always"
    assert "0.312" not in page(Contents(Evaluated(MODEL, figures(MODEL)))).replace("0.3125", "")


def test_pictures_are_told_in_words() -> None:
    text = page(comparison())
    read = Page(text)
    assert read.tags.count("svg") == read.tags.count("desc") > 0
    pictures = [value for name, value in read.attributes if name == "aria-label"]
    assert "harmlessness, whole suite" in pictures and "harmlessness, differences" in pictures
    assert f"severity: {MODEL} 0.4 (0.3 to 0.5), n = 240; {BASELINE} 0.4 (0.3 to 0.5), n = 240;" in text
    # the composite stands first, with its parts' minimum
    assert text.index('id="name-1">composite') < text.index('id="name-2">harmlessness')


@pytest.mark.parametrize(
    ("delta", "p_holm", "says"),
    [
        (-0.3, 0.01, "better"),
        (0.3, 0.01, "worse"),
        (0.3, 0.06, "not told apart"),
        (None, None, "not measured"),
    ],
)
def test_a_difference_says_what_it_shows(delta: float | None, p_holm: float | None, says: str) -> None:
    assert verdict(difference(delta=delta, p_holm=p_holm)) == says
    neither = difference(delta=delta, p_holm=p_holm).model_copy(update={"better": "neither"})
    assert verdict(neither) == {"better": "lower", "worse": "higher"}.get(says, says)


def test_what_not_both_models_have_is_named_below_the_differences() -> None:
    alone = difference("specificity", None, p_holm=None, pairs=0)
    text = page(replace(comparison(), differences=[difference(), alone]))
    assert "Not measured of both: specificity." in text
    assert "specificity" not in {cells[0] for cells in Page(text).rows if len(cells) == 8}


def test_few_pairs_have_no_value_either() -> None:
    assert difference_mark(difference(pairs=99), "m").value is None
    assert difference_mark(difference(pairs=100), "m").value == -0.3
    assert figure_mark(figure(MODEL, count=99), "m").text == "0.3 to 0.5, n = 99"
    assert figure_mark(figure(MODEL, value=None, count=0), "m").text == "nothing measured, n = 0"


@pytest.mark.parametrize(
    ("value", "scale"),
    [(0.4, Scale(0, 1)), (-0.4, Scale(-1, 1)), (4.0, Scale(0, 4.1)), (-4.0, Scale(-4.1, 0))],
)
def test_a_scale_holds_all_of_its_marks(value: float, scale: Scale) -> None:
    held = scale_of([figure_mark(figure(MODEL, value=value), "m")])
    assert (held.first, held.last) == pytest.approx((scale.first, scale.last))
    assert 0 <= held.percent(value) <= 100


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.5, "0.5"),
        (1.0, "1"),
        (0.0004, "0"),
        (-0.0, "0"),
        (100.0, "100"),
        (12.34, "12.3"),
        (4321.0, "4,321"),
    ],
)
def test_a_number_has_three_digits(value: float, shown: str) -> None:
    assert number(value) == shown


def test_texts_are_compared_word_for_word() -> None:
    compared = sides("I am sure that it is Paris.", "I was quite sure that it is Rome.")
    assert [piece.text for piece in compared.before if piece.kind == "deleted"] == ["am", "Paris"]
    assert [piece.text for piece in compared.after if piece.kind == "inserted"] == ["was quite", "Rome"]


@pytest.mark.parametrize("before", ["", "one", "one two", "a\n\nb c", "word " * (MOST_PIECES + 1)])
@pytest.mark.parametrize("after", ["", "one", "two one", "a b\tc d"])
def test_no_letter_is_lost(before: str, after: str) -> None:
    compared = sides(before, after)
    assert "".join(piece.text for piece in compared.before) == before
    assert "".join(piece.text for piece in compared.after) == after
    if before == after:
        assert {piece.kind for piece in (*compared.before, *compared.after)} <= {"same"}


def test_the_worst_answers_stand_by_the_grades_direction() -> None:
    text = page(comparison())
    places = [text.index(f"item <code>item{number}</code>") for number in (3, 2, 1)]
    assert places == sorted(places) and "item0</code>" not in text
    assert "3 worst answers" in text and "grade3" in text and "key3" in text


def test_flips_stand_side_by_side_word_for_word() -> None:
    text = page(comparison("Another answer."))
    assert "3 answers flipped" in text and text.count("severity: none → some (worse)") == 3
    assert text.count("<del>An</del> answer.") == text.count("<ins>Another</ins> answer.") == 3


def shape(text: str) -> list[str]:
    """The tags of a page in their order."""
    return Page(text).tags


def test_a_hostile_text_changes_nothing_but_its_own_cell() -> None:
    text = page(comparison(HOSTILE))
    # which words are both models' is marked in each
    marked = {"del", "ins"}
    plain_shape = shape(page(comparison("Other words.")))
    assert [tag for tag in shape(text) if tag not in marked] == [
        tag for tag in plain_shape if tag not in marked
    ]
    assert not {"\x00", "\x1b", "\u202e", "\u2066", "\ud800", "\U000e0041"} & set(text)
    assert "&lt;script&gt;document.title" in text and "{{ 7 * 7 }}" in text
    text.encode()


def test_a_hostile_name_note_and_grade_change_nothing_either() -> None:
    def named(hostile: str) -> Contents:
        row = figure(hostile, hostile, category=hostile, note=hostile)
        graded = answer(hostile, 1, value=0.5)
        grade = graded.grades[0].model_copy(update={"name": hostile, "word": hostile, "keys": [hostile]})
        least = answer(hostile, 2).model_copy(update={"grades": [grade]})
        failed = grade.model_copy(update={"failure": hostile})
        rows = [
            least,
            graded.model_copy(update={"grades": [grade.model_copy(update={"value": 0.1}), failed]}),
        ]
        return Contents(Evaluated(hostile, [row], rows), versions=[hostile])

    assert shape(page(named(HOSTILE))) == shape(page(named("plain")))


def browsed(file: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    """The page as a browser shows it, as HTML, and what the browser says of it."""
    command = [
        str(CHROMIUM),
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        f"--user-data-dir={file.with_name('profile')}",
        "--enable-logging=stderr",
        *options,
        "--dump-dom",
        file.as_uri(),
    ]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, env=dict(os.environ))


@pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")
def test_a_browser_shows_it_without_a_word_of_complaint(tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(page(comparison(HOSTILE)), encoding="utf-8")
    shown = browsed(file)
    assert f"<title>{MODEL} against {BASELINE}: evaluation</title>" in shown.stdout
    assert "CONSOLE" not in shown.stderr


@pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")
def test_no_table_is_wider_than_a_laptops_window(tmp_path: Path) -> None:
    policy, note = "iterative_dpo/round_02/policy", "12 of 300 answers are missing; a canary is liked better"
    rows = [
        figure(model, "accuracy_by_characters", 1234.5, category="problems_symbol_sums", count=12_000)
        for model in (policy, BASELINE)
    ]
    wide = [row.model_copy(update={"note": note, "num_missing": 12_000}) for row in rows]
    text = page(Contents(Evaluated(policy, wide[:1]), baseline=Evaluated(BASELINE, wide[1:])))
    # the page itself forbids scripts
    measuring = re.sub(r"<meta http-equiv=[^>]+>", "", text).replace("</body>", f"{MEASURE}</body>")
    file = tmp_path / "report.html"
    file.write_text(measuring, encoding="utf-8")
    assert '<body data-scrolled="0 of 1">' in browsed(file, "--window-size=1280,900").stdout


def test_a_baseline_is_hollow_also_where_the_model_has_no_figure() -> None:
    both = comparison()
    alone = replace(both, model=Evaluated(MODEL, [], both.model.answers), differences=[])
    for contents, kinds in ((both, {"interval first", "interval second"}), (alone, {"interval second"})):
        drawn = {value for name, value in Page(page(contents)).attributes if name == "class"}
        assert drawn & {"interval first", "interval second"} == kinds
