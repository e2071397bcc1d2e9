"""Reviewing by plain forms: answers are kept, newest first, and nothing is lost or doubled."""

import time
from html import escape

import pytest
from starlette.testclient import TestClient

from datasets_registry.registry import Registry
from datasets_registry.rows.review.labels import LabelItem
from datasets_registry.rows.review.reviews import HumanReview
from datasets_registry.rows.rlaif import PreferencePair
from datasets_registry.version import Derivation
from tests.quality.review.desks import commit_sample, items
from tests.rows import make
from tests.studio.conftest import visitor
from tests.studio.review.reviewing import Reviewer, form, log_of

REFUSED: tuple[tuple[dict[str, str], str], ...] = (
    ({"item": "nobodys"}, "has no item"),
    ({"sample": "review_sample@7", "item": "nobodys"}, "has no item"),
    ({"sample": "preference_pairs@1"}, "is no review sample"),
    ({"answer": "a"}, "is no answer"),
    ({"note": "x" * 10_001}, "too long"),
    ({"note": "x" * 300_000}, "write a shorter note"),
    ({"reviewer": " "}, "needs a name"),
)
MARKUP = '<img src=x onerror="alert(1)"> & Co'


def test_all_items_are_answered_and_handed_in(ada: Reviewer, registry: Registry) -> None:
    """From the first page to the thank-you, by links and forms alone."""
    assert "10 pairs wait for review" in ada.browser.get("/").text
    assert 'action="/review/items/review_sample"' in ada.browser.get("/review").text
    text = ada.review(9)
    assert "9 of 10 answered" in text and registry.latest("human_reviews") is None
    text = ada.answer(text, "both_bad", note="neither\r\nhelps").text
    assert "Thank you, Ada" in text and "all 10 items" in text and "they are human_reviews@1" in text
    reviews = registry.rows(HumanReview, registry.passed("human_reviews"))
    assert [review.choice for review in reviews][-1] == "both_bad" and reviews[-1].note == "neither\nhelps"
    assert len(reviews) == 10 and all(review.seconds is not None for review in reviews)
    assert "nothing waits" in ada.browser.get("/review").text


def test_two_tabs_double_nothing_and_say_so(ada: Reviewer, registry: Registry) -> None:
    first = second = ada.next_page()
    ada.answer(first, "left")
    assert "in another tab meanwhile" in ada.answer(second, "right").text
    assert "in another tab" not in ada.answer(second, "right").text
    assert [entry.choice is not None for entry in log_of(registry)] == [True, True]
    assert "1 of 10 answered" in ada.next_page()


def test_going_back_shows_the_answer_and_another_takes_its_place(ada: Reviewer, registry: Registry) -> None:
    item = form(ada.next_page(), "answer").fields["item"]
    ada.review(2)
    back = ada.next_page(item=item)
    assert "You answered this one: Left is better" in back
    after = ada.answer(back, "equal").text
    assert "takes the place of the one before" in after and "2 of 10 answered" in after
    assert [entry.choice for entry in log_of(registry)][-1] == "equal"


def test_undo_takes_back_one_answer_however_often_it_is_sent(ada: Reviewer) -> None:
    page = ada.review(2)
    last = form(page, "undo").fields["last"]
    undone = ada.undo(page).text
    assert "was taken back" in undone and form(undone, "answer").fields["item"] == last
    assert "Nothing was taken back" in ada.undo(page).text
    assert "1 of 10 answered" in ada.next_page()


def test_another_server_goes_on_where_the_first_was_killed(ada: Reviewer, registry: Registry) -> None:
    """Its token is another one: a page of the first is refused, and its item waits."""
    open_page = ada.review(4)
    later = Reviewer(visitor(registry.state, "another"))
    later.browser.get("/", params={"token": "another"})
    refused = later.answer(open_page, "left")
    assert refused.status_code == 403 and "open the item again" in refused.text
    assert "4 of 10 answered" in later.next_page() and len(log_of(registry)) == 4
    assert "5 of 10 answered" in later.review(1)


def test_two_reviewers_have_their_own_progress(ada: Reviewer) -> None:
    ada.review(3)
    assert "1 of 10 answered" in Reviewer(ada.browser, "Ben").review(1)
    listed = ada.browser.get("/review").text
    assert "3 of 10" in listed and "1 of 10" in listed and "7 wait" in listed


def test_an_answer_to_an_earlier_version_is_kept_and_the_newer_one_goes_on(
    ada: Reviewer, registry: Registry
) -> None:
    """Also where the pair is no longer in it."""
    page = ada.next_page()
    item = form(page, "answer").fields["item"]
    commit_sample(registry, [each for each in items(8) if each.item_id != item])
    after = ada.answer(page, "left").text
    assert "A newer version of the sample is open" in after and "0 of 7 answered" in after
    assert [(entry.item_id, entry.sample) for entry in log_of(registry)] == [(item, "review_sample@1")]
    assert "is not in this version" in ada.next_page(item=item)


def test_what_is_no_answer_is_refused_and_not_kept(ada: Reviewer, registry: Registry) -> None:
    how = Derivation(code_version="test", settings={}, inputs=())
    registry.record_checks(registry.commit(PreferencePair, [make(PreferencePair)], how), [])
    page = ada.next_page()
    for changed, sentence in REFUSED:
        refused = ada.answer(page, "left", **changed)
        assert refused.status_code == 400 and sentence in refused.text, changed
        assert "Nothing was kept" in refused.text and log_of(registry) == []


def test_seconds_are_from_when_the_page_was_made(ada: Reviewer, registry: Registry) -> None:
    """A page from the future, of yesterday or of nobody's making says nothing of them."""
    for ago, kept in ((12.5, 12.5), (0, 0), (-60, None), (4000, None), ("soon", None), ("²", None)):
        served = ago if isinstance(ago, str) else str(round((time.time() - ago) * 1000))
        after = ada.answer(ada.next_page(), "left", served=served).text
        assert log_of(registry)[-1].seconds == (None if kept is None else pytest.approx(kept, abs=1)), ago
        assert ("under 2 seconds" in after) == (kept == 0), ago


def test_who_cannot_keep_answers_is_told_before_the_first_item(ada: Reviewer, registry: Registry) -> None:
    (registry.state.root / "reviews").write_text("a file")
    answer = ada.browser.get("/review/items/review_sample", params={"reviewer": "Ada"})
    assert answer.status_code == 400 and "cannot write state to" in answer.text
    assert "<button" not in answer.text


def test_a_last_answer_that_cannot_be_handed_in_is_kept(ada: Reviewer, registry: Registry) -> None:
    page = ada.review(9)
    folder = registry.state.runs
    folder.rmdir()
    folder.write_text("a file")
    text = ada.answer(page, "left").text
    assert "could not be handed in" in text and len(log_of(registry)) == 10
    sent = form(text, "hand-in")
    assert "cannot write state" in ada.browser.post(sent.action, data=sent.fields).text
    folder.unlink()
    assert "they are human_reviews@1" in ada.browser.post(sent.action, data=sent.fields).text


def test_a_name_with_markup_is_that_text_everywhere(ada: Reviewer) -> None:
    mallory = Reviewer(ada.browser, MARKUP)
    texts = [
        mallory.review(9),
        ada.browser.get("/review").text,
        mallory.answer(mallory.next_page(), "left").text,
    ]
    for text in texts:
        assert "<img" not in text and escape(MARKUP, quote=False) in text.replace("&#34;", '"')
    assert "Thank you" in texts[-1]


def test_a_name_that_is_none_is_asked_again(ada: Reviewer) -> None:
    for name, sentence in (("", "needs a name"), ("x" * 81, "too long"), ("a\u202eb", "cannot be shown")):
        answer = ada.browser.get("/review/items/review_sample", params={"reviewer": name})
        assert answer.status_code == 400 and sentence in answer.text and 'name="reviewer"' in answer.text


def test_without_a_sample_there_is_a_sentence(client: TestClient) -> None:
    assert "Nothing waits for review" in client.get("/review").text
    assert client.get("/review/items/review_sample", params={"reviewer": "Ada"}).status_code == 404


def test_a_single_label_is_judged_by_its_own_answers(client: TestClient, registry: Registry) -> None:
    how = Derivation(code_version="test", settings={}, inputs=())
    rows = [make(LabelItem, "step", before="1 + 1 = 2", text=f"{MARKUP} = 4")]
    registry.record_checks(registry.commit(LabelItem, rows, how, "label_sample/steps"), [])
    assert "label_sample/steps" in client.get("/review").text
    assert "1 label waits for review" in client.get("/").text
    page = client.get("/review/items/label_sample/steps", params={"reviewer": "Ada"}).text
    assert "&lt;img src=x" in page and "1 + 1 = 2" in page and MARKUP not in page
    assert 'value="wrong"' in page and "Left is better" not in page and ">measured" not in page
    sent = form(page, "answer")
    end = client.post(sent.action, data={**sent.fields, "note": "", "answer": "wrong"}).text
    assert "all 1 items" in end or "Thank you, Ada" in end
    assert [entry.choice for entry in log_of(registry)] == ["wrong"]
