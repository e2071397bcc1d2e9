"""The iterations of a PPO run, with progress, trackers, curves and checkpoints as the other trainers have."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from training.data.prompts import prompt_order
from training.online.recording import Recorder
from training.ppo.checkpoint import load_checkpoint, save_checkpoint
from training.ppo.experience import Prompt, Reward, experience
from training.ppo.learning import Learning
from training.ppo.models import Models
from training.running.callbacks import callbacks
from training.running.movement import UPDATE, place_of, update_rms
from training.running.protocols import Callbacks
from training.running.run import Run
from training.running.trainer import report_start, trainer_arguments
from training.settings.ppo import PpoSettings

if TYPE_CHECKING:
    from transformers import TrainingArguments


def learn(
    run: Run[PpoSettings],
    models: Models,
    prompts: Sequence[Prompt],
    reward: Reward,
    recorder: Recorder | None = None,
) -> list[dict[str, float]]:
    """Take all iterations, from the last checkpoint where there is one; the log history.

    ``recorder`` keeps what is sampled.

    Raises ModelFailed where a loss is NaN.
    """
    from transformers import TrainerControl, TrainerState, TrainingArguments

    settings = run.settings
    iterations = settings.iterations(len(prompts))
    start = place_of(models.policy)
    learning = Learning(run, models, iterations)
    checkpoint = load_checkpoint(run.checkpoints, learning)
    report_start(run, checkpoint[1] if checkpoint else None)
    state = checkpoint[0] if checkpoint else TrainerState(max_steps=iterations, logging_steps=1)
    control, arguments = TrainerControl(), TrainingArguments(**trainer_arguments(run))
    observers = _callbacks(run, arguments, models)
    observers.on_train_begin(arguments, state, control)
    for iteration, some in enumerate(_prompts(prompts, settings)):
        if iteration < state.global_step:
            continue
        batch, figures = experience(models, some, reward, settings, iteration, recorder)
        logged = learning.learn(batch, iteration + 1) | figures
        state.global_step = iteration + 1
        state.epoch = (iteration + 1) * settings.rows_per_step / len(prompts)
        state.log_history.append(logged | {"step": state.global_step, "epoch": state.epoch})
        observers.on_log(arguments, state, control, logged)
        observers.on_step_end(arguments, state, control)
        if control.should_save:
            save_checkpoint(run.checkpoints, learning, state)
            observers.on_save(arguments, state, control)
    observers.on_train_end(arguments, state, control)
    moved = update_rms(run, start, place_of(models.policy))
    return [*state.log_history[:-1], state.log_history[-1] | {UPDATE: moved}]


def _prompts(prompts: Sequence[Prompt], settings: PpoSettings) -> Iterator[list[Prompt]]:
    """The prompts of each iteration, each as often as it is sampled for, in an order fixed before the run."""
    indices, number = prompt_order(len(prompts), settings), settings.rows_per_step
    for start in range(0, len(indices), number):
        yield [prompts[index] for index in indices[start : start + number] for _ in range(settings.num_draws)]


def _callbacks(run: Run[PpoSettings], arguments: "TrainingArguments", models: Models) -> Callbacks:
    """The callbacks of every run, and the trackers that this one names."""
    from transformers.integrations import get_reporting_integration_callbacks
    from transformers.trainer_callback import CallbackHandler, DefaultFlowCallback

    trackers = get_reporting_integration_callbacks(arguments.report_to)
    handler: Callbacks = CallbackHandler(
        [DefaultFlowCallback, *trackers, *callbacks(run)], models.policy, models.tokenizer, None, None
    )
    return handler
