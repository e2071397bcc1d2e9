"""Blindness: whatever the judge said, every byte that a reviewer is sent stays the same."""

from pathlib import Path

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from datasets_registry.registry import Registry
from datasets_registry.rows.review.sample import ReviewItem
from datasets_registry.state import State
from datasets_registry.version import Derivation
from tests.rows import make
from tests.studio.conftest import TOKEN, visitor
from tests.studio.review.reviewing import Reviewer, form

NUMBER = 20
# what a reviewer sees of an item; all else is the AI's side, or how the item was drawn
SEEN = {"item_id", "position", "question", "prompt", "history", "completion_a", "completion_b"}


def item(place: int, world: int) -> ReviewItem:
    """An item whose texts are the same in both worlds, and all of whose other values differ."""
    turn = place + world
    item_id = f"{place:02}e8a1"
    return make(
        ReviewItem,
        item_id,
        position=place,
        question=f"Which of {place} is kinder?",
        prompt=f"prompt {place}",
        completion_a=f"first of {place}",
        completion_b=f"second of {place}",
        pair_id=f"pair-{world}-{place}-unseen",
        split_group=f"group-{world}-{place}-unseen",
        role=("sample", "duplicate", "gold")[turn % 3],
        principle_id=f"principle-{world}-unseen",
        confidence=("unsure", "fairly sure", "sure", "undecided")[turn % 4],
        disagrees=bool(turn % 2),
        stratum=f"stratum-{world}-unseen",
        stratum_pairs=918_273 + world,
        inclusion=0.31257 + world / 7,
        label=("a", "b", "tie", "unparsed")[turn % 4],
        p_a=0.73519 - world / 3,
        p_first=0.61728 - world / 9,
    )


def told(folder: Path, world: int) -> list[tuple[str, bytes]]:
    """All that a reviewer is sent from the first page to the end, errors among it: addresses and bytes."""
    registry = Registry(State(folder).prepare())
    how = Derivation(
        code_version="code-unseen", settings={"judge": "judge-unseen", "model": "model-unseen"}, inputs=()
    )
    rows = [item(place, world) for place in range(NUMBER)]
    registry.record_checks(registry.commit(ReviewItem, rows, how), [])
    sent: list[tuple[str, bytes]] = []
    with visitor(registry.state) as browser:
        browser.event_hooks["response"] = [lambda response: sent.append(_received(response))]
        browser.get("/review", params={"token": TOKEN})
        _walk(browser)
    registry.engine.dispose()
    return sent


def _received(response: Response) -> tuple[str, bytes]:
    headers = "".join(f"{name}: {value}\n" for name, value in response.headers.items())
    return str(response.request.url), headers.encode() + response.read()


def _walk(browser: TestClient) -> None:
    ada = Reviewer(browser, "Ada")
    text = ada.next_page()
    for place in range(NUMBER):
        if place == 3:
            text = ada.answer(ada.undo(text).text, "equal").text
        text = ada.answer(text, ("left", "right", "equal", "both_bad", "cannot_judge")[place % 5]).text
        if place % 5 == 0:
            browser.get("/review")
    ada.next_page(item=form(text, "undo").fields["last"])
    browser.get("/review/items/review_sample", params={"reviewer": "Ada", "item": "nobodys"})
    ben = Reviewer(browser, "Ben")
    ben.answer(ben.review(2), "a")
    browser.get("/review/items/review_sample", params={"reviewer": "Ben", "item": "nobodys"})
    browser.get("/review/end/review_sample", params={"reviewer": "Ben"})
    browser.get("/review/results/review_sample", params={"reviewer": "Ben"})
    browser.get("/review/results/review_sample", params={"reviewer": "Ada"})


def test_no_byte_depends_on_what_the_judge_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studio.pages.review.clock.time.time", lambda: 1_796_000_000.0)
    one, other = (told(tmp_path / str(world), world) for world in (0, 1))
    assert len(one) > 2 * NUMBER and len(one) == len(other)
    for (url, sent), (_, other_sent) in zip(one, other, strict=True):
        assert sent == other_sent, url
    unseen = {b"unseen"} | {
        str(value).encode()
        for place in range(NUMBER)
        for name, value in item(place, 0).model_dump().items()
        if name not in SEEN and len(str(value)) > 6
    }
    assert len(unseen) > 2 * NUMBER
    for url, sent in one:
        assert not [value for value in unseen if value in sent], url
