"""How far log-probabilities moved, by the manifest of a run."""

import pytest

from datasets_registry.manifest import Manifest
from quality.rounds.training import movements
from training.preferences.changes import changes


def manifest(trainer: str, chosen: list[float], rejected: list[float]) -> Manifest:
    """The manifest of a run that logged these rewards, step by step."""
    steps = zip(chosen, rejected, strict=True)
    history = [{"rewards/chosen": first, "rewards/rejected": second} for first, second in steps]
    metrics = changes(history, beta=0.1) if history else {}
    return Manifest(trainer=trainer, metrics=metrics, rows={"trained": 88})


def test_it_is_the_end_less_the_start_in_nats_a_sequence() -> None:
    run = manifest("dpo", [0.0] * 9 + [0.02], [0.1, *[0.0] * 8, -0.4])
    chosen, rejected = movements(run)
    assert (chosen.figure, chosen.num_items) == ("logp_chosen", 88)
    assert chosen.change == pytest.approx(0.1)
    # the last fifth of ten steps, less the first, which a reference further back moves
    assert [rejected.value, rejected.baseline] == pytest.approx([-2.0, 1.0])
    assert rejected.change == pytest.approx(-3.0)


def test_a_run_on_pairs_that_tells_nothing_is_unmeasured_and_one_on_texts_has_no_such_figure() -> None:
    assert [change.change for change in movements(manifest("dpo", [], []))] == [None, None]
    assert list(movements(manifest("sft", [], []))) == []
