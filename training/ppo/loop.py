"""The steps of a PPO run, with progress, trackers, curves and checkpoints as the other trainers have them."""

from collections.abc import Iterator, Sequence
from typing import Any

from training.data.prompts import num_steps, order
from training.ppo.checkpoint import load_checkpoint, save_checkpoint
from training.ppo.experience import Asked, Reward, experience
from training.ppo.learning import Learning
from training.ppo.models import Models
from training.running.callbacks import callbacks
from training.running.run import Run
from training.running.trainer import trainer_arguments
from training.settings.ppo import PpoSettings


def _prompts(asked: Sequence[Asked], settings: PpoSettings) -> Iterator[list[Asked]]:
    """The prompts of each step, each as often as it is drawn for: an order that is known before the run."""
    places, number = order(len(asked), settings), settings.rows_per_step
    for start in range(0, len(places), number):
        yield [asked[one] for one in places[start : start + number] for _ in range(settings.num_draws)]


def learn(
    run: Run[PpoSettings], settings: PpoSettings, models: Models, asked: Sequence[Asked], reward: Reward
) -> list[dict[str, float]]:
    """Take all steps, from the last checkpoint where there is one; the log history."""
    from transformers import TrainerControl, TrainerState, TrainingArguments

    steps = num_steps(len(asked), settings)
    learning = Learning(run, settings, models, steps)
    found = load_checkpoint(run.checkpoints, learning)
    if found:
        run.report(f"{run.config.name}: resumed from {found[1]}")
    state = found[0] if found else TrainerState(max_steps=steps, logging_steps=1)
    control, arguments = TrainerControl(), TrainingArguments(**trainer_arguments(run))
    told = _told(run, arguments, models)
    told.on_train_begin(arguments, state, control)
    for step, prompts in enumerate(_prompts(asked, settings)):
        if step < state.global_step:
            continue
        batch, figures = experience(models, prompts, reward, settings, step)
        logged = learning.learn(batch, step + 1) | figures
        state.global_step, state.epoch = step + 1, (step + 1) * settings.rows_per_step / len(asked)
        state.log_history.append(logged | {"step": state.global_step, "epoch": state.epoch})
        told.on_log(arguments, state, control, logged)
        told.on_step_end(arguments, state, control)
        if control.should_save:
            save_checkpoint(run.checkpoints, learning, state)
            told.on_save(arguments, state, control)
    told.on_train_end(arguments, state, control)
    return list(state.log_history)


def _told(run: Run[PpoSettings], arguments: Any, models: Models) -> Any:
    """Who is told of each step: what every run has, and the trackers that it names."""
    from transformers.integrations import get_reporting_integration_callbacks
    from transformers.trainer_callback import CallbackHandler, DefaultFlowCallback

    trackers = get_reporting_integration_callbacks(arguments.report_to)
    return CallbackHandler(
        [DefaultFlowCallback, *trackers, *callbacks(run)], models.policy, models.tokenizer, None, None
    )
