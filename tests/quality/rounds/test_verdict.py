"""The verdict by a watch: every outcome, several at once, missing figures, rounds behind a stop."""

from collections.abc import Sequence
from typing import Any

import pytest

from datasets_registry.errors import BadInput
from datasets_registry.rows.rounds.verdict import Verdict
from datasets_registry.rows.rounds.watch import RoundWatch
from quality.rounds.settings import VerdictRules, VerdictSettings
from quality.rounds.verdict import ORDER, VERDICT, WORDS, decide
from tests.methods.graphless import MemoryInputs, rows_of
from tests.quality.rounds.watched import decided, watched


def sign(figure: str, concern: str, change: float = -0.6, **columns: Any) -> RoundWatch:
    return watched(figure=figure, family="all", concern=concern, change=change, outcome="stop", **columns)


TAX = watched(change=-0.1, low=-0.13, high=-0.07, outcome="stop")
REFUSES = sign("benign_refused", "over_refusal", 0.3, stop_below=None, stop_above=0.05)
LENGTH = sign("mean_tokens", "length")
WITHIN, ACROSS = sign("diversity_within", "diversity"), sign("diversity_across", "diversity")
ENTROPY_UP = sign("entropy", "entropy", 1.5)
REJECTED = sign("logp_rejected", "training", -15.0)
HELD_OUT = sign("held_out_reward", "reward", -0.3)
PROXY = watched(figure="proxy_reward", family="all", concern="reward", change=0.4, low=0.3, high=0.5)
NO_PAIRS = sign("yield_share", "yield", 0.01)
WRONG_LABELS = sign("label_precision", "labels", 0.5)
RISES = watched(figure="capability_all", family="all", concern="gain", change=0.1, low=0.05, high=0.15)
RFT = VerdictRules(patience=2)


def gain(number: int, change: float | None, half: float = 0.02) -> RoundWatch:
    return watched(
        round=number,
        figure="gain",
        family="all",
        concern="gain",
        change=change,
        low=None if change is None else change - half,
        high=None if change is None else change + half,
        outcome="unmeasured" if change is None else "ok",
    )


@pytest.mark.parametrize(
    ("rows", "rules", "verdict", "figures"),
    [
        ([watched()], VerdictRules(), "go_on", []),
        ([TAX], VerdictRules(), "stop_tax", ["capability"]),
        ([REFUSES], VerdictRules(), "stop_over_refusal", ["benign_refused"]),
        ([LENGTH], VerdictRules(), "stop_collapse", ["mean_tokens"]),
        ([WITHIN, ACROSS], VerdictRules(), "stop_collapse", ["diversity_within", "diversity_across"]),
        ([WITHIN, REJECTED], VerdictRules(), "stop_collapse", ["diversity_within", "logp_rejected"]),
        ([watched(), HELD_OUT, PROXY], VerdictRules(), "stop_hacking", ["held_out_reward", "proxy_reward"]),
        ([watched(), NO_PAIRS], VerdictRules(), "stop_no_pairs", ["yield_share"]),
        ([watched(), WRONG_LABELS], VerdictRules(), "stop_wrong_labels", ["label_precision"]),
        ([watched(), gain(0, 0.0), gain(1, 0.01)], RFT, "stop_no_gain", ["gain", "gain"]),
        # one sign of diversity alone warns, as do two that disagree, and those of a policy that learns
        ([WITHIN], VerdictRules(), "go_on", []),
        ([WITHIN, ENTROPY_UP], VerdictRules(), "go_on", []),
        ([WITHIN, ACROSS, RISES], VerdictRules(), "go_on", []),
        ([WITHIN], VerdictRules(agreeing=1), "stop_collapse", ["diversity_within"]),
        # a held-out reward that falls alone is no hacking
        ([watched(), HELD_OUT], VerdictRules(), "go_on", []),
        # no gain is asked for, or both rounds together show one
        ([watched(), gain(0, 0.0), gain(1, 0.0)], VerdictRules(), "go_on", []),
        ([watched(), gain(0, 0.02), gain(1, 0.02)], RFT, "go_on", []),
        (
            [watched(), gain(0, 0.02), gain(1, 0.02)],
            VerdictRules(patience=2, least_gain=0.02),
            "stop_no_gain",
            None,
        ),
        ([watched(), gain(1, 0.0)], VerdictRules(patience=1), "stop_no_gain", ["gain"]),
    ],
)
def test_a_verdict(
    rows: Sequence[RoundWatch], rules: VerdictRules, verdict: str, figures: list[str] | None
) -> None:
    said = decide(1, rows, 0, rules)
    assert said.verdict == verdict
    assert figures is None or [each.figure for each in said.decided] == figures
    assert (said.weights_round, said.stopped_in) == ((1, None) if verdict == "go_on" else (0, 1))


def test_every_verdict_has_its_words_and_its_place() -> None:
    assert {*ORDER, "go_on"} == WORDS.keys()


def test_the_first_of_several_reasons_names_the_verdict_and_the_others_are_told() -> None:
    rows = {
        "stop_over_refusal": [REFUSES],
        "stop_hacking": [HELD_OUT, PROXY],
        "stop_collapse": [LENGTH],
        "stop_tax": [TAX],
        "stop_wrong_labels": [WRONG_LABELS],
        "stop_no_pairs": [NO_PAIRS],
        "stop_no_gain": [gain(0, 0.0), gain(1, 0.0)],
    }
    for place, verdict in enumerate(ORDER):
        said = decide(
            1,
            [row for later in ORDER[place:] for row in rows[later]],
            0,
            VerdictRules(patience=2, allow_unmeasured=True),
        )
        assert said.verdict == verdict
        also = [warning for warning in said.warnings if warning.startswith("also")]
        assert [warning.split(":")[0] for warning in also] == [
            f"also {later}" for later in ORDER[place + 1 :]
        ]


def test_the_deciding_figure_has_its_value_and_the_bound_that_it_broke() -> None:
    said = decide(1, [TAX], 0, VerdictRules())
    (figure,) = said.decided
    assert (figure.family, figure.change, figure.high, figure.bound) == ("facts", -0.1, -0.07, -0.03)
    assert said.why == "round 1 stops: it lost capability (capability of facts -0.1)"
    (refused,) = decide(1, [REFUSES], 0, VerdictRules()).decided
    assert refused.bound == 0.05


def test_what_warns_or_is_not_measured_never_stops_and_is_told() -> None:
    rows = [
        watched(outcome="warn", note="-0.025 is beyond -0.02"),
        watched(
            figure="entropy",
            family="all",
            concern="entropy",
            change=None,
            outcome="unmeasured",
            note="no suite",
        ),
        WITHIN.model_copy(update={"note": "-0.6 is beyond -0.5"}),
    ]
    said = decide(1, rows, 0, RFT)
    assert said.verdict == "go_on"
    assert said.warnings == [
        "capability of facts warns: -0.025 is beyond -0.02",
        "entropy is not measured: no suite",
        "diversity_within is a sign to stop: -0.6 is beyond -0.5",
    ]
    late = decide(2, [watched(round=2), gain(1, None), gain(2, 0.0)], 1, RFT)
    assert (late.verdict, late.warnings) == (
        "go_on",
        ["the gain of round 1 is not measured, so that no lack of gain can stop"],
    )


@pytest.mark.parametrize("rows", [[], [watched(change=None, outcome="unmeasured", note="no suite")], [PROXY]])
def test_a_round_of_which_nothing_is_measured_goes_on_only_where_that_is_allowed(
    rows: list[RoundWatch],
) -> None:
    with pytest.raises(BadInput, match=r"round 1: neither capability.*or set allow_unmeasured"):
        decide(1, rows, 0, VerdictRules())
    assert decide(1, rows, 0, VerdictRules(allow_unmeasured=True)).verdict == "go_on"


def made(number: int, rows: Sequence[RoundWatch], verdicts: Sequence[Verdict]) -> Verdict:
    inputs = MemoryInputs({"round_watch": list(rows), "verdict": list(verdicts)})
    (said,) = rows_of(VERDICT, VerdictSettings(round=number), inputs)
    assert isinstance(said, Verdict)
    return said


def test_a_stop_is_passed_on_by_the_rounds_behind_it() -> None:
    first = made(1, [watched()], [])
    second = made(2, [watched(), TAX.model_copy(update={"round": 2})], [first])
    assert (second.verdict, second.weights_round, second.stopped_in) == ("stop_tax", 1, 2)
    third = made(3, [], [first, second])
    fourth = made(4, [], [first, second, third])
    assert (fourth.verdict, fourth.weights_round, fourth.stopped_in) == ("stop_tax", 1, 2)
    assert fourth.why == "round 2 stops: it lost capability; round 4 passes on its weights"
    assert third.decided == second.decided
    # what later rounds said, before a knob of this one was turned, is nothing to it
    assert made(1, [watched()], [decided(round=2, verdict="stop_tax", weights_round=1)]).weights_round == 1
