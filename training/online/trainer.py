"""What GRPO and RLOO share on TRL's trainers: prompts in a fixed order, a reward, and figures by one name."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from training.data.prompts import OnlineRun, order, prompts
from training.data.rows import turns
from training.online.rewards import Rewards, open_rewards
from training.running.manifest import finish, save_merged
from training.running.run import open_run
from training.running.trainer import load_model, lora, train, trainer_arguments
from training.settings.online import OnlineSettings
from training.settings.run import RunConfig, read_config

OnlineT = TypeVar("OnlineT", bound=OnlineSettings)
# from the settings and the arguments that both share: TRL's trainer and its arguments
Chosen = Callable[[OnlineT, dict[str, Any]], tuple[Any, Any]]

ALIKE = "groups_alike"
_LEFT_OUT = ("frac_reward_zero_std", "rewards/reward/", "clip_ratio/")


def learn_online(
    trainer_name: str, kind: type[OnlineT], path: Path, report: Callable[[str], None], chosen: Chosen[OnlineT]
) -> None:
    """Train a policy on its own draws by the TRL trainer that ``chosen`` gives: an adapter or all weights.

    The reference is the base itself, with the adapter switched off or loaded once more.
    """
    # the class is known at run time alone
    config: RunConfig[OnlineT] = read_config(RunConfig[kind], path)  # type: ignore[valid-type]
    run = open_run(trainer_name, config, report)
    rewards = open_rewards(run)
    model, tokenizer = load_model(run)
    rows, counts = prompts(run, tokenizer)
    places = order(len(rows), config.settings, config.launch.processes)

    from datasets import Dataset

    asked = [turns(tokenizer, one, config.system_text) for one in rows]
    trainer_class, arguments = chosen(config.settings, _arguments(run))
    trainer = trainer_class(
        model=model,
        args=arguments,
        reward_funcs=_reward(rewards, rows, model, tokenizer, config.settings.num_draws),
        train_dataset=Dataset.from_list([{"prompt": asked[one], "place": one} for one in places]),
        processing_class=tokenizer,
        peft_config=lora(config.settings),
    )
    history = named(train(run, trainer))
    rewards.close()
    finish(run, save_merged(run, trainer, tokenizer), history, counts)


def _arguments(run: OnlineRun) -> dict[str, Any]:
    settings = run.settings
    return trainer_arguments(run) | {
        "num_generations": settings.num_draws,
        "max_completion_length": settings.max_completion_length,
        "temperature": settings.temperature,
        "beta": settings.beta,
        # TRL's own order starts anew where a run is resumed
        "shuffle_dataset": False,
        "num_train_epochs": 1,
        "max_steps": -1,
    }


def _reward(
    rewards: Rewards, rows: Sequence[Mapping[str, Any]], model: Any, tokenizer: Any, num_draws: int
) -> Callable[..., list[float | None]]:
    """A reward function as TRL calls it: the draws of one prompt stand one after the other."""
    from generation.transformers_local.decoding import end_tokens

    ends = end_tokens(model, tokenizer)

    def reward(
        completion_ids: list[list[int]], place: list[int], log_metric: Callable[[str, float], None], **_: Any
    ) -> list[float | None]:
        texts = tokenizer.batch_decode(completion_ids, skip_special_tokens=True)
        found = rewards([rows[one] for one in place], texts, [ids[-1] in ends for ids in completion_ids])
        for name, value in (found.figures | {ALIKE: alike(found.rewards, num_draws)}).items():
            log_metric(name, value)
        return found.rewards

    return reward


def alike(rewards: Sequence[float | None], num_draws: int) -> float:
    """The share of groups of ``num_draws`` whose rewards are all equal."""
    groups = [rewards[start : start + num_draws] for start in range(0, len(rewards), num_draws)]
    return sum(len(set(one)) == 1 for one in groups) / len(groups)


def named(history: Sequence[Mapping[str, Any]]) -> list[dict[str, float]]:
    """Figures by the names that checks and plots read, whichever trainer logged them.

    TRL's RLOO looks for equal rewards after it has taken the divergence off, and finds none: ours are
    counted before. Its figures of the reward function repeat those of the whole reward, and no ratio is
    clipped where each step learns once.
    """
    return [
        {
            "frac_reward_zero_std" if name == ALIKE else name: value
            for name, value in one.items()
            if value is not None and not name.startswith(_LEFT_OUT)
        }
        for one in history
    ]
