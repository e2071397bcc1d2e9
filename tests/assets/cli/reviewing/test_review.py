"""`trimtab review`: tasks out, answers in, and how far people are; nothing of the label leaves."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from assets.cli.commands import app_of
from assets.cli.reviewing import review
from datasets_registry.errors import BadInput
from datasets_registry.registry import Registry
from datasets_registry.rows.review.agreement import ReviewFigure
from datasets_registry.version import CheckResult, Derivation
from quality.review.exchange.forms import FORMS
from tests.quality.review.desks import commit_sample, items
from tests.rows import make

RUNNER = CliRunner()
HIDDEN = {
    "label": "b",
    "p_a": 0.1234,
    "p_first": 0.4321,
    "principle_id": "a_principle",
    "stratum": "rare, sure",
}


def test_its_help_names_every_form() -> None:
    assert tuple(FORMS) == review.FORMS


def asked(*words: object, code: int = 0) -> Any:
    """What the command prints as JSON."""
    result = RUNNER.invoke(app_of(["review"]), ["review", *map(str, words), "--json"], catch_exceptions=False)
    assert result.exit_code == code, result.output
    return json.loads(result.output)


@pytest.fixture
def sampled(registry: Registry) -> Registry:
    """A state with a sample of six."""
    commit_sample(registry, items(6, inclusion=0.03125, stratum_pairs=192, **HIDDEN))
    return registry


def filled(folder: Path, answers: dict[str, dict[str, str]]) -> Path:
    """The exported file with answers by item."""
    path = folder / "tasks.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    path.write_text("".join(json.dumps(row | answers.get(row["id"], {})) + "\n" for row in rows))
    return path


def test_answers_of_a_file_count_once_and_show_in_the_status(sampled: Registry, tmp_path: Path) -> None:
    out = tmp_path / "out"
    exported = asked("export", "review_sample", out, "--to", "jsonl")
    assert (exported["sample"], exported["tasks"], exported["files"]) == (
        "review_sample@1",
        6,
        ["tasks.jsonl"],
    )
    with pytest.raises(BadInput, match="out"):
        asked("export", "review_sample@1", out, "--to", "csv")
    name = "<b>Ada</b>"
    answers = {f"i00{place}": {"answer": "left", "reviewer": name} for place in range(3)}
    path = filled(out, answers | {"i003": {"answer": "left"}})
    taken = asked("import", path)
    assert (taken["kept"], taken["blank"], taken["reviews"]) == (3, 2, "human_reviews@1")
    assert taken["refused"] == {"reviewer: field required": 1}
    taken = asked("import", path, "--reviewer", "Ben")
    assert (taken["kept"], taken["known"], taken["refused"]) == (1, 3, {})
    (standing,) = asked()
    assert (standing["sample"], standing["items"], standing["waiting"]) == ("review_sample@1", 6, 2)
    assert standing["reviewers"] == {name: 3, "Ben": 1}
    assert standing["gate"] == "not counted yet: build review_agreement"


def test_what_a_file_says_twice_or_of_another_sample_is_refused(sampled: Registry, tmp_path: Path) -> None:
    good = {"id": "i001", "sample": "review_sample@1", "reviewer": "Ada", "answer": "left"}
    rows = [good, good | {"answer": "right"}, good | {"id": "i002", "sample": "review_sample@7"}]
    path = tmp_path / "answers.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, good)
        writer.writeheader()
        writer.writerows(rows)
    taken = asked("import", path, code=1)
    doubled, other = taken["refused"].items()
    assert taken["kept"] == 0 and {doubled[1], other[1]} == {1, 2}
    assert any("several answers of one reviewer" in reason for reason in taken["refused"])
    assert any(reason.startswith("it is for review_sample@7") for reason in taken["refused"])
    with pytest.raises(BadInput, match="does not say its form: give --from"):
        asked("import", tmp_path / "answers.xlsx")


@pytest.mark.parametrize("form", FORMS)
def test_no_value_of_any_file_is_the_labels(form: str, sampled: Registry, tmp_path: Path) -> None:
    folder = tmp_path / form
    asked("export", "review_sample", folder, "--to", form)
    values = {value for path in folder.rglob("*") if path.is_file() for value in leaves(path)}
    hidden = {str(value) for value in (*HIDDEN.values(), 0.03125, 192)}
    assert "2 answers" in values and not values & hidden


def leaves(path: Path) -> Iterator[str]:
    """Every value of a file as text."""
    text = path.read_text(encoding="utf-8-sig")
    if path.suffix == ".csv":
        yield from (cell for row in csv.reader(text.splitlines()) for cell in row)
    elif path.suffix == ".xml":
        yield from text.split('"')
    else:
        documents = text.splitlines() if path.suffix == ".jsonl" else [text]
        yield from (leaf for document in documents for leaf in _leaves(json.loads(document)))


def _leaves(value: object) -> Iterator[str]:
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _leaves(inner)
    else:
        yield str(value)


def test_the_status_says_what_the_gate_says(sampled: Registry) -> None:
    (sample,) = sampled.versions("review_sample")
    rows = [
        make(ReviewFigure),
        make(ReviewFigure, subset="principle", part="a_principle", flagged=True),
    ]
    how = Derivation(code_version="1", settings={}, inputs=(sample,))
    counted = sampled.commit(ReviewFigure, rows, how)
    red = CheckResult(
        check="people_agree", passed=False, severity="error", value=1, threshold=0, description="they do not"
    )
    sampled.record_checks(counted, [red])
    (standing,) = asked()
    assert (standing["gate"], standing["flagged"]) == ("not passed: people_agree", ["a_principle"])
    assert (standing["agreement"], standing["low"], standing["at_least"]) == (0.8, 0.71, 0.65)
    sampled.record_checks(counted, [red.model_copy(update={"passed": True})])
    assert asked()[0]["gate"] == "passed"
    commit_sample(sampled, items(7))
    assert asked()[0]["gate"] == "counted for an earlier sample: build review_agreement again"
    printed = RUNNER.invoke(app_of(["review"]), ["review"]).output
    assert "0.80 (0.71–0.87)" in printed and "review.more = { a_principle = 10 }" in printed
