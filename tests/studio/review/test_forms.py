"""Who may answer: pages of the running studio, and no other page on this machine or elsewhere."""

from collections.abc import Mapping

from datasets_registry.registry import Registry
from studio.security import HOST
from tests.studio.conftest import PORT, visitor
from tests.studio.review.reviewing import Reviewer, form, log_of

URLENCODED = "application/x-www-form-urlencoded"
FOREIGN: tuple[tuple[Mapping[str, str], Mapping[str, str]], ...] = (
    ({"form_token": ""}, {}),
    ({"form_token": "the-token"}, {}),
    ({"form_token": "ä"}, {}),
    ({}, {"origin": "http://evil.example"}),
    ({}, {"origin": f"http://{HOST}:{PORT + 1}"}),
    ({}, {"sec-fetch-site": "cross-site"}),
    ({}, {"sec-fetch-site": "same-site"}),
)


def test_a_form_from_elsewhere_is_refused(ada: Reviewer, registry: Registry) -> None:
    sent = form(ada.next_page(), "answer")
    right = {**sent.fields, "answer": "left"}
    for fields, headers in FOREIGN:
        refused = ada.browser.post(sent.action, data={**right, **fields}, headers=headers)
        assert refused.status_code == 403, (fields, headers)
        assert "of no page of the running studio" in refused.text and log_of(registry) == []
    own = {"origin": f"http://{HOST}:{PORT}", "sec-fetch-site": "same-origin"}
    assert ada.browser.post(sent.action, data=right, headers=own).is_success
    assert len(log_of(registry)) == 1


def test_a_stranger_or_foreign_host_sends_nothing(ada: Reviewer, registry: Registry) -> None:
    """Although the form's own token is right."""
    sent = form(ada.next_page(), "answer")
    fields = {**sent.fields, "answer": "left"}
    assert visitor(registry.state).post(sent.action, data=fields).status_code == 403
    foreign = ada.browser.post(sent.action, data=fields, headers={"host": "evil.example"})
    assert foreign.status_code == 400 and log_of(registry) == []


def test_what_is_no_form_is_one_sentence(ada: Reviewer) -> None:
    path = form(ada.next_page(), "answer").action
    for body, kind in (
        (b"a=%ff", URLENCODED),
        (b"\xff", URLENCODED),
        (b"&".join([b"a=b"] * 50), URLENCODED),
        (b'{"answer": "left"}', "application/json"),
        (b"", "multipart/form-data"),
    ):
        answer = ada.browser.post(path, content=body, headers={"content-type": kind})
        assert answer.status_code == 400 and "answer on the page" in answer.text, (body, kind)


def test_nothing_is_written_by_looking(ada: Reviewer) -> None:
    for act in ("answer", "undo", "hand-in"):
        assert ada.browser.get(f"/review/{act}/review_sample").status_code == 405
