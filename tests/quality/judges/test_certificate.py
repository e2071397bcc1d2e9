"""The certificate names each planted judge's fault, and the audit each principle's part."""

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import duckdb
import numpy as np
import pytest

from benchmarks.sides.labels.planted_judges import JUDGES, PLANTED, judged
from datasets_registry.rows.cai import RevisionStep
from datasets_registry.rows.judges import JudgeFigure
from datasets_registry.rows.rlaif import AiJudgement, CompletionPair
from datasets_registry.rows.row import Row, to_table
from quality.judges.beyond_chance import (
    CHANCES,
    beyond_chance,
    certain_beyond,
    cohen_chance,
    gwet_chance,
    reported_interval,
)
from quality.judges.bounds import Bound
from quality.judges.certificate import CertificateSettings, certify
from quality.judges.principles import audit
from tests.rows import make

SETTINGS = CertificateSettings(judges=("base_policy",), policy="sft_policy")


@pytest.mark.parametrize("name", JUDGES)
def test_each_planted_fault_lies_within_its_interval(name: str) -> None:
    labels, figures = judged(name, 500)
    for figure, truth in PLANTED[name].items():
        row = figures[figure]
        assert row.low is not None and row.high is not None
        assert row.low - 1e-9 <= truth <= row.high + 1e-9, (figure, row)
    if name == "always first":
        assert {pair.label for pair in labels} == {"tie"}


def test_a_right_judge_is_certified_and_the_faulty_ones_are_not() -> None:
    failed = {name: _failed(judged(name, 500)[1].values()) for name in JUDGES}
    assert failed == {
        "always first": {"slot_kept_share", "order_consistency", "longer_share"},
        "always longer": {"longer_share"},
        "random": {"slot_kept_share", "order_consistency"},
        "half garbled": {"parse_rate"},
        "right but for 10 %": set(),
    }


def _failed(figures: Any) -> set[str]:
    return {row.figure for row in figures if row.holds is not True and (row.at_least or row.at_most)}


@contextmanager
def views(**rows: tuple[type[Row], Sequence[Row]]) -> Iterator["duckdb.DuckDBPyConnection"]:
    """Rows as views of their dataset's names."""
    with duckdb.connect() as connection:
        for name, (row, values) in rows.items():
            connection.register(name, to_table(row, values))
        yield connection


def _verdicts(pair: str, ab: float, ba: float, **fields: Any) -> list[AiJudgement]:
    return [
        make(AiJudgement, pair, order=order, p_first=p, verdict="first" if p > 0.5 else "second", **fields)
        for order, p in (("ab", ab), ("ba", ba))
    ]


def test_position_is_taken_off_before_orders_are_compared() -> None:
    same = [make(AiJudgement, order=order, p_first=0.8) for order in ("aa", "bb")]
    with views(
        ai_judgements=(AiJudgement, [*_verdicts("p1", 0.9, 0.7), *same]),
        completion_pairs=(CompletionPair, [make(CompletionPair)]),
    ) as connection:
        rows = certify(connection, SETTINGS, people=False)
    values = {row.figure: row.value for row in rows}
    assert values["slot_kept_share"] == 1.0 and values["order_consistency"] == 1.0


def test_what_cannot_be_measured_does_not_hold() -> None:
    with views(ai_judgements=(AiJudgement, []), completion_pairs=(CompletionPair, [])) as connection:
        bounds = {"parse_rate": Bound(at_least=0.5)}
        settings = SETTINGS.model_copy(update={"required": True, "bounds": bounds})
        rows = certify(connection, settings, people=False)
    (rate,) = [row for row in rows if row.figure == "parse_rate"]
    assert isinstance(rate, JudgeFigure) and rate.holds is None and rate.required and rate.num_items == 0


@pytest.mark.parametrize(
    ("bound", "low", "high", "holds"),
    [
        (Bound(at_least=0.9), 0.91, 0.99, True),
        (Bound(at_least=0.9), 0.85, 0.99, False),
        (Bound(at_most=0.25), 0.1, 0.24, True),
        (Bound(at_most=0.25), 0.1, 0.3, False),
        (Bound(at_least=0.3, at_most=0.7), 0.4, 0.6, True),
        (Bound(at_least=0.3, at_most=0.7), 0.4, 0.71, False),
        (Bound(at_least=0.3), None, None, None),
    ],
)
def test_a_bound_holds_for_the_whole_interval_or_not_at_all(
    bound: Bound, low: float | None, high: float | None, holds: bool | None
) -> None:
    assert bound.holds(low, high, 20) is holds
    assert bound.holds(low, high, 19) is (None if holds is None else False)


def test_kappa_is_agreement_beyond_chance() -> None:
    assert beyond_chance(shares(20, 5, 10, 15), cohen_chance) == pytest.approx(0.4)
    assert beyond_chance(shares(3, 0, 0, 0), cohen_chance) == 0.0


def shares(both: int, first: int, second: int, neither: int) -> np.ndarray:
    """Agreement, the first rater's a and the second's, of so many units of each kind."""
    kinds = [(1, 1, 1)] * both + [(0, 1, 0)] * first + [(0, 0, 1)] * second + [(1, 0, 0)] * neither
    return np.array(kinds, dtype=float)


@pytest.mark.parametrize("figure", CHANCES)
def test_ten_that_agree_have_a_width(figure: str) -> None:
    units = shares(5, 0, 0, 5)
    for interval in (
        reported_interval(units, 10, CHANCES[figure]),
        certain_beyond(units, 10, CHANCES[figure]),
    ):
        assert interval is not None and interval[0] < 0.6 and interval[1] == pytest.approx(1)


@pytest.mark.parametrize("figure", CHANCES)
@pytest.mark.parametrize("cells", [(0.45, 0.05, 0.05, 0.45), (0.6, 0.08, 0.07, 0.25), (0.5, 0, 0, 0.5)])
def test_agreement_beyond_chance_is_covered(cells: tuple[float, ...], figure: str) -> None:
    both, first, second, neither = cells
    chance = CHANCES[figure](both + first, both + second)
    truth = (both + neither - chance) / (1 - chance)
    reported, certain = [], []
    for counts in np.random.default_rng(5).multinomial(30, cells, size=40):
        interval = reported_interval(shares(*counts), 30, CHANCES[figure])
        assert interval is not None
        reported.append(interval[0] - 1e-9 <= truth <= interval[1] + 1e-9)
        low, high = certain_beyond(shares(*counts), 30, CHANCES[figure])
        certain.append(low - 1e-9 <= truth <= high + 1e-9)
    assert np.mean(reported) > 0.82 and np.mean(certain) >= 0.95


def test_a_figure_without_a_certain_interval_takes_no_bound() -> None:
    with pytest.raises(ValueError, match="no bound can be set on 'length_slope'"):
        CertificateSettings.model_validate(
            {"judges": ["j"], "policy": "p", "bounds": {"length_slope": {"at_most": 1}}}
        )


def test_revisions_of_one_prompt_are_one_unit() -> None:
    def interval(groups: int) -> tuple[float | None, float | None]:
        steps = [
            make(
                RevisionStep,
                f"p{place:02}",
                principle_id="safe",
                harmlessness=5.0 + (place % 4 < 2),
                draft_harmlessness=5.5,
                split_group=f"g{place % groups:02}",
            )
            for place in range(40)
        ]
        tables = {"ai_judgements": (AiJudgement, []), "cai_revisions": (RevisionStep, steps)}
        with views(**tables) as connection:  # type: ignore[arg-type]
            (row,) = audit(connection, {"safe": "harmlessness"})
        assert row.win_rate == 0.5 and row.num_scored == 40
        return row.win_low, row.win_high

    (low, high), (wide_low, wide_high) = interval(40), interval(8)
    assert low and high and wide_low and wide_high
    assert wide_high - wide_low > 1.5 * (high - low)


def test_ac1_is_agreement_beyond_chance_where_one_label_is_rare() -> None:
    # by hand: 46 of 50 agree; 45 of each rater's labels are a, so chance is 2 x 0.9 x 0.1 = 0.18
    rare, even = shares(43, 2, 2, 3), shares(20, 5, 5, 20)
    assert beyond_chance(rare, gwet_chance) == pytest.approx((0.92 - 0.18) / 0.82)
    assert beyond_chance(rare, cohen_chance) == pytest.approx((0.92 - 0.82) / 0.18)
    for chance in CHANCES.values():
        assert beyond_chance(even, chance) == pytest.approx(0.6)
    assert beyond_chance(shares(3, 0, 0, 0), gwet_chance) == 1.0


def test_a_judge_that_is_asked_about_a_rule_is_measured_by_it() -> None:
    pairs = [make(CompletionPair, f"p{number}", split_group=f"g{number}") for number in range(30)]
    judgements: list[AiJudgement] = []
    for number in range(30):
        right = number % 3 > 0
        judgements += _verdicts(f"p{number}", 0.9 if right else 0.1, 0.1 if right else 0.9)
        judgements += _verdicts(f"p{number}", 1.0, 0.0, judge="rule", judgement_key=None)
    with views(
        ai_judgements=(AiJudgement, judgements), completion_pairs=(CompletionPair, pairs)
    ) as connection:
        figures = {row.figure: row for row in certify(connection, SETTINGS, people=False)}
    agreement = figures["rule_agreement"]
    assert agreement.value == pytest.approx(2 / 3) and agreement.num_items == 30
    assert agreement.low is not None and agreement.high is not None and agreement.low < 2 / 3 < agreement.high


def test_the_audit_tells_what_each_principle_did() -> None:
    judgements = [
        *_verdicts("p1", 0.9, 0.2, principle_id="kind"),
        *_verdicts("p1", 0.1, 0.8, principle_id="brief"),
        *_verdicts("p2", 0.9, 0.9, principle_id="kind"),
    ]
    steps = [
        make(RevisionStep, harmlessness=5.0, draft_harmlessness=4.0, principle_id="safe"),
        make(RevisionStep, "p2", changed=False, edit_distance=0, harmlessness=4.0, principle_id="safe"),
        make(RevisionStep, "h1", kind="helpful", principle_id="safe"),
        make(RevisionStep, helpfulness=3.0, draft_helpfulness=6.0, principle_id="kind"),
    ]
    signals = {"kind": "helpfulness", "brief": "helpfulness", "safe": "harmlessness", "unused": "honesty"}
    with views(ai_judgements=(AiJudgement, judgements), cai_revisions=(RevisionStep, steps)) as connection:
        kind, brief, safe, unused = audit(connection, signals)
    assert (safe.num_critiques, safe.changed_share, safe.mean_edit_distance) == (2, 0.5, 3.0)
    assert (safe.num_scored, safe.win_rate, kind.win_rate) == (2, 0.75, 0.0)
    assert (kind.num_pairs, kind.tie_share, kind.num_shared, kind.disagreement) == (2, 0.5, 1, 1.0)
    assert brief.num_pairs == 1 and brief.mean_margin == pytest.approx(0.35)
    assert unused.num_pairs == unused.num_critiques == 0 and unused.win_rate is None


def test_the_audit_is_the_same_to_the_last_digit_in_any_order_of_the_rows() -> None:
    chance = random.Random(0)
    judgements = [
        make(AiJudgement, f"p{number}", order=order, principle_id=principle, p_first=chance.random())
        for number in range(200)
        for principle in ("kind", "brief", "safe")
        for order in ("ab", "ba", "aa")
    ]
    figures = set()
    for _ in range(3):
        chance.shuffle(judgements)
        with views(ai_judgements=(AiJudgement, judgements), cai_revisions=(RevisionStep, [])) as connection:
            figures.add(repr(audit(connection, dict.fromkeys(("kind", "brief", "safe"), "harmlessness"))))
    assert len(figures) == 1
