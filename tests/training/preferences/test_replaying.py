"""Replay beside pairs: its loss by hand, its rows counted, its steps resumed, and nothing where it is off."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from datasets_registry.errors import BadInput, ModelFailed
from datasets_registry.registry import Registry
from datasets_registry.rows.rft import GoldSolution
from datasets_registry.rows.rlaif import PreferencePair
from tests.training.preferences.likelihoods import losses_of_tokens, pairs
from tests.training.runs import SETTINGS, commit, gold, manifest, resumed_to_the_same, write
from training.data.supervised import TokenExample
from training.dpo import dpo
from training.preferences.replaying import num_learned, with_replay
from training.settings.dpo import DpoSettings
from training.settings.sft import SftSettings

SHARE = {"replay_share": 0.25}
ONE_STEP = SETTINGS | {"num_epochs": 1, "batch_size": 8, "warmup_share": 0.0} | SHARE


@pytest.fixture
def data(registry: Registry) -> dict[str, str]:
    """Eight pairs, and forty rows to replay of different lengths."""
    rows = [gold(f"{number}+1", "one more " * (number % 3 + 1)) for number in range(40)]
    return {
        "dataset": commit(registry, PreferencePair, pairs()),
        "replay": commit(registry, GoldSolution, rows),
    }


def run(folder: Path, data: dict[str, str], settings: dict[str, Any], **changes: Any) -> Any:
    """The manifest of a run."""
    dpo(write(folder, **data, **{"system_text": None, "settings": settings} | changes), lambda _: None)
    return manifest(folder)


def test_the_loss_is_that_of_the_pairs_and_the_mean_of_replayed_tokens_by_its_weight(
    base: Path, registry: Registry, data: dict[str, str], tmp_path: Path
) -> None:
    made = run(tmp_path / "run", data, ONE_STEP | {"replay_weight": 0.5, "replay_share": 0.9})
    rows = made["rows"]
    # more was asked for than there is: all rows
    assert rows["replay_given"] == rows["replay_trained"] == 40
    losses = [
        loss
        for number in range(40)
        for loss in losses_of_tokens(base, f"{number}+1", "one more " * (number % 3 + 1))
    ]
    mean = sum(losses) / len(losses)
    assert made["metrics"]["replay_loss"] == pytest.approx(mean, abs=1e-4)
    assert made["loss"][0][1] == pytest.approx(0.6931 + 0.5 * mean, abs=3e-4)


def test_replayed_rows_are_a_share_of_tokens_and_counted(
    base: Path, registry: Registry, data: dict[str, str], tmp_path: Path
) -> None:
    made = run(tmp_path / "run", data, ONE_STEP)
    rows = made["rows"]
    assert rows["trained"] == 8 and 0 < rows["replay_trained"] < rows["replay_given"] == 40
    assert rows["replay_tokens"] / (rows["tokens"] + rows["replay_tokens"]) == pytest.approx(0.25, abs=0.05)
    assert made["datasets"]["replay"]["name"] == "gold_solutions"
    assert made["settings"]["replay_weight"] == 0.2


def test_each_row_comes_with_one_pair() -> None:
    rows = [TokenExample(input_ids=[number] * 3, labels=[-100, number, number]) for number in range(11)]
    dealt = with_replay([{"prompt_ids": [1], "chosen_ids": [2], "rejected_ids": [3]}] * 4, rows)
    assert [len(pair["replay"]) for pair in dealt] == [3, 3, 3, 2]
    assert Counter(row["input_ids"][0] for pair in dealt for row in pair["replay"]) == Counter(range(11))
    assert num_learned(rows) == 22


@pytest.mark.parametrize("told", [{}, {"target": "soft"}], ids=["hard", "soft"])
def test_a_step_learns_the_same_however_it_is_cut(
    told: dict[str, Any], base: Path, registry: Registry, data: dict[str, str], tmp_path: Path
) -> None:
    cuts = ({"batch_size": 8}, {"batch_size": 2, "gradient_accumulation": 4})
    whole, cut = (
        run(tmp_path / str(each["batch_size"]), data, ONE_STEP | {"num_epochs": 3} | told | each)["loss"]
        for each in cuts
    )
    for (_, one), (_, several) in zip(whole, cut, strict=True):
        assert one == pytest.approx(several, abs=2e-4)


def test_what_is_replayed_is_kept(
    base: Path, registry: Registry, data: dict[str, str], tmp_path: Path
) -> None:
    made = run(tmp_path / "run", data, SETTINGS | SHARE | {"replay_weight": 1.0})
    curve = [loss for _, loss in made["curves"]["replay_loss"]]
    assert sum(curve[-2:]) < 0.9 * sum(curve[:2])
    assert made["metrics"]["change/chosen"] > made["metrics"]["change/rejected"]
    assert made["metrics"]["change_at_start/chosen"] == pytest.approx(0.0, abs=1e-3)


def test_a_run_cut_short_goes_on_with_the_same_rows(
    base: Path, registry: Registry, data: dict[str, str], tmp_path: Path
) -> None:
    settings = SETTINGS | SHARE | {"num_epochs": 2}
    assert resumed_to_the_same(dpo, write(tmp_path / "run", **data, settings=settings, checkpoint_minutes=0))


def test_off_it_leaves_recipes_and_runs_as_they_were() -> None:
    plain = DpoSettings()
    assert not {"replay_share", "replay_weight"} & plain.content.keys()
    assert DpoSettings.model_validate(plain.model_dump(mode="json")) == plain
    assert DpoSettings(replay_share=0.1).content["replay_weight"] == 0.2
    assert SftSettings().content["replay_share"] == 0.0


def test_replay_that_can_replay_nothing_is_refused(
    base: Path, registry: Registry, data: dict[str, str], tmp_path: Path
) -> None:
    with pytest.raises(BadInput, match="give both replay and a weight above 0, or neither"):
        run(tmp_path / "off", data, SETTINGS)
    long = commit(registry, GoldSolution, [gold("1+1", "one more " * 200)])
    with pytest.raises(
        ModelFailed, match="gold_solutions@2 has no row of at most max_length 128 tokens to replay"
    ):
        run(tmp_path / "long", data | {"replay": long}, ONE_STEP)
