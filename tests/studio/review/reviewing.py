"""A reviewer at the pages, who fills forms as a browser without JavaScript does."""

import re
from dataclasses import dataclass
from html import unescape

from httpx2 import Response
from starlette.testclient import TestClient

from datasets_registry.registry import Registry
from quality.review.log import Entry, ReviewLog

_FORM = re.compile(r'<form[^>]*method="post" action="(?P<action>[^"]+)"[^>]*>(?P<inside>.*?)</form>', re.S)
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


@dataclass
class Sent:
    """A form of a page: where it goes, and the fields that it carries."""

    action: str
    fields: dict[str, str]


def form(text: str, kind: str) -> Sent:
    """The page's form of a kind: answer, undo or hand-in."""
    for found in _FORM.finditer(text):
        if f"/review/{kind}/" in found["action"]:
            hidden = {name: unescape(value) for name, value in _HIDDEN.findall(found["inside"])}
            return Sent(unescape(found["action"]), hidden)
    raise AssertionError(f"no form to {kind} in {text}")


@dataclass
class Reviewer:
    """Somebody who reviews in a browser."""

    browser: TestClient
    name: str = "Ada"

    def next_page(self, **words: str) -> str:
        """The page of the next item, or of the one that ``words`` name."""
        answer = self.browser.get("/review/items/review_sample", params={"reviewer": self.name, **words})
        assert answer.status_code == 200, answer.text
        return answer.text

    def answer(self, text: str, choice: str, **changed: str) -> Response:
        """Send the answer form of a page, with some fields changed; what comes back."""
        sent = form(text, "answer")
        fields = {**sent.fields, "note": "", "answer": choice, **changed}
        return self.browser.post(sent.action, data=fields)

    def undo(self, text: str) -> Response:
        """Send the undo form of a page."""
        sent = form(text, "undo")
        return self.browser.post(sent.action, data=sent.fields)

    def review(self, number: int) -> str:
        """Answer so many items, all on the left; the page after."""
        text = self.next_page()
        for _ in range(number):
            text = self.answer(text, "left").text
        return text


def log_of(registry: Registry) -> list[Entry]:
    """Every answer and withdrawal that was kept."""
    return ReviewLog(registry.state).entries()
