"""Evaluations: stored figures with their intervals, and flips word for word with the judge's words."""

import re

import pytest
from starlette.testclient import TestClient

from datasets_registry.registry import Registry
from datasets_registry.rows.evaluation import (
    AnswerTurn,
    EvaluationDifference,
    EvaluationItem,
    Grade,
    SuiteAnswer,
    SuiteFigure,
)
from datasets_registry.rows.imported import ChatMessage
from datasets_registry.rows.row import Row
from datasets_registry.version import Derivation, Version
from generation.ledger.ledger import Ledger, Origin, Writer
from generation.request import Completion, Message, Request
from quality.evaluation.answered import answered
from quality.evaluation.flips import flips
from quality.evaluation.report.marks import difference_mark, figure_mark
from studio.queries.evaluated import flips as paging
from studio.queries.evaluated.flips import FlipsBetween
from studio.queries.evaluated.together import together
from tests.rows import make

BASE, MODEL = "base_policy", "dpo_policy"
HOSTILE = "</div><script>alert(1)</script>"
NUM_ITEMS = 30


def item(number: int) -> EvaluationItem:
    """An item that has a right answer, but for each fifth."""
    return make(
        EvaluationItem,
        suite="facts" if number < 20 else "riddles",
        item_id=f"item_{number:02d}",
        messages=[ChatMessage(role="user", content=HOSTILE)],
        gold=[] if number % 5 == 0 else ["4"],
    )


def answer(model: str, number: int) -> SuiteAnswer:
    """The base is right on even items, the model on each third; each seventh answer of it failed."""
    asked = item(number)
    right = number % 2 == 0 if model == BASE else number % 3 == 0
    failed = model == MODEL and number % 7 == 0
    said = f"It is {4 if right else 5}, I think."
    turn = AnswerTurn(
        prompt=HOSTILE, completion=said, finish_reason="stop", num_tokens=3, completion_key="answer"
    )
    return make(
        SuiteAnswer,
        model=model,
        suite=asked.suite,
        item_id=asked.item_id,
        turns=[turn],
        grades=[] if failed else [Grade(name="right", value=float(right), keys=["judge_call"])],
        failure="truncated" if failed else None,
    )


def committed(registry: Registry, name: str, rows: list[Row], *inputs: Version) -> Version:
    """A passed version of the rows under a name."""
    made = Derivation(code_version="1", settings={}, inputs=inputs)
    return registry.record_checks(registry.commit(type(rows[0]), rows, made, name), [])


@pytest.fixture
def evaluated(registry: Registry) -> Version:
    """Figures of two models' answers to the same items, beside their differences."""
    items = committed(registry, "evaluation_items", [item(number) for number in range(NUM_ITEMS)])
    answers = [
        committed(
            registry,
            f"evaluation_answers/{model}",
            [answer(model, number) for number in range(NUM_ITEMS)],
            items,
        )
        for model in (BASE, MODEL)
    ]
    committed(registry, "evaluation_differences", [make(EvaluationDifference, model=MODEL)], *answers, items)
    figures: list[Row] = [make(SuiteFigure, model=model) for model in (BASE, MODEL)]
    figures.append(make(SuiteFigure, model=MODEL, category="privacy", note="few items"))
    return committed(registry, "evaluation", figures, *answers, items)


def test_figures_stand_as_they_are_stored(client: TestClient, registry: Registry, evaluated: Version) -> None:
    for page in ("evaluation", "flips"):
        assert f'href="/{page}/{evaluated}"' in client.get(f"/version/{evaluated}").text
    text = client.get(f"/evaluation/{evaluated}").text
    (difference,) = registry.rows(EvaluationDifference, registry.passed("evaluation_differences"))
    figure = registry.rows(SuiteFigure, evaluated)[0]
    assert f"<h1>{MODEL} against {BASE}</h1>" in text
    assert text.count(figure_mark(figure, "").text) == 2 and difference_mark(difference, "").text in text
    assert text.count('<svg class="intervals"') == 2 and "few items" not in text
    of_suite = client.get(f"/evaluation/{evaluated}", params={"suite": "harmlessness", "against": "none"})
    assert "few items" in of_suite.text and "difference" not in of_suite.text.partition("<table")[2]


@pytest.mark.parametrize("at_once", [4, 250])
def test_pages_have_each_flip_once(
    registry: Registry, evaluated: Version, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(paging, "AT_ONCE", at_once)
    monkeypatch.setattr(paging, "SHOWN", 3)
    held = together(registry, evaluated)
    between = FlipsBetween(registry, {model: held.answers[model] for model in (MODEL, BASE)})
    asked = answered(
        registry.rows(EvaluationItem, registry.passed("evaluation_items")),
        [row for version in held.answers.values() for row in registry.rows(SuiteAnswer, version)],
    )
    expected = {
        (flip.item.item_id, flip.direction)
        for suite in asked[MODEL]
        for flip in flips(asked[MODEL][suite], asked[BASE][suite])
    }
    for words in ({}, {"direction": "worse"}, {"suite": "riddles", "grade": "right"}):
        found, after = list[tuple[str, str]](), None
        while True:
            page = between.page({**words, **({"after": after} if after else {})})
            found += [(each.flip.item.item_id, each.flip.direction) for each in page.flips]
            after = page.after
            if after is None:
                break
        fitting = {
            (name, direction)
            for name, direction in expected
            if words.get("direction") in (None, direction) and ("suite" not in words or int(name[-2:]) >= 20)
        }
        assert found == sorted(fitting)
    counts = between.counts()
    assert counts is not None
    assert sum(number for of_suite in counts.values() for number in of_suite.values()) == len(expected)


def test_flips_are_shown_word_for_word_and_lead_to_the_row(
    client: TestClient, registry: Registry, evaluated: Version
) -> None:
    assert "completion judge_call is not in the ledger" in client.get(f"/flips/{evaluated}").text
    with Writer(Ledger(registry.state.ledger), Origin("judge", "scripted", "evaluation")) as writer:
        asked = Request(messages=(Message(role="user", content="Is it right?"),))
        said = Completion(text=f"It is not. {HOSTILE}", thought="Two and two are four.", finish_reason="stop")
        writer.add("judge_call", asked, said)
    text = client.get(f"/flips/{evaluated}", params={"direction": "worse"}).text
    assert "right: right → wrong" in text and "<mark>4</mark>" in text and "<mark>5</mark>" in text
    assert "<script>alert" not in text and "&lt;script&gt;alert(1)" in text
    assert "It is not. &lt;/div&gt;" in text and "Two and two are four." in text
    rows = re.findall(r'<h2><a class="open" href="([^"]+)"', text)
    assert rows and all(f"/row/evaluation_answers/{MODEL}@1" in row for row in rows)
    assert "Where row" in client.get(rows[0].replace("&amp;", "&")).text


def test_what_cannot_be_shown_is_a_sentence(client: TestClient, evaluated: Version) -> None:
    says = {
        "flips/evaluation?suite=other": "suite &#39;other&#39; cannot be chosen: use one of facts, riddles",
        "flips/evaluation?direction=up": "use one of worse, better, neither",
        "flips/evaluation?grade=other": "use one of right",
        "flips/evaluation?against=other": "model &#39;other&#39; has no answers: choose one of",
        "flips/evaluation?against=dpo_policy&model=dpo_policy": "does not differ from itself",
        "flips/evaluation?after=[1]": "is no place in these answers",
        "flips/evaluation_items": "is no evaluation: look at /version/evaluation_items@1",
        "evaluation/evaluation?model=other": "cannot be chosen",
        "evaluation/evaluation?suite=other": "cannot be chosen",
        "evaluation/evaluation_items": "is no evaluation",
    }
    for path, sentence in says.items():
        answer = client.get(f"/{path}")
        assert answer.status_code == 400 and sentence in answer.text, path


def test_models_that_were_asked_different_items_have_no_flips(
    client: TestClient, registry: Registry, evaluated: Version
) -> None:
    other = committed(registry, "other_items", [item(NUM_ITEMS)])
    committed(registry, "evaluation_answers/other", [answer("other", NUM_ITEMS)], other)
    answer_ = client.get("/flips/evaluation", params={"against": "other"})
    assert answer_.status_code == 400 and "answers to different items are no pairs" in answer_.text
