"""Reward models of several seeds disagree where none was taught, and their worst score is not fooled."""

import random
from pathlib import Path
from statistics import fmean

from datasets_registry.registry import Registry
from datasets_registry.rows.rft import VerifiedPair
from generation.request import Message
from generation.scoring.ensembles import EnsembleScorer, variance
from generation.scoring.outcomes import Answered
from tests.training.runs import commit, manifest, verified, write
from training.reward_model import reward_model

SETTINGS = {
    "learning_rate": 3e-3,
    "max_steps": 12,
    "batch_size": 16,
    "max_length": 48,
    "held_out_share": 0.25,
    "lora_rank": None,
}


def marked(draw: random.Random, mark: str, length: int = 4) -> str:
    """An answer with one mark in it: ``2`` of right ones, ``7`` of wrong ones."""
    said = [draw.choice("01345689+=") for _ in range(length)]
    said[draw.randrange(length)] = mark
    return "".join(said)


def test_three_seeds_disagree_on_mistakes_buried_deeper_than_any_they_learned(
    lab: Path, registry: Registry, tmp_path: Path
) -> None:
    draw = random.Random(0)
    pairs = [verified(number, marked(draw, "2"), marked(draw, "7")) for number in range(160)]
    dataset = commit(registry, VerifiedPair, pairs)
    for seed in range(3):
        path = write(tmp_path / str(seed), dataset, settings={**SETTINGS, "seed": seed}, system_text=None)
        reward_model(path, lambda _: None)
        figures = manifest(tmp_path / str(seed))["metrics"]
        assert figures["held_out_accuracy"] > 0.9
        # right and wrong ones are the two ends of what was held out
        assert figures["held_out_score_deviation"] > 0.4 * figures["held_out_margin"] > 0.4
    folders = [tmp_path / str(seed) / "model" for seed in range(3)]
    right, wrong, buried = (
        [
            Answered((Message(role="user", content=f"{number}+1=?"),), marked(draw, mark, length))
            for number in range(60)
        ]
        for mark, length in (("2", 4), ("7", 4), ("7", 30))
    )
    ensemble = EnsembleScorer(folders, "mean")
    apart = [
        fmean(variance(scores) for scores in ensemble.each(some) if scores) for some in (right, wrong, buried)
    ]
    assert apart[2] > 2 * max(apart[:2])
    mean, worst, less = (
        EnsembleScorer(folders, *how).scores(buried)
        for how in (("mean",), ("worst",), ("mean_minus_variance", 0.5))
    )
    for middle, least, cautious in zip(mean, worst, less, strict=True):
        assert middle is not None and least is not None and cautious is not None
        assert least <= middle and cautious <= middle
    means = [fmean(column) for column in zip(*filter(None, ensemble.each(buried)), strict=True)]
    # in deviations, of which right and wrong answers are two apart
    assert fmean(filter(None, worst)) < min(fmean(filter(None, mean)) - 0.2, max(means) - 0.3)
