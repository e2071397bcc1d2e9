"""Callbacks of a run: progress lines, checkpoints by time, and a stop where the loss is NaN."""

import math
import time
from typing import TYPE_CHECKING

from datasets_registry.errors import ModelFailed
from training.running import ranks
from training.running.checkpoints import Spacing, mark_whole
from training.running.protocols import Figures, TrainerControl, TrainerState
from training.running.run import AnyRun

if TYPE_CHECKING:
    from transformers import TrainerCallback

REPORTED_EVERY_SECONDS = 5.0


def callbacks(run: AnyRun) -> "list[TrainerCallback]":
    """The callbacks of every run on ``transformers.Trainer``."""
    from transformers import TrainerCallback

    class Progress(TrainerCallback):  # type: ignore[misc]
        """Step, loss, reward where there is one, and the time left, at most every five seconds."""

        reported, begun, first = 0.0, 0.0, 0

        def on_train_begin(
            self, args: object, state: TrainerState, control: TrainerControl, **_: object
        ) -> None:
            self.begun, self.first = time.monotonic(), state.global_step

        def on_log(
            self,
            args: object,
            state: TrainerState,
            control: TrainerControl,
            logs: Figures | None = None,
            **_: object,
        ) -> None:
            now, step, logs = time.monotonic(), state.global_step, logs or {}
            is_early = now - self.reported < REPORTED_EVERY_SECONDS
            if "loss" not in logs or is_early or step == self.first:
                return
            self.reported = now
            left = (now - self.begun) / (step - self.first) * (state.max_steps - step)
            figures = [f"{name} {float(logs[name]):.3f}" for name in ("loss", "reward") if name in logs]
            run.report(
                f"{run.config.name}: step {step} of {state.max_steps} · {' · '.join(figures)}"
                f" · {left:.0f} s left"
            )

    class Clock(TrainerCallback):  # type: ignore[misc]
        """Asks for a checkpoint when one is due, and marks it as whole."""

        spacing = Spacing(run.config.checkpoint_minutes)

        def on_step_end(
            self, args: object, state: TrainerState, control: TrainerControl, **_: object
        ) -> None:
            # all processes save together or none does
            if ranks.broadcast(self.spacing.is_due()):
                control.should_save = True
                self.spacing.begin()

        def on_save(self, args: object, state: TrainerState, control: TrainerControl, **_: object) -> None:
            ranks.wait_for_all()
            if ranks.is_first():
                mark_whole(run.checkpoints / f"checkpoint-{state.global_step}")
            self.spacing.end()
            if self.spacing.seconds > 60 * run.config.checkpoint_minutes:
                run.report(
                    f"{run.config.name}: a checkpoint takes {self.spacing.cost:.0f} s, so the next comes in "
                    f"{self.spacing.seconds / 60:.0f} min"
                )

    class Finite(TrainerCallback):  # type: ignore[misc]
        """Stops a run whose loss is NaN, before more is spent on it."""

        def on_log(
            self,
            args: object,
            state: TrainerState,
            control: TrainerControl,
            logs: Figures | None = None,
            **_: object,
        ) -> None:
            require_finite(run, float((logs or {}).get("loss", 0.0)), state.global_step)

    return [Finite(), Progress(), Clock()]


def require_finite(run: AnyRun, loss: float, step: int) -> None:
    """Raise ModelFailed where the loss is NaN or infinite."""
    if not math.isfinite(loss):
        raise ModelFailed(f"{run.config.name}: the loss is {loss} at step {step}: lower learning_rate")
