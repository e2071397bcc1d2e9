"""The part that GRPO and RLOO share: prompts in a fixed order, a reward, and figures by one set of names."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from generation.language_model import LanguageModel
from generation.tokenizer import Tokenizer
from training.data.prompts import OnlineRow, OnlineRun, prompt_order, select_prompts
from training.data.rows import prompt_turns
from training.online.engine_trainer import sampled_by
from training.online.recorded_trainer import recorded_by
from training.online.recording import Recorder, Sampled, merge_rollouts, open_recorder
from training.online.rewards import Rewards, open_rewards
from training.online.sampler import EngineSampler, open_sampler, require_sampler
from training.running.manifest import finish, save_trained
from training.running.process import Report
from training.running.protocols import MakeTrainer, Trainer
from training.running.run import Run, open_run
from training.running.trainer import load_base, load_tokenizer, lora, train, trainer_arguments
from training.settings.online import OnlineSettings
from training.settings.run import RunConfig

S = TypeVar("S", bound=OnlineSettings)
# from the settings and the arguments that both trainers share: TRL's class and its own arguments
Choose = Callable[[S, dict[str, object]], tuple[MakeTrainer, object]]

ALIKE = "groups_alike"
_LEFT_OUT = ("frac_reward_zero_std", "rewards/reward/", "clip_ratio/", "sampling/sampling_logp_difference/")


def learn_online(
    name: str,
    kind: type[RunConfig[S]],
    path: Path,
    report: Report,
    choose: Choose[S],
    *,
    corrects: bool = False,
) -> None:
    """Train a policy on its own samples by the TRL trainer that ``choose`` gives: an adapter or all weights.

    The reference is the base itself, with the adapter switched off or loaded once more. ``corrects`` says
    that the trainer corrects for an engine whose probabilities are not quite its own.
    """
    run = open_run(name, kind, path, report)
    require_sampler(run)
    tokenizer = load_tokenizer(run)
    rows, counts = select_prompts(run, tokenizer)
    rewards, recorder = open_rewards(run), open_recorder(run)
    with open_sampler(run, tokenizer) as sampler:
        trainer = _trainer(run, tokenizer, rows, rewards, recorder, choose, sampler, corrects=corrects)
        history = with_our_names(train(run, trainer))
        rewards.close()
    saved = save_trained(run, trainer, tokenizer)
    merge_rollouts(run)
    finish(run, saved, history, counts)


def _trainer(
    run: Run[S],
    tokenizer: Tokenizer,
    rows: Sequence[OnlineRow],
    rewards: Rewards,
    recorder: Recorder | None,
    choose: Choose[S],
    sampler: EngineSampler | None,
    *,
    corrects: bool,
) -> Trainer:
    """TRL's trainer over all prompts of the run, in their order, and with the engine where there is one."""
    from datasets import Dataset

    model = load_base(run)
    indices = prompt_order(len(rows), run.settings)
    prompts = [prompt_turns(tokenizer, row, run.config.system_text) for row in rows]
    _leave_vllm_out()
    trainer_class, arguments = choose(run.settings, _arguments(run))
    if sampler is not None:
        trainer_class = sampled_by(sampler, trainer_class, corrects=corrects)
    if recorder is not None:
        trainer_class = recorded_by(recorder, trainer_class)
    return trainer_class(
        model=model,
        args=arguments,
        reward_funcs=_reward_function(rewards, recorder, rows, model, tokenizer, run.settings.num_draws),
        train_dataset=Dataset.from_list([{"prompt": prompts[index], "row": index} for index in indices]),
        processing_class=tokenizer,
        peft_config=lora(run.settings),
    )


def _leave_vllm_out() -> None:
    """Keep TRL from loading vLLM where it is installed: its generation by vLLM is not used."""
    from trl import import_utils

    import_utils.is_vllm_available = lambda *_, **__: False


def _arguments(run: OnlineRun) -> dict[str, object]:
    settings = run.settings
    return trainer_arguments(run) | {
        "num_generations": settings.num_draws,
        "max_completion_length": settings.max_completion_length,
        "temperature": settings.temperature,
        "beta": settings.beta,
        # TRL's own order starts over where a run is resumed
        "shuffle_dataset": False,
        "num_train_epochs": 1,
        "max_steps": -1,
    }


def _reward_function(
    rewards: Rewards,
    recorder: Recorder | None,
    rows: Sequence[OnlineRow],
    model: LanguageModel,
    tokenizer: Tokenizer,
    num_samples: int,
) -> Callable[..., list[float | None]]:
    """A reward function as TRL calls it: the samples of a prompt follow one another."""
    from generation.transformers_local.decoding import end_tokens

    ends = end_tokens(model, tokenizer)

    def reward(
        completion_ids: list[list[int]], row: list[int], log_metric: Callable[[str, float], None], **_: object
    ) -> list[float | None]:
        texts = tokenizer.batch_decode(completion_ids, skip_special_tokens=True)
        ended = [ids[-1] in ends for ids in completion_ids]
        asked = [rows[index] for index in row]
        rewarded = rewards(asked, texts, ended)
        if recorder is not None:
            lengths = map(len, completion_ids)
            recorder.saw(list(map(Sampled, asked, texts, ended, lengths)), rewarded)
        for name, value in (rewarded.figures | {ALIKE: alike(rewarded.rewards, num_samples)}).items():
            log_metric(name, value)
        return rewarded.rewards

    return reward


def alike(rewards: Sequence[float | None], num_samples: int) -> float:
    """The share of groups of ``num_samples`` whose rewards are all equal."""
    groups = [rewards[start : start + num_samples] for start in range(0, len(rewards), num_samples)]
    return sum(len(set(group)) == 1 for group in groups) / len(groups)


def with_our_names(history: Sequence[Mapping[str, float | None]]) -> list[dict[str, float]]:
    """Figures by the names that checks and plots read, whichever trainer logged them.

    TRL's RLOO looks for equal rewards after it has taken the divergence off, and finds none: ours are
    counted before. Its figures of the reward function repeat those of the whole reward, and no ratio is
    clipped where each step learns once.
    """
    return [
        {
            "frac_reward_zero_std" if name == ALIKE else name: value
            for name, value in figures.items()
            if value is not None and not name.startswith(_LEFT_OUT)
        }
        for figures in history
    ]
