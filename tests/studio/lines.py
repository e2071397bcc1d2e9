"""A line of rounds to look at: one healthy round, one that stopped the line, and one that was not begun."""

from datasets_registry.registry import Registry
from datasets_registry.rows.cai import HelpfulAnswer
from datasets_registry.rows.rounds.verdict import DecidingFigure
from datasets_registry.rows.row import Row
from datasets_registry.version import Version
from tests.quality.rounds.watched import decided, watched
from tests.rows import make
from tests.studio.committed import committed

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


def _committed(registry: Registry, name: str, rows: list[Row], *inputs: Version) -> Version:
    return committed(registry, rows, *inputs, name=f"line/{name}")


def commit_line(registry: Registry) -> None:
    """Two rounds, of which the second stopped the line, and a third that was not begun."""
    answers = _committed(registry, "round_01/answers", [make(HelpfulAnswer)])
    first = [
        watched(note=HOSTILE, outcome="warn"),
        watched(figure="mean_tokens", family="all", concern="length", scale="relative", change=0.125),
        watched(figure="entropy", family="all", concern="entropy", change=None, outcome="unmeasured"),
    ]
    watches = [_committed(registry, "round_01/round_watch", list(first), answers)]
    verdicts = [_committed(registry, "round_01/verdict", [decided(warnings=[HOSTILE])], watches[0])]
    second = watched(round=2, value=0.6, change=-0.1, low=-5.0, high=-0.08, outcome="stop")
    watches.append(_committed(registry, "round_02/round_watch", [second], watches[0], verdicts[0]))
    stop = {"verdict": "stop_tax", "why": "facts were lost", "stopped_in": 2, "weights_round": 1}
    verdicts.append(
        _committed(
            registry, "round_02/verdict", [decided(round=2, decided=[BROKEN], **stop)], *watches, verdicts[0]
        )
    )
    _committed(registry, "round_03/verdict", [decided(round=3, **stop)], *watches, *verdicts)
