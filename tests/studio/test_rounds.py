"""Rounds: verdicts with why they stopped, the watch's figures by round with their bounds, and pictures."""

import pytest
from starlette.testclient import TestClient

from datasets_registry.registry import Registry
from studio.pictures.trends import HEIGHT, TOP, trend
from tests.quality.rounds.watched import watched
from tests.studio.lines import commit_line


@pytest.fixture
def browser(client: TestClient, registry: Registry) -> TestClient:
    """A browser over a line of rounds."""
    commit_line(registry)
    return client


def test_rounds_say_which_was_healthy_and_why_one_stopped(browser: TestClient) -> None:
    last = "line/round_03/verdict@1"
    assert f'href="/rounds/{last}"' in browser.get(f"/version/{last}").text
    text = browser.get(f"/rounds/{last}").text
    states = [part.partition("<")[0] for part in text.split('<span class="status ')[1:]]
    assert [state.partition('">')[2] for state in states][:3] == ["healthy", "stopped", "not begun"]
    assert "facts were lost" in text and "changed by -0.1 (-0.12 to -0.08), and its bound is -0.03" in text
    assert "<script>alert" not in text and text.count("&lt;script&gt;") == 2
    assert "warns below -0.02; stops below -0.03" in text and "+12.5%" in text
    assert text.count('<svg class="trend"') == 2 and "Not measured in any round" in text
    assert 'href="/version/line/round_01/answers@1"' in text and "style=" not in text


def test_a_watch_shows_its_own_round_and_leads_to_the_later(browser: TestClient) -> None:
    text = browser.get("/rounds/line/round_01/round_watch@1").text
    assert ">Round 1<" in text and ">Round 2<" not in text
    assert 'href="/rounds/line/round_03/verdict@1"' in text


def test_what_is_no_round_is_a_sentence(browser: TestClient) -> None:
    answer = browser.get("/rounds/line/round_01/answers")
    assert answer.status_code == 400 and "is neither a verdict nor a watch of rounds" in answer.text
    assert browser.get("/rounds/line/verdict").status_code == 404


def test_a_wide_interval_ends_at_the_frame() -> None:
    wide = watched(change=-0.01, low=-5.0, high=5.0)
    drawn = trend({1: wide, 2: watched(round=2, change=None, outcome="unmeasured")}, [1, 2])
    assert drawn is not None
    (point,) = drawn.points
    assert TOP <= point.high < point.y < point.low <= HEIGHT
    assert [level.kind for level in drawn.levels] == ["none", "warn", "stop"]
    heights = [level.y for level in drawn.levels]
    assert heights == sorted(set(heights))
