"""Three rows of a version stand first and open, the same for the same content, and their texts stay texts."""

import re
from collections.abc import Sequence
from typing import Any, ClassVar

import dagster as dg
import pytest
from markdown_it import MarkdownIt
from pydantic import Field

from assets.ui.charts import stands_open
from assets.ui.examples import Example, code, examples, listed, pictured, shown_value
from assets.ui.metadata import dataset_metadata
from assets.ui.reading import READINGS, reading_of
from datasets_registry.registry import Registry
from datasets_registry.rows.prm import StepLabels
from datasets_registry.rows.rft import Candidate
from datasets_registry.rows.rlaif import PreferencePair
from datasets_registry.rows.row import Row, ledger_key
from datasets_registry.rows.types import ROW_TYPES
from datasets_registry.version import Derivation, Version
from tests.quality.checks.good_rows import GOOD
from tests.rows import make

MADE = Derivation(code_version="1", settings={}, inputs=())
HOSTILE = (
    "# heading\n\n> quote\n\n| a | b |\n|---|---|\n\n![x](http://127.0.0.1:9/x.png) [y](javascript:alert(1))",
    "<img src=http://127.0.0.1:9/x.png><script>alert(1)</script> &lt;b&gt;",
    "``` `` ` unbalanced",
    "a ` ![x](http://127.0.0.1:9/x.png) <b>bold</b> [y](javascript:alert(1)) ` b",
    "`",
    "www.example.com http://example.com a@b.example",
    "\x1b[2J\u202egone\x07",
    "long " * 5_000,
)


class Note(Row):
    """A row type of somebody's own."""

    dataset: ClassVar[str] = "notes"
    grain: ClassVar[str] = "One row per note."
    key: ClassVar[tuple[str, ...]] = ("note_id",)

    note_id: str = Field(description="The note")
    stars: int = Field(description="Liking")
    split_group: str = Field(description="Group")
    text: str = Field(description="What it says")
    call: str = ledger_key("Ledger key")


def committed(registry: Registry, row: type[Row], rows: Sequence[Row]) -> Version:
    """A version of these rows."""
    return registry.commit(row, rows, MADE, row.dataset)


def picture_of(registry: Registry, row: type[Row], rows: Sequence[Row]) -> str:
    """The first entry of a version's metadata."""
    metadata = dataset_metadata(registry, row, committed(registry, row, rows))
    name, first = next(iter(metadata.items()))
    assert name == "rows" and isinstance(first, dg.MarkdownMetadataValue)
    return str(first.md_str)


@pytest.mark.parametrize("row", GOOD, ids=lambda row: row.dataset)
def test_every_row_type_has_a_picture_that_stands_open(row: type[Row], registry: Registry) -> None:
    text = picture_of(registry, row, GOOD[row])
    latest = registry.versions(row.dataset)[-1]
    # its SQL is of columns that are there: else a general one would take its place
    assert all(list(shown.shown) == list(reading_of(row).shown) for shown in examples(registry, row, latest))
    assert stands_open(text) and f"http://127.0.0.1:3210/version/{row.dataset}@1" in text
    assert "`trimtab studio`" in text
    drawn = 1 if row is Candidate else min(len(GOOD[row]), 3)
    assert (f"**{drawn}** " in text or not drawn) and f"**{drawn + 1}** " not in text


def test_pairs_show_both_texts_and_the_probability_in_each_order(registry: Registry) -> None:
    pair = make(PreferencePair, logit_ab=0.0, logit_ba=2.0, chosen="better one", rejected="worse one")
    text = picture_of(registry, PreferencePair, [pair])
    assert "- chosen `better one`\n- rejected `worse one`" in text
    assert "p(a) with a first `0.5` · p(a) with b first `0.881`" in text


def test_samples_show_a_problem_with_a_right_and_a_wrong_one(registry: Registry) -> None:
    rows = [
        make(Candidate, completion="all right", accepted=True),
        make(Candidate, sample=1, completion="not right", accepted=False, reason="5 is not 4"),
    ]
    text = picture_of(registry, Candidate, rows)
    for shown in ("`all right`", "`not right`", "`5 is not 4`", "accepted `1` · samples `2`"):
        assert shown in text


def test_steps_show_counts_and_labels(registry: Registry) -> None:
    text = picture_of(registry, StepLabels, [make(StepLabels)])
    assert re.search(r"- steps `\d/\d right: ", text), text


def test_the_same_content_shows_the_same_rows_whatever_else_is_there(registry: Registry) -> None:
    def ids(rows: Sequence[Row]) -> list[Any]:
        version = committed(registry, Note, rows)
        return [example.key["note_id"] for example in examples(registry, Note, version)]

    notes = [note(f"n{place}") for place in range(50)]
    shown = ids(notes)
    assert len(shown) == 5 and shown != sorted(shown)
    kept = [row for row in notes if row.note_id in shown]
    assert ids(kept) == shown


def note(note_id: str, text: str = "a text of several words") -> Note:
    """A note."""
    return Note(note_id=note_id, stars=3, split_group="g" * 64, text=text, call="k" * 64)


def test_a_row_type_of_ones_own_shows_its_texts_and_no_hashes(registry: Registry) -> None:
    version = committed(registry, Note, [note("n1")])
    rows = examples(registry, Note, version)
    assert list(rows[0].shown) == ["text", "stars"]
    assert [dict(record.data) for record in listed(rows).records] == [
        {"text": "a text of several words", "stars": "3"}
    ]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_text_stays_text(text: str, registry: Registry) -> None:
    rows = examples(registry, Note, committed(registry, Note, [note("n1", text), note(text[:90])]))
    shown = str(pictured(Version.model_validate(VERSION), rows).value)
    assert stands_open(shown)
    rendered = MarkdownIt("commonmark", {"html": True}).enable("table").render(shown)
    assert set(re.findall(r"</?([a-z0-9]+)", rendered)) == {"p", "strong", "code", "ul", "li", "a"}
    # the studio's
    assert re.findall(r'(?:href|src)="([^"]+)', rendered) == ["http://127.0.0.1:3210/version/notes@1"]
    assert "\x1b" not in shown and "\u202e" not in shown


VERSION = {
    "name": "notes",
    "number": 1,
    "kind": "dataset",
    "data_version": "d",
    "status": "passed",
    "num_rows": 1,
    "content": {},
    "created_at": "2026-01-01",
}


def test_what_is_cut_is_said() -> None:
    assert code("a" * 30, 10) == "`aaaaaaaaaa`… +20"
    assert code("a ` b", 10) == "``a ` b``" and code("`", 10) == "`` ` ``"


def test_many_columns_give_way_before_the_picture_hides() -> None:
    wide = Example({"id": "x"}, {f"a_column_with_a_long_name_{place}": "word " * 90 for place in range(40)})
    text = str(pictured(Version.model_validate(VERSION), [wide] * 3).value)
    assert stands_open(text) and "a_column_with_a_long_name_0" in text


def test_values_read_as_people_write_them() -> None:
    turns = [{"role": "user", "content": "Hello\nyou"}, {"role": "assistant", "content": "Hi"}]
    assert shown_value(turns) == "user: Hello you → assistant: Hi"
    assert (shown_value(True), shown_value(0.12345), shown_value(None), shown_value([])) == (
        "yes",
        "0.123",
        "",
        "",
    )


def test_rows_from_before_a_column_are_shown(registry: Registry) -> None:
    class Former(Note):
        dataset: ClassVar[str] = "former"
        extra: str | None = Field(None, description="A column of today")

    version = committed(registry, Note, [note("n1")])
    assert list(examples(registry, Former, version)[0].shown) == ["text", "stars"]


def test_readings_are_of_row_types_and_their_columns() -> None:
    assert READINGS.keys() <= set(ROW_TYPES.values())
