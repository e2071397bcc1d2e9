"""Who may answer: pages of the running studio, and no other page on this machine or elsewhere."""

import pytest

from datasets_registry.registry import Registry
from studio.security import HOST
from tests.studio.conftest import PORT, visitor
from tests.studio.review.reviewing import Reviewer, form, log_of


@pytest.mark.parametrize(
    ("fields", "headers"),
    [
        ({"form_token": ""}, {}),
        ({"form_token": "the-token"}, {}),
        ({"form_token": "ä"}, {}),
        ({}, {"origin": "http://evil.example"}),
        ({}, {"origin": f"http://{HOST}:{PORT + 1}"}),
        ({}, {"sec-fetch-site": "cross-site"}),
        ({}, {"sec-fetch-site": "same-site"}),
    ],
)
def test_a_form_from_elsewhere_is_refused(
    fields: dict[str, str], headers: dict[str, str], ada: Reviewer, registry: Registry
) -> None:
    sent = form(ada.next_page(), "answer")
    refused = ada.browser.post(sent.action, data={**sent.fields, "answer": "left", **fields}, headers=headers)
    assert refused.status_code == 403 and "of no page of the running studio" in refused.text
    assert log_of(registry) == []
    headers = {"origin": f"http://{HOST}:{PORT}", "sec-fetch-site": "same-origin"}
    assert ada.browser.post(sent.action, data={**sent.fields, "answer": "left"}, headers=headers).is_success


@pytest.mark.parametrize(("headers", "status"), [({}, 403), ({"host": "evil.example"}, 400)])
def test_a_stranger_or_foreign_host_sends_nothing(
    headers: dict[str, str], status: int, ada: Reviewer, registry: Registry
) -> None:
    """Although the form's own token is right."""
    sent = form(ada.next_page(), "answer")
    browser = ada.browser if headers else visitor(registry.state)
    fields = {**sent.fields, "answer": "left"}
    assert browser.post(sent.action, data=fields, headers=headers).status_code == status
    assert log_of(registry) == []


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"a=%ff", "application/x-www-form-urlencoded"),
        (b"\xff", "application/x-www-form-urlencoded"),
        (b"&".join([b"a=b"] * 50), "application/x-www-form-urlencoded"),
        (b'{"answer": "left"}', "application/json"),
        (b"", "multipart/form-data"),
    ],
)
def test_what_is_no_form_is_one_sentence(body: bytes, kind: str, ada: Reviewer) -> None:
    path = form(ada.next_page(), "answer").action
    answer = ada.browser.post(path, content=body, headers={"content-type": kind})
    assert answer.status_code == 400 and "answer on the page" in answer.text


@pytest.mark.parametrize("act", ["answer", "undo", "hand-in"])
def test_nothing_is_written_by_looking(act: str, ada: Reviewer) -> None:
    assert ada.browser.get(f"/review/{act}/review_sample").status_code == 405
