"""Checkpoints of a PPO run: both models and optimisers, random states and the step, whole or not at all."""

import random
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from datasets_registry.state import sync
from training.ppo.learning import Learning
from training.running.checkpoints import last_checkpoint

KEPT = 2


def save_checkpoint(folder: Path, learning: Learning, state: Any) -> None:
    """Write ``checkpoint-STEP`` into ``folder``; of earlier ones the newest stays."""
    temporary, target = folder / ".tmp-checkpoint", folder / f"checkpoint-{state.global_step}"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    for name, learner in (("policy", learning.policy), ("critic", learning.critic)):
        save_file(
            {key: one.detach() for key, one in learner.weights.items()}, temporary / f"{name}.safetensors"
        )
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
    found = sorted(folder.glob("checkpoint-*"), key=lambda path: int(path.name.split("-")[1]))
    for old in found[:-KEPT]:
        shutil.rmtree(old)


def load_checkpoint(folder: Path, learning: Learning) -> tuple[Any, str] | None:
    """Put the newest whole checkpoint back; its trainer's state and its name."""
    from transformers import TrainerState

    path = last_checkpoint(folder)
    if path is None:
        return None
    for name, learner in (("policy", learning.policy), ("critic", learning.critic)):
        for key, one in load_file(Path(path) / f"{name}.safetensors").items():
            learner.weights[key].data.copy_(one)
        saved = torch.load(Path(path) / f"{name}.pt", weights_only=True)
        learner.optimizer.load_state_dict(saved["optimizer"])
        learner.schedule.load_state_dict(saved["schedule"])
    set_random_states(torch.load(Path(path) / "random.pt", weights_only=True))
    return TrainerState.load_from_json(str(Path(path) / "trainer_state.json")), Path(path).name


def random_states() -> dict[str, Any]:
    """Those of Python, numpy and torch, as plain numbers and tensors."""
    kind, keys, *rest = np.random.get_state()
    return {
        "python": random.getstate(),
        "numpy": (kind, [int(one) for one in keys], *rest),
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all(),
    }


def set_random_states(states: dict[str, Any]) -> None:
    """Put back what ``random_states`` gave."""
    random.setstate(states["python"])
    np.random.set_state(states["numpy"])
    torch.set_rng_state(states["torch"])
    torch.cuda.set_rng_state_all(states["cuda"])
