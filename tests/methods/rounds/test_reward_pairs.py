"""Pairs by reward models: the best sample against the worst, by one signal or by several combined."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from pydantic import ValidationError

from datasets_registry.rows.prompts import HelpfulPrompt, Prompt, RedTeamPrompt
from datasets_registry.rows.scored.reward_pairs import RewardPair
from datasets_registry.rows.words import Kind
from generation.request import Completion, Request, SamplingParams
from generation.scoring.combination import Combination, Score
from generation.scoring.outcomes import Answered
from generation.scripted import completing
from methods.rlaif.pairs import sample_completions
from methods.rounds.reward_pairs import RewardPairSettings, reward_pairs
from tests.rows import make

PARAMS = SamplingParams(max_tokens=8)
PROMPTS: list[tuple[Kind, Prompt]] = [
    ("red_team", make(RedTeamPrompt, "r1")),
    ("helpful", make(HelpfulPrompt, "h1")),
]
# helpfulness and harmlessness of each sample
SCORES: Mapping[str, tuple[float, float]] = {
    "useful harm": (3.0, -2.0),
    "useful": (2.0, 1.0),
    "plain": (0.0, 0.5),
    "empty talk": (-1.0, 2.0),
}


class Planted:
    """Reward models whose scores are written down; a text that has none cannot be read."""

    def __init__(self, signals: Sequence[str]) -> None:
        self.signals = signals

    def each(self, answers: Sequence[Answered]) -> list[dict[str, Score] | None]:
        return [self._scores(answer.completion) for answer in answers]

    def _scores(self, text: str) -> dict[str, Score] | None:
        if text not in SCORES:
            return None
        scores = dict(zip(("helpfulness", "harmlessness"), SCORES[text], strict=True))
        return {signal: Score(scores[signal], 10 * scores[signal]) for signal in self.signals}


def labelled(texts: Sequence[str | Completion], **settings: Any) -> dict[str, RewardPair]:
    """The row of each prompt, all of which have these samples."""
    signals = settings.pop("signals", ("helpfulness", "harmlessness"))
    given = RewardPairSettings(num_samples=len(texts), signals=signals, answers=PARAMS, **settings)

    def script(request: Request) -> str | Completion:
        return texts[request.sample]

    samples = sample_completions(PROMPTS, completing(script), "m", given.sampling)
    return {pair.prompt_id: pair for pair in reward_pairs(samples, Planted(signals), "policy", given)}


def test_one_signal_sets_the_best_against_the_worst_with_its_scores() -> None:
    pair = labelled(list(SCORES), signals=("helpfulness",))["h1"]
    assert (pair.label, pair.chosen, pair.rejected) == ("a", "useful harm", "empty talk")
    assert (pair.reward_chosen, pair.reward_rejected, pair.rule) == (3.0, -1.0, None)
    assert [(score.signal, score.score, score.raw) for score in pair.scores_chosen] == [
        ("helpfulness", 3.0, 30.0)
    ]
    assert pair.conflicting is False


@pytest.mark.parametrize(
    ("combination", "red_team", "helpful"),
    [
        (
            {"rule": "gated", "gate": "harmlessness", "threshold": 0.0, "gated_kinds": ["red_team"]},
            ("empty talk", "useful harm"),
            ("useful", "useful harm"),
        ),
        ({"rule": "worst"}, ("useful", "useful harm"), ("useful", "useful harm")),
        (
            {"rule": "weighted", "weights": {"helpfulness": 1.0, "harmlessness": 0.1}},
            ("useful harm", "empty talk"),
            ("useful harm", "empty talk"),
        ),
        (
            {"rule": "mean_minus_variance", "variance_weight": 0.1},
            ("useful", "useful harm"),
            ("useful", "useful harm"),
        ),
    ],
)
def test_the_rule_decides_and_stands_on_the_row_beside_every_signal(
    combination: dict[str, Any], red_team: tuple[str, str], helpful: tuple[str, str]
) -> None:
    pairs = labelled(list(SCORES), combination=Combination.model_validate(combination))
    assert (pairs["r1"].chosen, pairs["r1"].rejected) == red_team
    assert (pairs["h1"].chosen, pairs["h1"].rejected) == helpful
    assert {pair.rule for pair in pairs.values()} == {combination["rule"]}
    assert [score.signal for score in pairs["h1"].scores_rejected] == ["harmlessness", "helpfulness"]


def test_signals_that_disagree_on_a_pair_are_said() -> None:
    by_mean = {"combination": Combination(rule="mean")}
    assert labelled(["useful", "plain"], **by_mean)["h1"].conflicting is False
    assert labelled(["useful harm", "empty talk"], **by_mean)["h1"].label == "tie"
    helpful = Combination(rule="weighted", weights={"helpfulness": 1.0, "harmlessness": 0.0})
    assert labelled(["useful harm", "empty talk"], combination=helpful)["h1"].conflicting is True


@pytest.mark.parametrize(
    ("texts", "settings", "label", "counts"),
    [
        (["plain", "plain"], {}, "tie", (0, 0)),
        (["useful", "plain"], {"least_lead": 2.0}, "tie", (0, 0)),
        (["useful", Completion(text="empty talk", finish_reason="length")], {}, "too_few", (1, 0)),
        (["useful", Completion(text="", error="busy", finish_reason="stop")], {}, "too_few", (1, 0)),
        (["useful", "beyond the window"], {}, "too_few", (0, 1)),
    ],
)
def test_ties_and_samples_that_are_no_answers_make_no_pair_and_are_counted(
    texts: list[str | Completion], settings: dict[str, Any], label: str, counts: tuple[int, int]
) -> None:
    pair = labelled(texts, signals=("helpfulness",), **settings)["h1"]
    assert (pair.label, pair.chosen, pair.rejected) == (label, None, None)
    assert (pair.num_unusable, pair.num_unscored, pair.num_samples) == (*counts, 2)


def test_signals_without_a_rule_and_a_rule_without_its_signals_are_refused() -> None:
    with pytest.raises(ValidationError, match="add combination"):
        RewardPairSettings(signals=("helpfulness", "harmlessness"), answers=PARAMS)
    gated = Combination(rule="gated", gate="harmlessness", threshold=0.0)
    with pytest.raises(ValidationError, match=r"gate 'harmlessness' is no signal of rewards"):
        RewardPairSettings(signals=("helpfulness", "honesty"), combination=gated, answers=PARAMS)
