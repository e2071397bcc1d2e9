"""PPO in less memory learns the same: activations again, logits in tiles, half the samples at once."""

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM

from datasets_registry.errors import ModelFailed
from datasets_registry.registry import Registry
from datasets_registry.rows.imported import Problem
from tests.rows import make
from tests.tiny_model import write_tiny_model
from tests.training.conftest import Started
from tests.training.online_runs import run
from tests.training.ppo.test_experience import ENDS, GOES_ON, by_length, opened, prompts_of
from tests.training.ppo.test_ppo import FEW
from tests.training.ppo.test_samples import COMPLETIONS, CPU, END, PROMPTS
from tests.training.runs import commit
from training.ppo import learning, models
from training.ppo.__main__ import ppo
from training.ppo.experience import experience
from training.ppo.learning import Learning
from training.ppo.models import recompute_activations, without_dropout
from training.ppo.samples import fuse_head, log_probabilities, side_by_side
from training.running.memory import OutOfMemory


@pytest.mark.parametrize("rank", [None, 4])
def test_activations_that_are_made_again_change_nothing(
    rank: int | None, base: Path, registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for recomputes in (False, True):
        monkeypatch.setattr(models, "recomputes_activations", lambda: recomputes)  # noqa: B023
        run_, settings, loaded = opened(
            registry, tmp_path / str(recomputes), lora_rank=rank, warmup_share=0.0, learning_rate=1e-2
        )
        passes = forward_passes(loaded.policy)
        batch, _ = experience(
            loaded, prompts_of(loaded, ENDS, GOES_ON, "which", "no"), by_length(), settings, 0
        )
        sampled = len(passes)
        figures = Learning(run_, loaded, 2).learn(batch, 1)
        both = [*loaded.policy.named_parameters(), *loaded.critic.named_parameters()]
        weights = torch.cat([weight.detach().flatten() for _, weight in both])
        found.append((figures, weights, len(passes) - sampled))
    (kept, weights, once), (again, moved, twice) = found
    assert twice == 2 * once
    assert kept == pytest.approx(again, abs=1e-5) and (weights - moved).abs().max() < 1e-5


def forward_passes(model: Any) -> list[int]:
    """Grows by one with every pass through the first layer."""
    passes: list[int] = []
    layers = next(module for name, module in model.named_modules() if name.endswith("layers"))
    layers[0].self_attn.register_forward_hook(lambda *_: passes.append(1))
    return passes


def test_training_mode_computes_what_evaluation_does(tmp_path: Path) -> None:
    folder = write_tiny_model(tmp_path)
    model: Any = AutoModelForCausalLM.from_pretrained(folder, attention_dropout=0.5)
    tokens = torch.arange(40).reshape(2, 20)
    with torch.no_grad():
        wanted = model.eval()(tokens).logits
        assert not torch.equal(model.train()(tokens).logits, wanted)
        without_dropout(model)
        assert torch.equal(model.train()(tokens).logits, wanted)


@pytest.mark.parametrize("temperature", [1.0, 0.7])
def test_logits_in_tiles_give_what_whole_ones_do_and_their_gradients(
    temperature: float, tmp_path: Path
) -> None:
    folder = write_tiny_model(tmp_path, initializer_range=0.3)
    samples = side_by_side(PROMPTS, COMPLETIONS, END, CPU)
    whole: Any = AutoModelForCausalLM.from_pretrained(folder).eval()
    logits = whole(**samples.inputs).logits[:, samples.begins - 1 : -1] / temperature
    completions = samples.input_ids[:, samples.begins :, None]
    wanted = logits.log_softmax(-1).gather(-1, completions)[..., 0]
    torch.autograd.backward((wanted * samples.mask).sum())
    tiled: Any = AutoModelForCausalLM.from_pretrained(folder).eval()
    fuse_head(tiled, temperature)
    recompute_activations(tiled.train())
    found, entropies = log_probabilities(tiled, samples)
    torch.autograd.backward((found * samples.mask).sum())
    assert torch.allclose(found * samples.mask, wanted * samples.mask, atol=1e-5)
    assert not entropies.requires_grad
    for one, other in zip(whole.parameters(), tiled.parameters(), strict=True):
        assert torch.allclose(one.grad, other.grad, atol=1e-5)


def short_of_memory(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    """Let no pass that learns have more than ``most`` samples."""
    loss = learning.policy_loss

    def bounded(logps: torch.Tensor, *rest: Any) -> Any:
        if len(logps) > most:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return loss(logps, *rest)

    monkeypatch.setattr(learning, "policy_loss", bounded)


def test_a_run_that_is_short_of_memory_goes_on_with_half_the_samples_at_once(
    started: Started, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = run(ppo, tmp_path / "whole", settings=FEW)
    short_of_memory(monkeypatch, 4)
    with pytest.raises(
        OutOfMemory, match="out of memory with 8 rows at once: resumes from its last .* with 4"
    ):
        run(ppo, tmp_path / "short", settings=FEW)
    assert not (tmp_path / "short" / "model").exists()
    said = run(ppo, tmp_path / "short", settings=FEW)
    assert (said["micro_batch"], said["gradient_accumulation"], said["effective_batch"]) == (4, 4, 16)
    losses = [[loss for _, loss in each["loss"]] for each in (whole, said)]
    assert losses[0] == pytest.approx(losses[1], abs=1e-3)


def test_a_run_that_is_short_of_memory_twice_says_what_helps(
    started: Started, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    short_of_memory(monkeypatch, 1)
    with pytest.raises(OutOfMemory):
        run(ppo, tmp_path, settings=FEW)
    with pytest.raises(
        ModelFailed, match="even with 4 of 8 rows at once: lower max_length, train an adapter"
    ):
        run(ppo, tmp_path, settings=FEW)


def test_a_model_that_cannot_be_loaded_for_lack_of_memory_says_so_too(
    base: Path, registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def exhausted(*_: object, **__: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 14.00 GiB.")

    dataset = commit(registry, Problem, [make(Problem, f"p{number}") for number in range(8)])
    monkeypatch.setattr(models, "load_weights", exhausted)
    settings = FEW | {"number": None, "max_length": 64, "batch_size": 2}
    with pytest.raises(OutOfMemory):
        run(ppo, tmp_path, dataset=dataset, settings=settings)
    with pytest.raises(ModelFailed, match="policy: out of memory even with 1 of 2 rows at once"):
        run(ppo, tmp_path, dataset=dataset, settings=settings)
