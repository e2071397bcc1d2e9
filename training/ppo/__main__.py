"""Proximal policy optimisation on the policy's own draws: python -m training.ppo --config run.json."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from datasets_registry.errors import BadInput
from generation.chat import render, token_ids
from training.data.prompts import prompts
from training.data.rows import asked
from training.online.rewards import open_rewards
from training.running.manifest import finish, save_model
from training.running.run import main, open_run
from training.running.trainer import load_tokenizer
from training.settings.ppo import PpoSettings
from training.settings.run import RunConfig, read_config


def ppo(path: Path, report: Callable[[str], None]) -> None:
    """Train by the clipped objective (Schulman et al. 2017) on rewards less the divergence from the base
    (Ziegler et al. 2019; Ouyang et al. 2022, section 3.5): an adapter, which is merged, or all weights.

    The critic is a model of its own, trained beside and left behind. Prompts that leave no room for
    ``max_completion_length`` tokens within ``max_length`` are counted and never cut.
    """
    config = read_config(RunConfig[PpoSettings], path)
    if config.launch.several:
        raise BadInput(
            f"ppo trains in one process, and launch has {config.launch.processes}: take grpo or rloo, or a "
            "profile without [launch]"
        )
    run = open_run("ppo", config, report)
    rewards = open_rewards(run)
    tokenizer = load_tokenizer(run)
    rows, counts = prompts(run, tokenizer)
    given = [(one, prompt_ids(tokenizer, one, config.system_text)) for one in rows]

    from training.ppo.loop import learn
    from training.ppo.models import load_models

    models = load_models(run, config.settings, tokenizer)
    history = learn(run, config.settings, models, given, rewards)
    rewards.close()
    finish(run, save_model(run, models.policy, tokenizer), history, counts)


def prompt_ids(tokenizer: Any, row: dict[str, Any], system_text: str | None) -> list[int]:
    """What the policy is asked, up to where its answer begins."""
    return token_ids(tokenizer, render(tokenizer, asked(row, system_text), continues=False))


if __name__ == "__main__":
    main(ppo, __doc__)
