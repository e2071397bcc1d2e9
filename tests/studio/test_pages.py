"""The pages over a history of judging: they agree with the commands, and lead to the calls."""

import os
import re
import shutil
import socket
import subprocess
import threading
from html import unescape
from pathlib import Path

import pytest
import uvicorn
from starlette.testclient import TestClient

from datasets_registry.registry import Registry
from datasets_registry.rows.rlaif import CompletionPair, PreferencePair
from datasets_registry.upkeep.tagging import add_tag
from datasets_registry.version import Derivation
from quality.auditing.explanation import Call, Values, explain_row
from studio.pages.calls import NamedCall
from studio.security import HOST
from studio.server import application
from tests.rows import make
from tests.studio.conftest import TOKEN, visitor
from tests.traced import Traced

CHROMIUM = shutil.which("chromium")
NOTHING = Derivation(code_version="1", settings={}, inputs=())


@pytest.fixture
def browser(traced: Traced) -> TestClient:
    """A browser over the history."""
    client = visitor(traced.registry.state)
    client.get("/", params={"token": TOKEN})
    return client


def test_the_first_page_lists_every_dataset_and_model(browser: TestClient, traced: Traced) -> None:
    text = browser.get("/").text
    for kind in ("dataset", "model"):
        for name in traced.registry.names(kind):
            assert f'href="/version/{traced.registry.newest(name)}"' in text


def test_a_version_has_its_checks_lineage_and_others(browser: TestClient, traced: Traced) -> None:
    version = traced.registry.version("preference_pairs", 3)
    text = browser.get(f"/version/{version}").text
    assert all(check.check in text for check in traced.registry.checks(version))
    lineage = text.partition("<svg")[2].partition("</svg>")[0]
    for source in traced.registry.derivation(version).inputs:
        assert f'href="/version/{source}"' in lineage
    assert 'href="/version/preference_pairs@4"' in text


def test_a_pair_shows_verdicts_and_leads_to_its_calls(browser: TestClient, traced: Traced) -> None:
    version = traced.registry.version("preference_pairs", 3)
    pair = traced.registry.rows(PreferencePair, version)[0]
    text = browser.get(f"/pairs/{version}").text
    assert "completion a" in text and "P(a), raw" in text and "verdicts</summary>" in text
    assert f'href="/row/{version}?id={pair.pair_id}"' in text
    shown = browser.get(f"/row/{version}", params={"id": pair.pair_id}).text
    explained = explain_row(traced.registry, version, pair.pair_id)
    assert f"{explained['totals']['calls']} model calls" in shown
    # the pair, and each of its verdicts
    links = re.findall(r'href="(/row/[^"]+)#calls"', text)
    assert f"/row/{version}?id={pair.pair_id}" in links and any("/ai_judgements@" in link for link in links)
    assert all('class="entry call"' in browser.get(unescape(link)).text for link in links[:4])


def test_a_call_is_read_in_four_lines_before_the_whole_of_it(browser: TestClient, traced: Traced) -> None:
    version = traced.registry.version("completion_pairs", 1)
    pair = traced.registry.rows(CompletionPair, version)[0]
    text = browser.get(f"/row/{version}", params={"id": pair.pair_id}).text
    card = text.partition(f'id="call-{pair.key_a}"')[2].partition("</article>")[0]
    plain, _, folded = card.partition("<details>")
    assert re.findall("<dt>(.*?)</dt>", plain) == ["asked", "answered", "by", "cost"]
    assert f"user: {pair.prompt}" in plain and f"<dd>{pair.completion_a}</dd>" in plain
    assert "sampled at temperature 0.7, top p 1.0, max tokens 6" in plain
    assert f"<code>{pair.key_a[:16]}</code>" in plain and " USD; 20" in plain
    assert pair.completion_a in folded and pair.key_a in folded


@pytest.mark.parametrize(
    ("request_of_it", "how"),
    [
        ({"choices": ["A", "B"]}, "the probabilities of 'A', 'B', and nothing sampled"),
        ({"continuation": "so"}, "the probability of a text that was given, and nothing sampled"),
        ({}, "seed 0, sample 0"),
    ],
)
def test_how_a_call_was_made_is_a_phrase(request_of_it: Values, how: str) -> None:
    assert NamedCall(Call(request=request_of_it), "pairs@1", "a").how == how


@pytest.mark.parametrize(
    "path", ["version/none", "pairs/ai_judgements", "row/preference_pairs?id=zzz", "row/preference_pairs"]
)
def test_what_cannot_be_shown_is_a_sentence(browser: TestClient, path: str) -> None:
    answer = browser.get(f"/{path}")
    assert answer.status_code in (400, 404) and 'role="alert"' in answer.text


def test_a_version_committed_meanwhile_is_shown(client: TestClient, registry: Registry) -> None:
    assert client.get("/version/preference_pairs").status_code == 404
    registry.record_checks(registry.commit(PreferencePair, [make(PreferencePair)], NOTHING), [])
    assert client.get("/version/preference_pairs").status_code == 200


def test_a_tagged_version_says_so_and_is_found_by_its_tag(client: TestClient, registry: Registry) -> None:
    for number in (1, 2):
        rows = [make(PreferencePair, pair_id=f"pair-{each}") for each in range(number)]
        registry.record_checks(registry.commit(PreferencePair, rows, NOTHING), [])
    add_tag(registry, registry.version("preference_pairs", 1), "paper")
    text = client.get("/version/preference_pairs@paper").text
    assert "<h1>preference_pairs@1 " in text and "<strong>paper</strong>" in text and "tagged paper" in text
    other = client.get("/version/preference_pairs@2").text
    assert "<strong>paper</strong>" not in other and "tagged paper" in other
    assert client.get("/version/preference_pairs@draft").status_code == 404
    add_tag(registry, registry.version("preference_pairs", 2), "paper", move=True)
    assert 'preference_pairs@2</a> <span class="soft">paper</span>' in client.get("/").text


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")
def test_a_browser_runs_nothing_of_a_completion_and_complains_of_nothing(
    registry: Registry, tmp_path: Path
) -> None:
    hostile = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
    pair = make(PreferencePair, prompt=hostile, chosen=hostile, rejected="no", label="a")
    registry.record_checks(registry.commit(PreferencePair, [pair], NOTHING), [])
    server, port = _started(registry)
    address = f"http://{HOST}:{port}/pairs/preference_pairs@1?token={TOKEN}"
    try:
        command = [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"]
        command += [f"--user-data-dir={tmp_path / 'profile'}", "--enable-logging=stderr", address]
        shown = subprocess.run(command, capture_output=True, text=True, timeout=120, env=dict(os.environ))
    finally:
        server.should_exit = True
    assert "<title>preference_pairs@1: pairs</title>" in shown.stdout and "<article" in shown.stdout
    assert "CONSOLE" not in shown.stderr


def _started(registry: Registry) -> tuple[uvicorn.Server, int]:
    listening = socket.create_server((HOST, 0))
    port = listening.getsockname()[1]
    app = application(lambda: Registry(registry.state, reads_only=True), TOKEN, port)
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical"))
    threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True).start()
    return server, port
