"""Proximal policy optimisation on the policy's own samples: python -m training.ppo --config run.json."""

from pathlib import Path

from training.data.prompts import select_prompts
from training.data.rows import prompt_ids, prompt_messages
from training.online.recording import merge_rollouts, open_recorder
from training.online.rewards import open_rewards
from training.online.sampler import open_sampler, require_sampler
from training.running.manifest import finish, save_model
from training.running.process import Report
from training.running.run import main, open_run
from training.running.trainer import load_tokenizer, report_micro_batch
from training.settings.ppo import PpoSettings
from training.settings.run import RunConfig


def ppo(path: Path, report: Report) -> None:
    """Train by the clipped objective (Schulman et al. 2017) on rewards less the divergence from the base
    (Ziegler et al. 2019; Ouyang et al. 2022, section 3.5): an adapter or all weights.

    The critic is a model of its own, trained beside and left behind. Prompts that leave no room for
    ``max_completion_length`` tokens within ``max_length`` are counted and never cut.
    """
    run = open_run("ppo", RunConfig[PpoSettings], path, report)
    require_sampler(run)
    tokenizer = load_tokenizer(run)
    rows, counts = select_prompts(run, tokenizer)
    rewards = open_rewards(run)
    prompts = [(row, prompt_ids(tokenizer, prompt_messages(row, run.config.system_text))) for row in rows]

    from training.ppo.loop import learn
    from training.ppo.models import load_models

    report_micro_batch(run)
    with run.halving(), open_sampler(run, tokenizer) as sampler:
        models = load_models(run, tokenizer, sampler)
        history = learn(run, models, prompts, rewards, open_recorder(run))
    rewards.close()
    saved = save_model(run, models.policy, tokenizer)
    merge_rollouts(run)
    finish(run, saved, history, counts)


if __name__ == "__main__":
    main(ppo, __doc__)
