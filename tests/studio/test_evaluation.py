"""Evaluations: stored figures with their intervals, and flips word for word with the judge's words."""

import re

import pytest
from starlette.testclient import TestClient

from datasets_registry.registry import Registry
from datasets_registry.rows.evaluation import EvaluationDifference, EvaluationItem, SuiteAnswer, SuiteFigure
from datasets_registry.rows.row import Row
from datasets_registry.version import Version
from generation.ledger.ledger import Ledger, Origin, Writer
from generation.request import Completion, Message, Request
from quality.evaluation.answered import answered
from quality.evaluation.flips import flips
from quality.evaluation.report.marks import difference_mark, figure_mark
from studio.queries.evaluated import flips as paging
from studio.queries.evaluated.flips import FlipsBetween
from studio.queries.evaluated.together import together
from studio.server import pages
from tests.rows import make
from tests.studio.committed import committed
from tests.studio.evaluations import (
    BASE,
    HOSTILE,
    MODEL,
    NUM_ITEMS,
    answer,
    commit_evaluation,
    item,
)


@pytest.fixture
def evaluated(registry: Registry) -> Version:
    """Figures of two models' answers to the same items, beside their differences."""
    return commit_evaluation(registry)


def test_figures_stand_as_they_are_stored(client: TestClient, registry: Registry, evaluated: Version) -> None:
    for page in ("evaluation", "flips"):
        assert f'href="/{page}/{evaluated}"' in client.get(f"/version/{evaluated}").text
    (difference,) = registry.rows(EvaluationDifference, registry.passed("evaluation_differences"))
    # of other answers
    other: list[Row] = [make(EvaluationDifference, model=MODEL, difference=0.9, num_pairs=900)]
    committed(registry, other, registry.passed(f"evaluation_answers/{BASE}"), name="evaluation_differences")
    text = client.get(f"/evaluation/{evaluated}").text
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
        for _ in range(NUM_ITEMS):
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


def test_a_copy_says_how_many_flips_it_leaves_out(registry: Registry, evaluated: Version) -> None:
    app = pages(lambda: Registry(registry.state, reads_only=True), most_rows=2)
    text = TestClient(app).get(f"/flips/{evaluated}", params={"direction": "worse"}).text
    held = together(registry, evaluated)
    between = FlipsBetween(registry, {model: held.answers[model] for model in (MODEL, BASE)})
    left_out = between.num_fitting({"direction": "worse"}) - 2
    assert text.count("<article") == 2 and left_out > 0 and f'data-left-out="{left_out}"' in text


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
        shown = client.get(f"/{path}")
        assert shown.status_code == 400 and sentence in shown.text, path


def test_models_that_were_asked_different_items_have_no_flips(
    client: TestClient, registry: Registry, evaluated: Version
) -> None:
    other = committed(registry, [item(NUM_ITEMS)], name="other_items")
    committed(registry, [answer("other", NUM_ITEMS)], other, name="evaluation_answers/other")
    assert "/flips/" not in client.get("/version/evaluation_answers/other").text
    shown = client.get("/flips/evaluation", params={"against": "other"})
    assert shown.status_code == 400 and "answers to different items are no pairs" in shown.text
