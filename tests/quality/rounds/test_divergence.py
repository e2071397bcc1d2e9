"""The divergence from round 0 in the watch: its value with an interval, its bounds, and what they decide."""

import pytest

from datasets_registry.rows.rounds.divergence import Divergence
from datasets_registry.rows.rounds.watch import RoundWatch
from quality.rounds.settings import Bound, VerdictRules, Watch
from quality.rounds.verdict import decide
from tests.quality.rounds.test_watch import HEALTHY, inputs, watch
from tests.quality.rounds.watched import watched
from tests.rows import make

# 2, 4, 6 and 8 nats over 4 tokens each
ROWS = [
    make(Divergence, f"p{place}", logp=-1.0, reference_logp=-1.0 - 2 * place, num_tokens=4)
    for place in range(1, 5)
]
FAILED = make(Divergence, "p9", logp=None, reference_logp=None, num_tokens=None, failure="empty")


def figures(rows: list[Divergence], settings: Watch | None = None) -> dict[str, RoundWatch]:
    return {row.figure: row for row in watch(inputs(HEALTHY, divergence=rows), settings=settings)}


def test_it_is_the_mean_over_prompts_in_nats_a_sequence_and_a_token() -> None:
    rows = figures(ROWS)
    kl, per_token = rows["kl"], rows["kl_per_token"]
    assert (kl.value, kl.num_items, kl.outcome) == (5.0, 4, "ok")
    assert kl.low is not None and kl.high is not None and kl.low < 5.0 < kl.high
    assert per_token.value == pytest.approx(1.25)
    assert not {"kl", "kl_per_token"} & figures([]).keys()


def test_a_bound_warns_and_one_that_stops_is_a_sign_of_collapse_beside_another() -> None:
    bound = Watch(kl=Bound(warn_above=3.0, stop_above=4.5))
    assert figures(ROWS, settings=Watch(kl=Bound(warn_above=3.0)))["kl"].outcome == "warn"
    alone = figures(ROWS, settings=bound)
    assert alone["kl"].outcome == "stop"
    assert decide(1, list(alone.values()), 0, VerdictRules()).verdict == "go_on"
    narrow = watched(figure="entropy", family="all", concern="entropy", change=-0.6, outcome="stop")
    both = [alone["kl"], narrow, watched()]
    assert decide(1, both, 0, VerdictRules()).verdict == "stop_collapse"


def test_samples_without_a_likelihood_are_missing_and_said() -> None:
    assert figures([*ROWS, FAILED])["kl"].outcome == "warn"
    assert figures([FAILED])["kl"].outcome == "unmeasured"
    assert "kl" not in figures(ROWS, settings=Watch(kl=None))
