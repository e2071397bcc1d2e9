"""The watch reads the answers of a round beside round 0's, and its verdict names what was planted."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from datasets_registry.errors import BadInput
from datasets_registry.manifest import Manifest
from datasets_registry.rows.evaluation import Grade
from datasets_registry.rows.oversight.amplified import AmplifiedAnswer, AmplifiedLabel
from datasets_registry.rows.rft import Candidate, VerifiedPair
from datasets_registry.rows.rlaif import PreferencePair
from datasets_registry.rows.rounds.watch import RoundWatch
from datasets_registry.rows.row import Row
from quality.rounds.settings import VerdictRules, Watch, WatchSettings
from quality.rounds.verdict import decide
from quality.rounds.watch import ROUND_WATCH
from tests.methods.graphless import MemoryInputs, ModelsByRole, ScriptedModel, rows_of
from tests.quality.rounds.planted import Planted, answers, items
from tests.quality.rounds.watched import decided, watched
from tests.rows import make

ITEMS = items()
HEALTHY = Planted()
PAIRS: list[Row] = [make(PreferencePair, f"p{place}", prompt_id=f"p{place}") for place in range(10)]


def inputs(planted: Planted, first: Planted = HEALTHY, **roles: Sequence[Row]) -> MemoryInputs:
    return MemoryInputs(
        {
            "evaluation_items": ITEMS,
            "evaluation_answers": answers("round", planted, ITEMS),
            "first": answers("base", first, ITEMS),
            "preference_pairs": PAIRS,
            **roles,
        }
    )


def watch(given: MemoryInputs, number: int = 1, settings: Watch | None = None) -> list[RoundWatch]:
    made: list[RoundWatch] = rows_of(
        ROUND_WATCH, WatchSettings(round=number, watch=settings or Watch()), given
    )
    return made


@pytest.mark.parametrize(
    ("planted", "verdict", "figure", "family"),
    [
        (HEALTHY, "go_on", None, None),
        (Planted(facts=5), "stop_tax", "capability", "facts"),
        (Planted(benign=2), "stop_over_refusal", "benign_refused", "over_refusal"),
        (Planted(tokens=60), "stop_collapse", "mean_tokens", "all"),
        (Planted(cut=2), "stop_collapse", "truncated", "all"),
        (Planted(texts=1), "stop_collapse", "diversity_within", "all"),
        (Planted(texts=1, facts=9, reasoning=9), "go_on", None, None),
        (Planted(proxy=2.0, held_out=-2.0), "stop_hacking", "held_out_reward", "all"),
    ],
    ids=str,
)
def test_a_planted_fault_stops_the_round_and_is_named(
    planted: Planted, verdict: str, figure: str | None, family: str | None
) -> None:
    rows = watch(inputs(planted))
    said = decide(1, rows, 0, VerdictRules())
    assert said.verdict == verdict
    if figure is not None:
        assert (said.decided[0].figure, said.decided[0].family) == (figure, family)


def test_every_bounded_figure_has_a_row_and_families_are_apart() -> None:
    rows = watch(inputs(HEALTHY))
    assert {(row.figure, row.family) for row in rows} == {
        ("capability", "facts"),
        ("capability", "reasoning"),
        ("capability_all", "all"),
        ("benign_refused", "over_refusal"),
        ("harmful_refused", "over_refusal"),
        *((figure, "all") for figure in ("mean_tokens", "p95_tokens", "truncated")),
        *((figure, "all") for figure in ("diversity_within", "diversity_across", "top_opening", "entropy")),
        *((figure, "all") for figure in ("proxy_reward", "held_out_reward", "yield_share")),
    }
    facts = next(row for row in rows if row.family == "facts")
    assert (facts.value, facts.baseline, facts.change, facts.num_items) == (0.7, 0.7, 0.0, 200)
    # few items decide by the interval, which 200 equal answers keep within three points
    assert (facts.outcome, facts.by) == ("ok", "interval")


def test_a_fall_of_harmful_refusals_warns_and_a_figure_that_is_off_has_no_row() -> None:
    rows = {row.figure: row for row in watch(inputs(Planted(harmful=5)))}
    assert rows["harmful_refused"].outcome == "warn"
    off = watch(inputs(Planted(harmful=5)), settings=Watch(harmful_refused=None, capability=None))
    assert not {"harmful_refused", "capability"} & {row.figure for row in off}


def test_suites_that_were_not_asked_are_unmeasured_and_say_so() -> None:
    rows = watch(MemoryInputs({"evaluation_items": ITEMS, "preference_pairs": PAIRS}))
    unmeasured = {row.figure: row.note for row in rows if row.outcome == "unmeasured"}
    assert unmeasured["capability"] == "the suite capability was not asked"
    assert {"benign_refused", "mean_tokens", "diversity_within", "entropy"} <= unmeasured.keys()
    with pytest.raises(BadInput, match="round 1: neither"):
        decide(1, rows, 0, VerdictRules())


def test_a_role_with_the_answers_of_two_models_is_refused() -> None:
    both = [*answers("round", HEALTHY, ITEMS), *answers("other", HEALTHY, ITEMS)]
    with pytest.raises(BadInput, match="'evaluation_answers' .* has answers of other, round"):
        watch(inputs(HEALTHY, evaluation_answers=both))


def test_the_gain_is_against_the_policy_that_the_round_began_from() -> None:
    begun = answers("begun", Planted(facts=5, reasoning=5), ITEMS)
    gained = next(row for row in watch(inputs(HEALTHY, previous=begun)) if row.figure == "gain")
    assert gained.change == pytest.approx(0.2)
    assert gained.low is not None
    assert 0 < gained.low < 0.2


def test_the_yield_is_of_pairs_with_a_label_and_of_problems_and_falls_beside_round_one() -> None:
    tied = [make(PreferencePair, "tie", prompt_id="tie", label="tie", chosen=None, rejected=None)] * 10
    half: list[Row] = [
        *PAIRS,
        *(pair.model_copy(update={"pair_id": f"t{n}", "prompt_id": f"t{n}"}) for n, pair in enumerate(tied)),
    ]
    early = watched(figure="yield_share", family="all", concern="yield", scale="value", value=0.8, change=0.8)
    rows = {row.figure: row for row in watch(inputs(HEALTHY, preference_pairs=half, round_watch=[early]), 2)}
    assert rows["yield_share"].value == 0.5
    assert rows["yield_fall"].change == pytest.approx(0.5 / 0.8 - 1)
    problems: list[Row] = [make(Candidate, f"p{place}") for place in range(40)]
    assert (
        decide(1, watch(inputs(HEALTHY, preference_pairs=[], candidates=problems)), 0, VerdictRules()).verdict
        == "stop_no_pairs"
    )
    paired: list[Row] = [
        make(VerifiedPair, problem_id=problem.problem_id, pair_id=problem.problem_id)
        for problem in problems
        if isinstance(problem, Candidate)
    ]
    assert (
        decide(
            1,
            watch(inputs(HEALTHY, preference_pairs=[], candidates=problems, verified_pairs=paired)),
            0,
            VerdictRules(),
        ).verdict
        == "go_on"
    )


def test_the_precision_of_amplified_labels_stops_a_round_whose_labels_are_wrong() -> None:
    trees: list[Row] = [make(AmplifiedAnswer, f"p{place}") for place in range(20)]
    # a part is no problem of its own
    trees += [make(AmplifiedAnswer, f"p{place}", node_id="part", parent_id="n") for place in range(20)]

    def verdict(num_labels: int, num_right: int) -> str:
        labels = [make(AmplifiedLabel, f"p{place}", agrees=place < num_right) for place in range(num_labels)]
        given = inputs(HEALTHY, preference_pairs=[], amplified_answers=trees, amplified_labels=labels)
        rows = {row.figure: row for row in watch(given)}
        assert rows["yield_share"].value == num_labels / 20
        assert ("label_precision" in rows) == bool(num_labels)
        return decide(1, list(rows.values()), 0, VerdictRules()).verdict

    assert [verdict(10, right) for right in (10, 6, 5)] == ["go_on", "go_on", "stop_wrong_labels"]
    # without a label there is nothing to be precise about
    assert verdict(0, 0) == "stop_no_pairs"


def test_a_canary_above_the_median_answer_warns() -> None:
    asked = [ITEMS[0].model_copy(update={"suite": "helpfulness"})]
    scored = [
        answer.model_copy(update={"grades": [Grade(name="score", value=score, keys=[])], "model": model})
        for model, score in (("round", 4.0), ("canary: empty", 1.0), ("canary: flattering", 6.0))
        for answer in answers(model, HEALTHY, [ITEMS[0]])
    ]
    own, *canaries = [answer.model_copy(update={"suite": "helpfulness"}) for answer in scored]
    given = MemoryInputs({"evaluation_items": asked, "evaluation_answers": [own], "canaries": canaries})
    (row,) = [row for row in watch(given) if row.figure == "canary"]
    assert (row.value, row.baseline, row.outcome) == (6.0, 4.0, "warn")
    assert "canary: flattering" in row.note


def test_the_policys_manifest_tells_how_log_probabilities_moved(tmp_path: Path) -> None:
    start = {"change_at_start/chosen": 0.0, "change_at_start/rejected": 0.0}
    moved = {"change/chosen": 0.1, "change/rejected": -15.0}
    Manifest(trainer="dpo", metrics=start | moved).write(tmp_path)
    models = ModelsByRole({"policy": [ScriptedModel("policy", tmp_path)]})
    rows = {row.figure: row for row in rows_of(ROUND_WATCH, WatchSettings(round=1), inputs(HEALTHY), models)}
    rejected = rows["logp_rejected"]
    assert isinstance(rejected, RoundWatch)
    assert (rejected.change, rejected.outcome) == (-15.0, "stop")


def test_behind_a_round_that_stopped_nothing_is_watched() -> None:
    stopped = decided(verdict="stop_tax", weights_round=0, stopped_in=1)
    assert watch(inputs(HEALTHY, verdict=[stopped]), 2) == []
    assert watch(inputs(HEALTHY, verdict=[decided()]), 2) != []
