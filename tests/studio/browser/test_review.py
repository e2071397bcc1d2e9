"""A hundred reviews by keyboard, through kills of the server: none is lost, and none counts twice."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page

from datasets_registry.registry import Registry
from quality.review.answers import standing
from quality.review.desk import Desk
from quality.review.log import ReviewLog
from tests.quality.review.desks import commit_sample, items
from tests.studio.browser.conftest import ServedStudio, complaints_of

pytestmark = pytest.mark.browser

NUMBER = 100
# a server takes seconds to start: set to 10, it is killed as often as a reviewer pauses
UNTIL_A_KILL = int(os.environ.get("UNTIL_A_KILL", "25"))
ANSWERS = ("left", "right", "equal", "both_bad", "cannot_judge")
HOSTILE = "<script>document.title = 'owned'</script><img src=x onerror=\"document.title = 'owned'\"> "
AXE = (Path(__file__).parent / "axe.min.js").read_text(encoding="utf-8")
SERIOUS = "axe.run().then(found => found.violations.filter(each => /serious|critical/.test(each.impact))"
SERIOUS += ".map(each => each.id + ' ' + each.nodes[0].html))"


@dataclass
class Person:
    """Somebody who reviews by keyboard in a browser of their own, and what the pages acknowledged."""

    browser: Browser
    name: str
    acknowledged: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.page: Page = self.browser.new_context(viewport={"width": 1200, "height": 800}).new_page()
        self.complaints = complaints_of(self.page)

    def come_to(self, studio: ServedStudio) -> None:
        """Open the next item by the address that the studio printed."""
        words = urlencode(
            {"reviewer": self.name, "token": parse_qs(urlsplit(studio.address).query)["token"][0]}
        )
        self.page.goto(f"{studio.root}/review/items/review_sample?{words}")

    def press(self, key: str) -> None:
        """Press a key, and wait for the page to which it leads."""
        with self.page.expect_navigation(wait_until="domcontentloaded"):
            self.page.keyboard.press(key)

    def answer(self, key: str) -> None:
        """Answer the item that is shown, and note it once the next page came."""
        item = self.item
        self.press(key)
        self.acknowledged[item] = ANSWERS[int(key) - 1]

    @property
    def item(self) -> str:
        """The item that is shown."""
        return parse_qs(urlsplit(self.page.url).query)["item"][0]

    def told(self, registry: Registry) -> dict[str, str | None]:
        """What the log says that counts of this reviewer, as the sides that they saw."""
        desk, answers = Desk(registry), standing(ReviewLog(registry.state).entries())
        return {item: desk.task(self.name, item).answer for who, item in answers if who == self.name}


def box(part: Locator) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of what is shown, in pixels of the window."""
    place = part.bounding_box()
    assert place is not None
    return place["x"], place["y"], place["x"] + place["width"], place["y"] + place["height"]


def require_readable(page: Page) -> None:
    """Long texts stand side by side or below each other, with all buttons within the window."""
    for width, beside in ((1200, True), (400, False)):
        page.set_viewport_size({"width": width, "height": 800})
        page.evaluate("scrollTo(0, 0)")
        left, right = (box(page.get_by_role("region", name=name)) for name in ("Left", "Right"))
        assert (left[1] == right[1] and left[2] < right[0]) == beside, (left, right)
        assert beside == (left[3] < 800)
        for button in page.locator(".choices button").all():
            assert box(button)[2] <= width and box(button)[3] <= 800
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.set_viewport_size({"width": 1200, "height": 800})


def require_accessible(page: Page) -> None:
    """No serious finding of axe."""
    page.evaluate(AXE)
    assert page.evaluate(SERIOUS) == []


def test_a_note_that_is_not_sent_outlives_a_restart_of_the_studio(
    chromium: Browser, registry: Registry, serve: Callable[..., ServedStudio]
) -> None:
    commit_sample(registry, items(2))
    studio, ada, ben = serve(), Person(chromium, "Ada"), Person(chromium, "Ben")
    ada.come_to(studio)
    first, note = ada.item, "textarea"
    ada.page.fill(note, HOSTILE)
    studio.kill()
    studio = serve(urlsplit(studio.root).port)
    ada.come_to(studio)
    assert ada.item == first and ada.page.input_value(note) == HOSTILE
    ada.page.keyboard.press("1")
    ada.page.wait_for_function("item => !location.href.includes(item)", arg=first)
    assert ada.page.input_value(note) == ""
    ada.page.goto(ada.page.url.replace(ada.item, first))
    assert ada.page.input_value(note) == HOSTILE and "You answered this one" in ada.page.content()
    ben.come_to(studio)
    assert ben.page.input_value(note) == "" and ada.complaints == ben.complaints == []


def test_a_hundred_reviews_outlive_kills_of_the_server(
    chromium: Browser, registry: Registry, serve: Callable[..., ServedStudio]
) -> None:
    """One is undone, one has a note of keys, a page is loaded again, and another person reviews too."""
    texts = {"prompt": HOSTILE, "completion_a": HOSTILE}
    asked = [item.model_copy(update=texts) for item in items(NUMBER)]
    asked[0] = asked[0].model_copy(update={"completion_a": HOSTILE * 80, "completion_b": "long " * 2_000})
    commit_sample(registry, asked)
    studio, ada, ben = serve(), Person(chromium, "Ada"), Person(chromium, "Ben")
    port = urlsplit(studio.root).port
    ada.come_to(studio)
    require_readable(ada.page)
    require_accessible(ada.page)
    for number in range(NUMBER):
        if number == 25:
            ada.press("u")
            ada.answer("5")
        if number == 33:
            ada.page.keyboard.press("n")
            ada.page.keyboard.type("1 or 2, u say")
            ada.page.keyboard.press("Escape")
        if number == 55:
            item = ada.item
            ada.page.reload()
            assert ada.item == item and f"{number} of {NUMBER} answered" in ada.page.content()
        ada.answer(str(number % 5 + 1))
        if (number + 1) % UNTIL_A_KILL == 0 and number + 1 < NUMBER:
            studio.kill()
            studio = serve(port)
            ada.come_to(studio)
            assert ada.page.title() == f"Review: {number + 1} of {NUMBER}"
    assert "Thank you, Ada" in ada.page.content()
    require_accessible(ada.page)
    ben.come_to(studio)
    assert f"0 of {NUMBER} answered" in ben.page.content()
    ben.answer("1")
    studio.kill()
    for person, number in ((ada, NUMBER), (ben, 1)):
        assert person.told(registry) == person.acknowledged and len(person.acknowledged) == number
        assert person.complaints == []
    entries = ReviewLog(registry.state).entries()
    assert len(entries) == NUMBER + 2 + 1
    assert [entry.note for entry in entries if entry.note] == ["1 or 2, u say"]
