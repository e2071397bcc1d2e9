"""Checkpoints of a PPO run: both models and optimisers, random states and the state, whole or not at all."""

import random
import shutil
from pathlib import Path
from typing import Any, TypedDict

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from datasets_registry.state import sync
from training.estimates.disk import KEPT
from training.ppo.learning import Learning
from training.running.checkpoints import last_checkpoint
from training.running.protocols import TrainerState


class RandomStates(TypedDict):
    """The states of all generators, as plain numbers and tensors."""

    python: tuple[Any, ...]
    numpy: tuple[Any, ...]
    torch: torch.Tensor
    cuda: list[torch.Tensor]


def save_checkpoint(folder: Path, learning: Learning, state: TrainerState) -> None:
    """Write ``checkpoint-STEP`` into ``folder``; of earlier ones the newest stays."""
    temporary, target = folder / ".tmp-checkpoint", folder / f"checkpoint-{state.global_step}"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    for name, learner in (("policy", learning.policy), ("critic", learning.critic)):
        weights = {key: weight.detach() for key, weight in learner.weights.items()}
        save_file(weights, temporary / f"{name}.safetensors")
        torch.save(
            {"optimizer": learner.optimizer.state_dict(), "schedule": learner.schedule.state_dict()},
            temporary / f"{name}.pt",
        )
    torch.save(random_states(), temporary / "random.pt")
    state.save_to_json(str(temporary / "trainer_state.json"))
    for path in temporary.iterdir():
        sync(path)
    shutil.rmtree(target, ignore_errors=True)
    temporary.rename(target)
    sync(folder)
    checkpoints = sorted(folder.glob("checkpoint-*"), key=lambda path: int(path.name.split("-")[1]))
    for old in checkpoints[:-KEPT]:
        shutil.rmtree(old)


def load_checkpoint(folder: Path, learning: Learning) -> tuple[TrainerState, str] | None:
    """Put the newest whole checkpoint back; its trainer's state and its name."""
    from transformers import TrainerState as SavedState

    newest = last_checkpoint(folder)
    if newest is None:
        return None
    path = Path(newest)
    for name, learner in (("policy", learning.policy), ("critic", learning.critic)):
        for key, weight in load_file(path / f"{name}.safetensors").items():
            learner.weights[key].data.copy_(weight)
        saved = torch.load(path / f"{name}.pt", weights_only=True)
        learner.optimizer.load_state_dict(saved["optimizer"])
        learner.schedule.load_state_dict(saved["schedule"])
    set_random_states(torch.load(path / "random.pt", weights_only=True))
    return SavedState.load_from_json(str(path / "trainer_state.json")), path.name


def random_states() -> RandomStates:
    """The states of Python's, numpy's and torch's generators."""
    kind, keys, *rest = np.random.get_state()
    return {
        "python": random.getstate(),
        "numpy": (kind, [int(key) for key in keys], *rest),
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all(),
    }


def set_random_states(states: RandomStates) -> None:
    """Put back what ``random_states`` gave."""
    random.setstate(states["python"])
    np.random.set_state(states["numpy"])
    torch.set_rng_state(states["torch"])
    torch.cuda.set_rng_state_all(states["cuda"])
