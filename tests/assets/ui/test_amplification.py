"""The page of amplified answers: a tree as a nested list that stands open, failures by reason, accuracy."""

from pathlib import Path

import duckdb
from dagster import MarkdownMetadataValue, TableMetadataValue

from assets.ui.charts import stands_open
from assets.ui.oversight.amplification import Question, answers_summary, labels_summary, tree_picture
from datasets_registry.rows.oversight.amplified import AmplifiedAnswer, AmplifiedLabel
from datasets_registry.rows.row import to_table
from methods.oversight.amplification.labels import labels
from methods.oversight.amplification.settings import LabelSettings
from tests.methods.oversight.amplification.amplifying import amplified, largest_of_two, problem, text_of


def test_a_tree_every_reason_and_accuracy_by_size_are_on_the_page(tmp_path: Path) -> None:
    problems = [problem("7:3:9:5?", "9", difficulty=4), problem("1:8:2:4?", "8", difficulty=4)]
    rows = amplified(
        problems,
        tmp_path,
        lambda request: "none" if text_of(request) == "1:8?" else largest_of_two(request),
    )
    with duckdb.connect() as connection:
        connection.register("this", to_table(AmplifiedAnswer, rows))
        summary = answers_summary(connection)
        connection.unregister("this")
        connection.register("this", to_table(AmplifiedLabel, list(labels(rows, LabelSettings()))))
        labelled = labels_summary(connection)
    assert isinstance(summary["tree"], MarkdownMetadataValue)
    assert (summary["tree"].md_str or "").splitlines() == [
        "- `7:3:9:5?` → `9` (100% of votes)",
        "  - `7:3?` → `7` (100% of votes)",
        "  - `9:5?` → `9` (100% of votes)",
    ]
    assert (summary["problems"], summary["questions"]) == (2, 6)
    assert (summary["accuracy_amplified"], summary["accuracy_direct"]) == (0.5, 0.0)
    assert isinstance(summary["failures"], TableMetadataValue)
    reasons = {record.data["reason"]: record.data["questions"] for record in summary["failures"].records}
    assert reasons == {"a part of it has no answer": 1, "no sample has an answer that counts": 1}
    assert labelled["labels"] == 1


def test_a_large_tree_of_texts_from_elsewhere_is_cut_and_stays_text() -> None:
    text = "![x](https://example.org/x.png) `<b>`\n# " * 9
    top = Question("n", None, 0, text, "9", 1.0, None)
    parts = [Question(f"n{number}", "n", 1, text, None, None, "empty") for number in range(60)]
    picture = tree_picture([top, *parts])
    assert isinstance(picture, MarkdownMetadataValue)
    drawn = picture.md_str or ""
    assert stands_open(drawn) and drawn.startswith("- ``") and "\n#" not in drawn
