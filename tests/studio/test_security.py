"""Who may read the studio: this machine's browsers that came with the token, under its own address."""

import re
import socket

import pytest
from starlette.testclient import TestClient

from datasets_registry.errors import BadInput
from datasets_registry.registry import Registry
from datasets_registry.rows.rlaif import PreferencePair
from datasets_registry.version import Derivation
from studio.security import HOST
from studio.server import serve
from tests.rows import make
from tests.studio.conftest import PORT, TOKEN, visitor

NOTHING = Derivation(code_version="1", settings={}, inputs=())
HOSTILE = "<script>document.title='owned'</script><img src=x onerror=alert(1)> \u202e {{ 7 * 7 }}"


@pytest.mark.parametrize("path", ["/", "/?token=wrong", "/?token=", "/static/studio.css", "/version/a@1"])
def test_without_the_token_there_is_one_sentence(registry: Registry, path: str) -> None:
    answer = visitor(registry.state).get(path)
    assert answer.status_code == 403
    assert (
        answer.text
        == "this is no token of the running studio: open the address that `trimtab studio` printed\n"
    )


def test_the_token_becomes_a_cookie_and_leaves_the_address(registry: Registry) -> None:
    answer = visitor(registry.state).get(f"/?a=b&token={TOKEN}", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/?a=b")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=strict" in cookie


def test_a_redirect_stays_here(registry: Registry) -> None:
    answer = visitor(registry.state).get(f"//evil.example/?token={TOKEN}", follow_redirects=False)
    assert not answer.headers["location"].startswith(("//", "http"))


@pytest.mark.parametrize(
    "host", ["evil.example", f"evil.example:{PORT}", f"{HOST}:1", f"{HOST}.evil.example:{PORT}"]
)
def test_another_host_is_refused_even_with_the_cookie(client: TestClient, host: str) -> None:
    answer = client.get("/", headers={"host": host})
    assert answer.status_code == 400 and answer.text.count("\n") == 1


@pytest.mark.parametrize("path", ["/", "/static/keys.js", "/nowhere", "/version/none@1"])
def test_every_answer_has_the_policy(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "http" not in policy
    assert headers["cache-control"] == "no-store" and headers["x-content-type-options"] == "nosniff"


def test_no_page_has_what_its_policy_forbids(client: TestClient, registry: Registry) -> None:
    registry.record_checks(registry.commit(PreferencePair, [make(PreferencePair)], NOTHING), [])
    for path in ("/", "/version/preference_pairs", "/rows/preference_pairs", "/pairs/preference_pairs"):
        text = client.get(path).text
        assert not re.search(r"<style|\sstyle=|<script(?! src=\"/static)|\son\w+=|//[a-z]+\.", text), path


@pytest.mark.parametrize(
    "page", ["rows/preference_pairs", "pairs/preference_pairs", "pairs/preference_pairs?text=owned"]
)
def test_what_a_model_wrote_stays_text(client: TestClient, registry: Registry, page: str) -> None:
    pair = make(PreferencePair, prompt=HOSTILE, chosen=HOSTILE, rejected="plain", label="a", category=HOSTILE)
    registry.record_checks(registry.commit(PreferencePair, [pair], NOTHING), [])
    text = client.get(f"/{page}").text
    assert "&lt;script&gt;" in text and "<script>" not in text and "<img" not in text
    assert "\u202e" not in text and "\\u202e" in text and "{{ 7 * 7 }}" in text


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_nothing_can_be_written(client: TestClient, method: str) -> None:
    assert client.request(method, "/").status_code == 405


def test_a_port_in_use_is_one_sentence(registry: Registry) -> None:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(BadInput, match=f"port {port} cannot be used .*: choose another with --port"):
            serve(lambda: registry, port, lambda _: None)


def test_an_error_nobody_foresaw_is_a_sentence_too(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("the disk sang")

    monkeypatch.setattr("studio.pages.start.list_datasets", fail)
    answer = client.get("/")
    assert answer.status_code == 500 and "RuntimeError: the disk sang" in answer.text
    assert "Traceback" not in answer.text and "content-security-policy" in answer.headers
