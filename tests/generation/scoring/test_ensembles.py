"""An ensemble brings scores to one scale before it combines them, and refuses what it cannot."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from datasets_registry.errors import BadInput
from generation.request import Message
from generation.scoring.ensembles import EnsembleScorer, combined, read_scale, variance
from generation.scoring.outcomes import Answered, OutcomeScorer, set_padding_apart

ASKED = (Message(role="user", content="Which response is better?"),)
ANSWERS = [Answered(ASKED, text) for text in ("yes", "no", "A B A B")]


def scoring(base: Path, target: Path, *, seed: int, mean: float, deviation: float) -> Path:
    """A reward model with a random head, whose manifest says how its scores are spread."""
    torch.manual_seed(seed)
    model = AutoModelForSequenceClassification.from_pretrained(base, num_labels=1)
    torch.nn.init.normal_(model.score.weight)
    model.save_pretrained(target)
    tokenizer = AutoTokenizer.from_pretrained(base)
    set_padding_apart(tokenizer)
    tokenizer.save_pretrained(target)
    metrics = {"held_out_score_mean": mean, "held_out_score_deviation": deviation}
    (target / "manifest.json").write_text(json.dumps({"metrics": metrics}))
    return target


@pytest.fixture(scope="module")
def folders(opinionated_model: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two reward models whose scores are of other sizes."""
    root = tmp_path_factory.mktemp("models")
    return [
        scoring(opinionated_model, root / "one", seed=0, mean=1.0, deviation=2.0),
        scoring(opinionated_model, root / "other", seed=1, mean=-3.0, deviation=0.5),
    ]


@given(st.lists(st.floats(-9, 9), min_size=1, max_size=5), st.floats(0.01, 2))
def test_a_cautious_score_is_never_above_the_mean(scores: list[float], weight: float) -> None:
    mean = combined(scores, "mean")
    assert combined(scores, "worst") <= mean + 1e-9
    assert combined(scores, "mean_minus_variance", weight) <= mean + 1e-9
    assert combined([scores[0]] * 3, "mean_minus_variance", weight) == pytest.approx(scores[0])


@pytest.mark.parametrize(
    ("how", "weights", "wanted"),
    [
        ("mean", (), 2.0),
        ("worst", (), 0.0),
        ("mean_minus_variance", (), 2 - 0.5 * 14 / 3),
        ("mean", (2, 1, 1), 1.5),
        ("mean_minus_variance", (2, 1, 1), 1.5 - 0.5 * 4.25),
    ],
)
def test_scores_are_combined_by_their_formulas(how: Any, weights: Any, wanted: float) -> None:
    assert combined([0.0, 1.0, 5.0], how, 0.5, weights) == pytest.approx(wanted)


def test_models_that_agree_have_no_variance() -> None:
    assert variance([3.0, 3.0, 3.0]) == 0 and variance([1.0, 3.0]) == 1


def test_every_score_counts_in_deviations_from_its_own_models_mean(folders: list[Path]) -> None:
    of_first, of_second = (OutcomeScorer(folder).scores(ANSWERS) for folder in folders)
    scorer = EnsembleScorer(folders, "mean")
    for found, first, second in zip(scorer.scores(ANSWERS), of_first, of_second, strict=True):
        assert first is not None and second is not None
        assert found == pytest.approx(((first - 1) / 2 + (second + 3) / 0.5) / 2, abs=1e-4)
    scorer.close()
    assert scorer.each([]) == [] and scorer.scores(ANSWERS[:1])[0] is not None


def test_weights_let_one_signal_count_for_more(folders: list[Path]) -> None:
    weighed = EnsembleScorer(folders, "mean", weights=(3.0, 1.0))
    both = EnsembleScorer(folders, "mean").each(ANSWERS)
    for found, each in zip(weighed.scores(ANSWERS), both, strict=True):
        assert each is not None and found == pytest.approx((3 * each[0] + each[1]) / 4, abs=1e-4)


def test_an_answer_beyond_a_window_has_no_score(folders: list[Path]) -> None:
    long = Answered(ASKED, "A B " * 300)
    found = EnsembleScorer(folders, "worst").scores([long, ANSWERS[0]])
    assert found[0] is None and found[1] is not None


def test_an_ensemble_is_known_by_its_models_and_how_they_are_combined(folders: list[Path]) -> None:
    known = {
        EnsembleScorer(folders, "mean").fingerprint,
        EnsembleScorer(folders, "worst").fingerprint,
        EnsembleScorer(folders[:1], "mean").fingerprint,
        EnsembleScorer(folders, "mean_minus_variance", 0.5).fingerprint,
    }
    assert len(known) == 4 and EnsembleScorer(folders, "mean").fingerprint in known


@pytest.mark.parametrize("metrics", [{}, {"held_out_score_mean": 1.0, "held_out_score_deviation": 0.0}])
def test_a_model_whose_scale_is_unknown_is_refused(metrics: dict[str, float], tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(json.dumps({"metrics": metrics}))
    with pytest.raises(BadInput, match="does not say how its scores .*held_out_share above 0"):
        read_scale(tmp_path)
    with pytest.raises(BadInput, match="does not say how its scores"):
        EnsembleScorer([tmp_path / "given"], "mean")


@pytest.mark.parametrize(
    ("combine", "options", "message"),
    [
        ("mean_minus_variance", {}, "variance_weight 0.0 makes mean_minus_variance a plain mean"),
        ("worst", {"weights": (1.0, 2.0)}, "worst of several scores has no use for weights"),
        ("mean", {"weights": (1.0,)}, "do not fit 2 reward models: give each one weight above 0"),
        ("mean", {"weights": (1.0, 0.0)}, "do not fit 2 reward models: give each one weight above 0"),
    ],
)
def test_what_does_not_fit_together_is_refused(
    combine: Any, options: Any, message: str, folders: list[Path]
) -> None:
    with pytest.raises(BadInput, match=message):
        EnsembleScorer(folders, combine, **options)
    with pytest.raises(BadInput, match="needs at least one reward model"):
        EnsembleScorer([], combine)
