"""DPO's losses and soft labels: exact, refused where they do not fit, and felt by what is learned."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from datasets_registry.errors import BadInput, ModelFailed
from datasets_registry.registry import Registry
from datasets_registry.rows.rft import VerifiedPair
from datasets_registry.rows.rlaif import PreferencePair
from tests.rows import make
from tests.training.runs import SETTINGS, commit, manifest, verified, write
from training.dpo import dpo
from training.settings.dpo import DpoSettings


def pairs(p_a: float, count: int = 8) -> list[PreferencePair]:
    """Pairs that prefer the same answer, of which the judge is sure to this degree."""
    return [
        make(PreferencePair, f"p{number}", label="a", p_a=p_a, chosen="yes yes yes", rejected="no no no")
        for number in range(count)
    ]


def trained(folder: Path, dataset: str, **settings: Any) -> dict[str, Any]:
    """The manifest of a run with these settings."""
    dpo(write(folder, dataset, settings=SETTINGS | {"num_epochs": 4} | settings), lambda _: None)
    return manifest(folder)


def margin(of: dict[str, Any]) -> float:
    return float(of["metrics"]["rewards/margins"])


def test_sure_soft_labels_are_hard_ones(base: Path, registry: Registry, tmp_path: Path) -> None:
    dataset = commit(registry, PreferencePair, pairs(1.0))
    hard, soft = (trained(tmp_path / name, dataset, target=name) for name in ("hard", "soft"))
    for (_, hard_loss), (_, soft_loss) in zip(hard["loss"], soft["loss"], strict=True):
        assert hard_loss == pytest.approx(soft_loss, abs=1e-4)


def test_a_judge_that_is_sure_moves_the_policy_and_one_at_odds_moves_it_back(
    base: Path, registry: Registry, tmp_path: Path
) -> None:
    found = {}
    for p in (0.9, 0.2):
        dataset = commit(registry, PreferencePair, pairs(p))
        found[p] = trained(tmp_path / str(p), dataset, target="soft")
        # the policy is its own reference at first
        assert found[p]["loss"][0][1] == pytest.approx(0.6931, abs=1e-3)
    assert margin(found[0.9]) > 0.3 and margin(found[0.2]) < -0.2


def test_a_judge_that_knows_nothing_teaches_nothing_and_leaves_no_model(
    base: Path, registry: Registry, tmp_path: Path
) -> None:
    with pytest.raises(
        ModelFailed, match="all weights are where they began: raise learning_rate, .*, or take"
    ):
        trained(tmp_path, commit(registry, PreferencePair, pairs(0.5)), target="soft")
    assert not (tmp_path / "model").exists()


def test_each_loss_moves_the_margin(base: Path, registry: Registry, tmp_path: Path) -> None:
    dataset = commit(registry, PreferencePair, pairs(0.9))
    for name, told in (
        ("ipo", {"losses": {"ipo": 1.0}}),
        ("robust", {"losses": {"robust": 1.0}, "flip_rate": 0.1}),
        ("mixed", {"losses": {"sigmoid": 1.0, "sft": 0.2}}),
    ):
        assert margin(trained(tmp_path / name, dataset, **told)) > 0.1, name


def test_soft_targets_of_pairs_without_a_judge_are_refused(
    base: Path, registry: Registry, tmp_path: Path
) -> None:
    dataset = commit(registry, VerifiedPair, [verified(number, "yes", "no") for number in range(8)])
    with pytest.raises(BadInput, match="no column 'label'"):
        dpo(write(tmp_path / "run", dataset, settings=SETTINGS | {"target": "soft"}), lambda _: None)


def test_a_template_that_ends_no_turn_is_refused(base: Path, registry: Registry, tmp_path: Path) -> None:
    template = base / "chat_template.jinja"
    template.write_text(template.read_text().replace("<|im_end|>\n", "\n\n"))
    path = write(tmp_path / "run", commit(registry, PreferencePair, pairs(1.0)))
    with pytest.raises(BadInput, match="ends a turn with .* the policy would never stop"):
        dpo(path, lambda _: None)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"losses": {"sft": 1.0}}, "compare nothing: add sigmoid"),
        ({"losses": {"robust": 1.0}}, "flip_rate above 0 and the loss robust go together"),
        ({"flip_rate": 0.1}, "flip_rate above 0 and the loss robust go together"),
        ({"losses": {"ipo": 1.0}, "target": "soft"}, r"works with sigmoid and sft, not with \['ipo'\]"),
        ({"losses": {"ipo": 1.0, "sigmoid": 1.0}}, "of different strengths: set beta for both"),
        ({"losses": {"sigmoid": 0}}, "greater than 0"),
        ({"replay_weight": 0.1}, "replay_weight is set and replay_share is 0: give both, or neither"),
        ({"losses": {"kto": 1}}, "'sigmoid', 'ipo', 'robust' or 'sft'"),
    ],
)
def test_losses_that_do_not_fit_are_refused(told: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        DpoSettings.model_validate(told)


def test_ipo_has_its_own_strength_unless_one_is_set() -> None:
    assert [DpoSettings(losses={name: 1.0}).beta for name in ("sigmoid", "ipo")] == [0.1, 1.0]
    assert DpoSettings(losses={"ipo": 1.0, "sft": 0.1}).beta == 1.0
    assert DpoSettings(losses={"ipo": 1.0, "sigmoid": 1.0}, beta=0.3).beta == 0.3
    assert DpoSettings(losses={"ipo": 1.0}, beta=0.1).beta == 0.1
