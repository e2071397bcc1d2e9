"""Single labels: drawn by label with known probability, asked blind, and compared with people's words."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from datasets_registry.errors import BadInput
from datasets_registry.registry import Registry
from datasets_registry.rows.cai import RevisionStep
from datasets_registry.rows.evaluation import AnswerTurn, EvaluationItem, Grade, SuiteAnswer
from datasets_registry.rows.prm import StepLabels
from datasets_registry.rows.review.agreement import ReviewFigure
from datasets_registry.rows.review.labels import LabelItem
from datasets_registry.rows.review.reviews import HumanReview
from datasets_registry.version import Derivation
from quality.review.absolute.answers import ANSWER_SAMPLE
from quality.review.absolute.revisions import REVISION_SAMPLE
from quality.review.absolute.steps import STEP_AGREEMENT, STEP_SAMPLE
from quality.review.desk import Desk
from quality.review.exchange.exchange import export_tasks, import_answers
from quality.review.exchange.forms import FORMS
from quality.review.settings import LabelSelection, ReviewGate, RevisionSelection
from tests.methods.graphless import MemoryInputs, rows_of
from tests.quality.review.exchange.test_exchange import FILLED
from tests.rows import make

FEW = LabelSelection(number=30, duplicates=2)


def solutions(number: int = 40, wrong: int = 8) -> list[StepLabels]:
    """Solutions of two steps, of so many of which the second is wrong."""
    return [
        make(
            StepLabels,
            solution_id=f"s{place:02}",
            completions=[f"{place} is {place}.", f"Twice {place} is {2 * place}."],
            separator="\n",
            labels=[True, place >= wrong],
            implied=[None, None],
        )
        for place in range(number)
    ]


def sampled(settings: LabelSelection = FEW) -> list[LabelItem]:
    return rows_of(STEP_SAMPLE, settings, MemoryInputs({"step_labels": solutions()}))


def test_rare_labels_are_drawn_with_a_known_probability_and_more_keeps_them() -> None:
    items = [item for item in sampled() if item.role == "sample"]
    assert len(items) == 30 and len(sampled()) == 32
    drawn = {label: [item for item in items if item.label == label] for label in ("right", "wrong")}
    assert len(drawn["wrong"]) == 5
    for label, size in (("right", 72), ("wrong", 8)):
        assert sum(1 / item.inclusion for item in drawn[label]) == pytest.approx(size)
    larger = {item.item_id for item in sampled(LabelSelection(number=50, duplicates=2))}
    assert {item.item_id for item in sampled()} < larger
    assert {item.label for item in sampled(LabelSelection(number=2))} == {"right", "wrong"}
    with pytest.raises(BadInput, match="1 labels are to be reviewed, and they are of 2 strata"):
        sampled(LabelSelection(number=1))


@pytest.fixture
def desk(registry: Registry) -> Desk:
    how = Derivation(code_version="test", settings={}, inputs=())
    version = registry.commit(LabelItem, sampled(), how, "label_sample/steps")
    registry.record_checks(version, [])
    return Desk(registry, "label_sample/steps")


def test_a_label_is_asked_blind_by_the_choices_of_its_task(desk: Desk) -> None:
    task = desk.next_item("Ada")
    assert task and not task.is_pair and task.right == "" and task.left in desk.items[task.item_id].text  # type: ignore[union-attr]
    assert [choice.answer for choice in task.choices] == ["right", "wrong", "cannot_judge"]
    assert task.choices[-1].title == "Cannot judge"
    item = desk.items[task.item_id]
    assert isinstance(item, LabelItem)
    assert item.stratum not in repr(task) and item.pair_id not in repr(task)
    with pytest.raises(BadInput, match="'left' is no answer: give one of right, wrong, cannot_judge"):
        desk.record("Ada", task.item_id, "left")
    assert desk.record("Ada", task.item_id, "wrong").sentence == "29 labels wait for review: trimtab studio"
    again = desk.task("Ada", task.item_id)
    assert again.answer == "wrong" and desk.undo("Ada") == task.item_id
    desk.record("Ada", task.item_id, "right")
    version = desk.commit()
    assert version
    (review,) = (row for row in desk.registry.rows(HumanReview, version) if row.state == "counts")
    assert (review.choice, review.shown_left, review.pair_id) == ("right", "a", item.pair_id)


@pytest.mark.parametrize("form", FORMS)
def test_labels_go_out_and_come_back_in_every_form(form: str, desk: Desk, tmp_path: Path) -> None:
    assert export_tasks(desk, form, tmp_path / "out") == 32
    said = "".join(path.read_text() for path in (tmp_path / "out").rglob("*") if path.is_file())
    assert "Twice" in said and "measured" not in said and "inclusion" not in said
    words = ("right", "wrong", "cannot_judge")
    answers = {item_id: words[place % 3] for place, item_id in enumerate(desk.items)}
    taken = import_answers(desk, form, FILLED[form](tmp_path / "out", answers))
    assert (taken.kept, taken.refused) == (32, {})
    assert {entry.item_id: entry.choice for entry in desk.log.entries()} == answers


def figures(
    items: Sequence[LabelItem], reviews: Sequence[HumanReview]
) -> dict[tuple[str, str], ReviewFigure]:
    inputs = MemoryInputs({"label_sample": items, "human_reviews": reviews, "step_labels": solutions()})
    rows = rows_of(STEP_AGREEMENT, ReviewGate(reviewed=10), inputs)
    return {(row.figure, row.part): row for row in rows}


def test_figures_are_of_all_labels_and_not_of_the_enriched_sample() -> None:
    """People find a fifth of the right labels wrong, and two of the five wrong ones right."""
    items = sampled()
    asked = sorted((item for item in items if item.role == "sample"), key=lambda item: item.item_id)
    right = [item for item in asked if item.label == "right"]
    wrong = [item for item in asked if item.label == "wrong"]
    said = [(item, "wrong" if place < 5 else "right") for place, item in enumerate(right)]
    said += [(item, "right" if place < 2 else "wrong") for place, item in enumerate(wrong)]
    reviews = [
        make(HumanReview, item.item_id, item_id=item.item_id, number=place, choice=choice)
        for place, (item, choice) in enumerate(said)
    ]
    found = figures(items, reviews)
    assert found["agreement", "right"].value == pytest.approx(0.8)
    assert found["agreement", "wrong"].value == pytest.approx(0.6)
    agreed = 0.8 * 0.9 + 0.6 * 0.1
    assert found["agreement", ""].value == pytest.approx(agreed)
    assert found["agreement_unweighted", ""].value == pytest.approx(23 / 30)
    people = 0.8 * 0.9 + 0.4 * 0.1
    chance = people * 0.9 + (1 - people) * 0.1
    assert found["cohen_kappa", ""].value == pytest.approx((agreed - chance) / (1 - chance))
    share = (people + 0.9) / 2
    gwet = 2 * share * (1 - share)
    assert found["gwet_ac1", ""].value == pytest.approx((agreed - gwet) / (1 - gwet))
    assert "read it beside the agreement by label" in found["cohen_kappa", ""].says
    rate = found["true_rate", "right"]
    assert rate.value == pytest.approx(people) and "by the labels alone it is 0.900, of 80" in rate.says
    assert rate.low is not None and rate.high is not None and rate.low < people < rate.high
    assert found["waiting", ""].value == 0


def test_revisions_are_harmful_by_score_and_refused_by_phrases() -> None:
    texts = {
        "p1": ("Take care of it.", 9.0),
        "p2": ("Do it at night.", 2.0),
        "p3": ("I can't help with that.", 9.0),
    }
    rows = [
        make(RevisionStep, name, kind="red_team", revision=text, harmlessness=score)
        for name, (text, score) in texts.items()
    ]
    rows.append(make(RevisionStep, "p4", kind="red_team", revision="failed", failure="cut off"))
    settings = RevisionSelection(duplicates=0, principles={"kind": "Name what is unkind."})
    items = rows_of(REVISION_SAMPLE, settings, MemoryInputs({"cai_revisions": rows}))
    assert {item.pair_id: item.label for item in items} == {
        "p1/1": "harmless",
        "p2/1": "harmful",
        "p3/1": "refused",
    }
    assert {item.question.split("\n")[1] for item in items} == {"Name what is unkind."}


@pytest.mark.parametrize(
    ("suite", "grades", "label"),
    [
        ("capability", [("verified", 1.0, "4"), ("strict", 0.0, None)], "right"),
        ("calibration", [("outcome", -3.0, "incorrect")], "wrong"),
        ("calibration", [("outcome", 0.0, "not attempted")], None),
        ("harmlessness", [("refusal", 1.0, "full"), ("harm", 0.0, "refused")], "refused"),
        ("harmlessness", [("refusal", 0.0, "none"), ("harm", 0.7, "given")], "harmful"),
        ("over_refusal", [("refusal", 0.9, "partial")], "refused"),
        ("helpfulness", [("score", 7.0, None)], None),
    ],
)
def test_an_answer_is_what_its_suite_grades(
    suite: str, grades: list[tuple[str, float, str | None]], label: str | None
) -> None:
    item = make(EvaluationItem, "i1", suite=suite, gold=["4"])
    turn = AnswerTurn(
        prompt="2 + 2?", completion="It is 4.", finish_reason="stop", num_tokens=4, completion_key="k"
    )
    given = [Grade(name=name, value=value, word=word) for name, value, word in grades]
    answer = make(SuiteAnswer, "i1", suite=suite, model="dpo", turns=[turn], grades=given)
    inputs = MemoryInputs({"evaluation_items": [item], "evaluation_answers": [answer]})
    items = rows_of(ANSWER_SAMPLE, LabelSelection(duplicates=0), inputs)
    assert [row.label for row in items] == ([label] if label else [])
    assert all((row.text, row.model, row.part) == ("It is 4.", "dpo", suite) for row in items)
    assert all(("What is right: 4" in row.question) == (label in ("right", "wrong")) for row in items)
