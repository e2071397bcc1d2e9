"""Files for other tools: blind, read back by side, and nothing is taken that is not of the sample."""

import csv
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from datasets_registry.errors import BadInput
from datasets_registry.registry import Registry
from datasets_registry.state import State
from quality.review.desk import Desk
from quality.review.exchange.exchange import export_tasks, import_answers
from quality.review.exchange.forms import FORMS
from quality.review.tasks import left_of
from tests.quality.review.desks import commit_sample, items

Answers = Mapping[str, str]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    registry = Registry(State(tmp_path / "state").prepare())
    rows = items(6, principle_id="a_principle", stratum="a stratum", label="b", p_a=0.1234, p_first=0.4321)
    rows[0] = rows[0].model_copy(update={"completion_a": '=HYPERLINK("x")', "prompt": "<b>&\n\u2028"})
    commit_sample(registry, rows)
    yield Desk(registry)
    registry.engine.dispose()


def _filled_jsonl(folder: Path, answers: Answers) -> Path:
    path = folder / "tasks.jsonl"
    rows = [json.loads(line) for line in path.read_text().split("\n") if line]
    rows = [row | {"answer": answers.get(row["id"], ""), "reviewer": "Ada"} for row in rows]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def _filled_csv(folder: Path, answers: Answers) -> Path:
    path = folder / "tasks.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(row | {"answer": answers.get(row["id"], ""), "reviewer": "Ada"} for row in rows)
    return path


def _filled_label_studio(folder: Path, answers: Answers) -> Path:
    path = folder / "tasks.json"
    tasks = json.loads(path.read_text())
    for task in tasks:
        choice = {"from_name": "preference", "type": "choices", "value": {"choices": []}}
        if task["data"]["id"] in answers:
            choice["value"] = {"choices": [answers[task["data"]["id"]]]}
        skipped = {"completed_by": 2, "was_cancelled": True, "result": []}
        task["annotations"] = [
            {"completed_by": {"email": "Ada"}, "lead_time": 4.5, "result": [choice]},
            skipped,
        ]
    path.write_text(json.dumps(tasks))
    return path


def _filled_argilla(folder: Path, answers: Answers) -> Path:
    path = folder / "records.json"
    records = json.loads(path.read_text())
    for place, record in enumerate(records):
        if answer := answers.get(record["id"]):
            by_question = {"preference": [{"value": answer, "user_id": "Ada"}]}
            of_user = {"values": {"preference": {"value": answer}}, "user_id": "Ada", "status": "submitted"}
            draft = of_user | {"user_id": "Ben", "status": "draft"}
            record["responses"] = [of_user, draft] if place % 2 else by_question
    path.write_text(json.dumps(records))
    return folder


FILLED: Mapping[str, Callable[[Path, Answers], Path]] = {
    "jsonl": _filled_jsonl,
    "csv": _filled_csv,
    "label_studio": _filled_label_studio,
    "argilla": _filled_argilla,
}


@pytest.mark.parametrize("form", FORMS)
def test_answers_come_back_to_the_completion_that_stood_there(form: str, desk: Desk, tmp_path: Path) -> None:
    assert export_tasks(desk, form, tmp_path / "out") == 6
    answers = {item_id: ("left", "right", "equal")[place % 3] for place, item_id in enumerate(desk.items)}
    answers.popitem()
    path = FILLED[form](tmp_path / "out", answers)
    taken = import_answers(desk, form, path)
    assert (taken.kept, taken.refused) == (5, {})
    for entry in desk.log.entries():
        answer, left = answers[entry.item_id], left_of(desk.items[entry.item_id], "")
        other = "b" if left == "a" else "a"
        assert entry.choice == {"left": left, "right": other}.get(answer, answer)
        assert entry.reviewer == "Ada" and entry.shown_left == left
    # the same file again keeps nothing more
    assert (import_answers(desk, form, path).kept, len(desk.log.entries())) == (0, 5)


@pytest.mark.parametrize("form", FORMS)
def test_no_file_says_anything_of_the_label(form: str, desk: Desk, tmp_path: Path) -> None:
    export_tasks(desk, form, tmp_path / "out")
    said = "".join(path.read_text() for path in (tmp_path / "out").rglob("*") if path.is_file())
    assert "2 answers" in said
    for hidden in ("0.1234", "0.4321", "a_principle", "a stratum", "p_a", "prediction", '"label"'):
        assert hidden not in said
    lefts = {left_of(item, "") for item in desk.items.values()}
    assert lefts == {"a", "b"}


def test_argilla_has_no_suggestion_and_hides_the_version(desk: Desk, tmp_path: Path) -> None:
    export_tasks(desk, "argilla", tmp_path / "out")
    records = json.loads((tmp_path / "out" / "records.json").read_text())
    settings = json.loads((tmp_path / "out" / ".argilla" / "settings.json").read_text())
    assert all(record["suggestions"] == {} and record["responses"] == {} for record in records)
    assert all(not metadata["visible_for_annotators"] for metadata in settings["metadata"])


def test_a_spreadsheet_runs_no_completion_and_an_interface_parses(desk: Desk, tmp_path: Path) -> None:
    export_tasks(desk, "csv", tmp_path / "csv")
    with (tmp_path / "csv" / "tasks.csv").open(encoding="utf-8-sig", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert '\'=HYPERLINK("x")' in cells and not any(cell.startswith("=") for cell in cells)
    export_tasks(desk, "label_studio", tmp_path / "ls")
    ElementTree.fromstring((tmp_path / "ls" / "config.xml").read_text())


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"sample": "review_sample@9"}, "it is for review_sample@9, and review_sample@1 is open"),
        ({"id": "nobody's"}, "review_sample@1 has no item"),
        ({"answer": "a"}, "'a' is no answer"),
        ({"reviewer": ""}, "reviewer: field required"),
        ({"seconds": "soon"}, "seconds: input should be a valid number"),
    ],
)
def test_what_is_not_of_the_sample_is_refused_with_its_reason(
    change: dict[str, Any], reason: str, desk: Desk, tmp_path: Path
) -> None:
    good = {"id": "i001", "sample": "review_sample@1", "reviewer": "Ada", "answer": "left"}
    path = tmp_path / "answers.jsonl"
    path.write_text(json.dumps(good) + "\n" + json.dumps(good | {"id": "i002"} | change) + "\n")
    taken = import_answers(desk, "jsonl", path)
    assert taken.kept == 1
    ((why, count),) = taken.refused.items()
    assert why.startswith(reason) and count == 1


def test_a_file_of_another_form_is_one_sentence(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "answers.json"
    path.write_text("not JSON")
    for form in ("jsonl", "label_studio", "argilla"):
        with pytest.raises(BadInput, match=f"cannot be read as {form}"):
            import_answers(desk, form, path)
    with pytest.raises(BadInput, match="'xlsx' is no form"):
        import_answers(desk, "xlsx", path)
    with pytest.raises(BadInput, match="cannot be read as csv"):
        import_answers(desk, "csv", tmp_path / "gone.csv")
