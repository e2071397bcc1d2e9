"""Rounds: verdicts with why they stopped, the watch's figures by round with their bounds, and pictures."""

import pytest
from starlette.testclient import TestClient

from datasets_registry.registry import Registry
from datasets_registry.rows.cai import HelpfulAnswer
from datasets_registry.rows.rounds.verdict import DecidingFigure
from datasets_registry.rows.row import Row
from datasets_registry.version import Derivation, Version
from studio.pictures.trends import HEIGHT, TOP, trend
from tests.quality.rounds.watched import decided, watched
from tests.rows import make

HOSTILE = "<script>alert(1)</script>"
BROKEN = DecidingFigure(
    figure="capability",
    family="facts",
    value=0.6,
    baseline=0.7,
    change=-0.1,
    low=-0.12,
    high=-0.08,
    bound=-0.03,
)


def committed(registry: Registry, name: str, rows: list[Row], *inputs: Version) -> Version:
    """A passed version of a line's dataset."""
    made = Derivation(code_version="1", settings={}, inputs=inputs)
    kind = type(rows[0])
    return registry.record_checks(registry.commit(kind, rows, made, f"line/{name}"), [])


@pytest.fixture
def line(registry: Registry) -> dict[str, Version]:
    """Two rounds, of which the second stopped the line, and a third that was not begun."""
    answers = committed(registry, "round_01/answers", [make(HelpfulAnswer)])
    first = [
        watched(note=HOSTILE, outcome="warn"),
        watched(figure="mean_tokens", family="all", concern="length", scale="relative", change=0.125),
        watched(figure="entropy", family="all", concern="entropy", change=None, outcome="unmeasured"),
    ]
    watches = [committed(registry, "round_01/round_watch", list(first), answers)]
    verdicts = [committed(registry, "round_01/verdict", [decided(warnings=[HOSTILE])], watches[0])]
    second = watched(round=2, value=0.6, change=-0.1, low=-5.0, high=-0.08, outcome="stop")
    watches.append(committed(registry, "round_02/round_watch", [second], watches[0], verdicts[0]))
    stop = {"verdict": "stop_tax", "why": "facts were lost", "stopped_in": 2, "weights_round": 1}
    verdicts.append(
        committed(
            registry, "round_02/verdict", [decided(round=2, decided=[BROKEN], **stop)], *watches, verdicts[0]
        )
    )
    verdicts.append(committed(registry, "round_03/verdict", [decided(round=3, **stop)], *watches, *verdicts))
    return {str(each): each for each in [*watches, *verdicts]}


def test_rounds_say_which_was_healthy_and_why_one_stopped(
    client: TestClient, line: dict[str, Version]
) -> None:
    last = "line/round_03/verdict@1"
    assert f'href="/rounds/{last}"' in client.get(f"/version/{last}").text
    text = client.get(f"/rounds/{last}").text
    states = [part.partition("<")[0] for part in text.split('<span class="status ')[1:]]
    assert [state.partition('">')[2] for state in states][:3] == ["healthy", "stopped", "not begun"]
    assert "facts were lost" in text and "changed by -0.1 (-0.12 to -0.08), and its bound is -0.03" in text
    assert "<script>alert" not in text and text.count("&lt;script&gt;") == 2
    assert "warns below -0.02; stops below -0.03" in text and "+12.5%" in text
    assert text.count('<svg class="trend"') == 2 and "Not measured in any round" in text
    assert 'href="/version/line/round_01/answers@1"' in text and "style=" not in text


def test_a_watch_shows_its_own_round_and_leads_to_the_later(
    client: TestClient, line: dict[str, Version]
) -> None:
    text = client.get("/rounds/line/round_01/round_watch@1").text
    assert ">Round 1<" in text and ">Round 2<" not in text
    assert 'href="/rounds/line/round_03/verdict@1"' in text


def test_what_is_no_round_is_a_sentence(client: TestClient, line: dict[str, Version]) -> None:
    answer = client.get("/rounds/line/round_01/answers")
    assert answer.status_code == 400 and "is neither a verdict nor a watch of rounds" in answer.text
    assert client.get("/rounds/line/verdict").status_code == 404


def test_a_wide_interval_ends_at_the_frame() -> None:
    wide = watched(change=-0.01, low=-5.0, high=5.0)
    drawn = trend({1: wide, 2: watched(round=2, change=None, outcome="unmeasured")}, [1, 2])
    assert drawn is not None
    (point,) = drawn.points
    assert TOP <= point.high < point.y < point.low <= HEIGHT
    assert [level.kind for level in drawn.levels] == ["none", "warn", "stop"]
    heights = [level.y for level in drawn.levels]
    assert heights == sorted(set(heights))
