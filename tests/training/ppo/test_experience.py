"""What a PPO iteration learns from: scores at the ends of samples, and no divergence at first."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForSequenceClassification

from datasets_registry.registry import Registry
from datasets_registry.rows.imported import Problem
from generation.scoring.outcomes import Answered
from tests.rows import make
from tests.tiny_model import ENDING, write_ending_model
from tests.training.conftest import given
from tests.training.online_runs import DEVIATION, MEAN, scorer
from tests.training.runs import commit, write
from training.data.prompts import OnlineRow
from training.online.rewards import Rewarded, Rewards
from training.online.scorers import Plain
from training.ppo.experience import Prompt, experience
from training.ppo.learning import Learning
from training.ppo.models import Models, load_models
from training.running.run import Run, open_run
from training.running.trainer import load_tokenizer
from training.settings.online import RewardMix
from training.settings.ppo import PpoSettings
from training.settings.run import RunConfig

SETTINGS = {"max_length": 64, "max_completion_length": 9, "batch_size": 4, "learning_rate": 1e-3}
ENDS, GOES_ON = "q", "is better? A"


class ByLength:
    """Scores an answer by its length, and none that is longer than its window."""

    def __init__(self, window: int = 100) -> None:
        self.window = window

    def scores(self, answers: Sequence[Answered]) -> list[float | None]:
        lengths = [len(answer.completion) for answer in answers]
        return [float(length) if length <= self.window else None for length in lengths]

    def close(self) -> None:
        self.window = -1


def by_length(window: int = 100) -> Rewards:
    return Rewards(RewardMix(verifier=0, reward_models=1), scorer=Plain(ByLength(window)))


@pytest.fixture
def ending(registry: Registry) -> Path:
    """A policy that ends its turn after ``q`` and nowhere else; its padding is the end of a turn."""
    return given(registry, write_ending_model(registry.state.models / "ending"))


def opened(
    registry: Registry, folder: Path, reward_models: Sequence[str] = (), **settings: Any
) -> tuple[Run[PpoSettings], PpoSettings, Models]:
    """The models of a run with these settings."""
    dataset = commit(registry, Problem, [make(Problem, "p1")])
    told = {"verifier": {"kind": "maths"}, "settings": SETTINGS | settings, "reward_models": reward_models}
    path = write(folder, dataset, **told)
    run = open_run("ppo", RunConfig[PpoSettings], path, lambda _: None)
    return run, run.settings, load_models(run, load_tokenizer(run))


def prompts_of(models: Models, *texts: str) -> list[Prompt]:
    return [({"prompt": text}, models.tokenizer(text)["input_ids"]) for text in texts]


def test_the_score_stands_at_the_end_of_a_turn_though_padding_is_the_same_token(
    ending: Path, registry: Registry, tmp_path: Path
) -> None:
    _, settings, models = opened(
        registry, tmp_path, beta=0.0, gae_lambda=1.0, missing_eos_penalty=3.0, lora_rank=None
    )
    assert models.tokenizer.pad_token_id in models.ends
    batch, figures = experience(models, prompts_of(models, ENDS, GOES_ON, ENDS), by_length(), settings, 0)
    lengths = batch.samples.mask.sum(1).tolist()
    assert lengths[0] == lengths[2] < lengths[1] == 9
    assert int(batch.samples.input_ids[0, batch.samples.begins + int(lengths[0]) - 1]) in models.ends
    # both said the same two characters; the one that was cut has the lowest score, less the penalty
    assert figures["score"] == pytest.approx((2 + 2 + 2 - 3) / 3)
    assert figures["completions/mean_length"] == sum(lengths) / 3
    assert figures["completions/clipped_ratio"] == pytest.approx(1 / 3)
    # to a critic that knows nothing, what is to come is the score, from the first token to the end
    wanted = batch.samples.mask * torch.tensor([[2.0], [-1.0], [2.0]])
    assert torch.allclose(batch.returns * batch.samples.mask, wanted) and not batch.values.any()
    assert not batch.advantages[0, int(lengths[0]) :].any() and batch.advantages[0, : int(lengths[0])].all()


@pytest.mark.parametrize("rank", [None, 4])
def test_at_the_first_iteration_the_policy_is_its_reference_and_the_first_pass_clips_nothing(
    base: Path, registry: Registry, tmp_path: Path, rank: int | None
) -> None:
    run, settings, models = opened(registry, tmp_path, lora_rank=rank, ppo_epochs=1, warmup_share=0.0)
    given = prompts_of(models, ENDS, GOES_ON, "which", "no")
    batch, figures = experience(models, given, by_length(), settings, 0)
    assert figures["kl"] == pytest.approx(0, abs=1e-6)
    assert figures["reward"] == pytest.approx(figures["score"], abs=1e-5) and figures["entropy"] > 4
    learned = Learning(run, models, 1).learn(batch, 1)
    # whitened advantages have no mean, and every ratio is one
    assert learned["loss"] == pytest.approx(0, abs=1e-5) and learned["clip_fraction"] == 0
    assert learned["value_loss"] == pytest.approx(
        float((batch.returns**2 * batch.samples.mask).sum() / 2 / batch.samples.mask.sum()), rel=1e-4
    )
    _, later = experience(models, given, by_length(), settings, 0)
    assert later["kl"] != 0 and later["explained_variance"] != 0
    assert later["reward"] != pytest.approx(later["score"], abs=1e-6)


def test_what_good_samples_have_becomes_likelier(base: Path, registry: Registry, tmp_path: Path) -> None:
    run, settings, models = opened(
        registry, tmp_path, lora_rank=None, warmup_share=0.0, batch_size=16, max_length=32
    )
    batch, _ = experience(models, prompts_of(models, *[GOES_ON] * 16), by_length(), settings, 0)
    Learning(run, models, 4).learn(batch, 1)
    with torch.no_grad():
        moved = (models.logps(batch.samples)[0] - batch.logps) * batch.samples.mask
        better, worse = batch.advantages > 0.2, batch.advantages < -0.2
        values = models.values(batch.samples)
    assert moved[better].mean() > 0 > moved[worse].mean()
    misses = [
        ((estimate - batch.returns) ** 2 * batch.samples.mask).sum() for estimate in (batch.values, values)
    ]
    assert misses[1] < misses[0]


def test_micro_batches_change_nothing(base: Path, registry: Registry, tmp_path: Path) -> None:
    found = []
    for size in (8, 2):
        run, settings, models = opened(
            registry,
            tmp_path / str(size),
            batch_size=size,
            gradient_accumulation=8 // size,
            lora_rank=None,
            warmup_share=0.0,
        )
        prompts = prompts_of(models, *[ENDS, GOES_ON, "which", "yes no"] * 2)
        batch, _ = experience(models, prompts, by_length(), settings, 0)
        figures = Learning(run, models, 1).learn(batch, 1)
        both = [*models.policy.named_parameters(), *models.critic.named_parameters()]
        found.append((figures, torch.cat([weight.detach().flatten() for _, weight in both])))
    (whole, weights), (split, moved) = found
    assert whole == pytest.approx(split, abs=1e-4) and (weights - moved).abs().max() < 2e-4


def test_a_sample_that_no_reward_model_can_read_teaches_nothing(
    ending: Path, registry: Registry, tmp_path: Path
) -> None:
    _, settings, models = opened(registry, tmp_path, lora_rank=None)
    # two characters and one
    batch, figures = experience(models, prompts_of(models, ENDS, ENDING[:-1]), by_length(1), settings, 0)
    assert len(batch.samples.input_ids) == len(batch.logps) == 1 and figures["rewards/unscored"] == 0.5
    assert int(batch.samples.mask.sum()) == 2 and figures["score"] == 1
    assert figures["completions/mean_length"] > 2


def test_a_critic_learns_which_prompts_pay(lab: Path, registry: Registry, tmp_path: Path) -> None:
    def reward(rows: Sequence[OnlineRow], *_: object) -> Rewarded:
        return Rewarded([float(row["prompt"] == "1+1=?") for row in rows], {})

    told: dict[str, Any] = {
        "batch_size": 16,
        "max_completion_length": 4,
        "learning_rate": 1e-6,
        "critic_learning_rate": 3e-3,
    }
    told |= {"lora_rank": None, "beta": 0.0, "value_clip_range": 1.0}
    run, settings, models = opened(registry, tmp_path, **told)
    learning, given = Learning(run, models, 7), prompts_of(models, *["1+1=?", "2+2=?"] * 8)
    explained = []
    for iteration in range(7):
        batch, figures = experience(models, given, reward, settings, iteration)
        learning.learn(batch, iteration + 1)
        explained.append(figures["explained_variance"])
    assert explained[0] == 0 and explained[-1] > 0.9
    assert models.values(batch.samples)[:, 0].tolist() == pytest.approx([1.0, 0.0] * 8, abs=0.2)


@pytest.mark.parametrize("critic", ["base", "reward_model"])
def test_policy_and_critic_are_trained_in_float32_over_a_base_in_bfloat16(
    critic: str, lab: Path, registry: Registry, tmp_path: Path
) -> None:
    told: dict[str, Any] = {"dtype": "bfloat16", "rewards": {"reward_models": 0.5}, "critic": critic}
    _, _, models = opened(registry, tmp_path, [scorer(registry, lab)], **told)
    for model in (models.policy, models.critic):
        types = {(weight.requires_grad, weight.dtype) for _, weight in model.named_parameters()}
        assert (False, torch.bfloat16) in types and (True, torch.bfloat16) not in types


def test_a_critic_from_the_reward_model_says_its_score_as_it_is_paid(
    lab: Path, registry: Registry, tmp_path: Path
) -> None:
    mix = {"verifier": 1.0, "reward_models": 0.5}
    reference = scorer(registry, lab)
    _, _, models = opened(
        registry, tmp_path, reward_models=[reference], rewards=mix, critic="reward_model", lora_rank=4
    )
    folder = registry.folder(registry.passed("reward_model"))
    theirs = AutoModelForSequenceClassification.from_pretrained(folder)
    ids = models.tokenizer("1+1=?")["input_ids"]
    with torch.no_grad():
        raw = theirs.score(theirs.model(torch.tensor([ids])).last_hidden_state[0, -1]).item()
        found = models.values(models.side_by_side([ids], [[3, 4]]))[0, 0].item()
    assert found == pytest.approx(0.5 * (raw - MEAN) / DEVIATION, abs=1e-5) and abs(raw) > 1e-3
