"""Likelihoods and plain forward passes of the same texts are compared, and agree."""

from pathlib import Path

from benchmarks.evaluation_speed.likelihood import compared, requests


def test_both_ways_give_the_same_likelihoods(tiny_model: Path) -> None:
    texts = requests(20)
    ratio, apart = compared(tiny_model, texts)
    assert ratio.value is not None and ratio.value > 0 and ratio.goal == "<= 1.1"
    assert apart.holds and len({text.messages for text in texts}) == 5
