"""What happens beside a run's steps: progress lines, checkpoints by time, and a stop at a lost loss."""

import math
import time
from typing import Any

from datasets_registry.errors import ModelFailed
from training.running import ranks
from training.running.checkpoints import mark_whole
from training.running.run import AnyRun

SAID_EVERY_SECONDS = 5.0


def callbacks(run: AnyRun) -> list[Any]:
    """The callbacks of every run on ``transformers.Trainer``."""
    from transformers import TrainerCallback

    class Progress(TrainerCallback):  # type: ignore[misc]
        """Step, loss, reward where there is one, and the time left, at most every five seconds."""

        said, begun, first = 0.0, 0.0, 0

        def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            self.begun, self.first = time.monotonic(), state.global_step

        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
            now, step = time.monotonic(), state.global_step
            if "loss" not in (logs or {}) or now - self.said < SAID_EVERY_SECONDS or step == self.first:
                return
            self.said = now
            left = (now - self.begun) / (step - self.first) * (state.max_steps - step)
            figures = [f"{one} {float(logs[one]):.3f}" for one in ("loss", "reward") if one in logs]
            run.report(
                f"{run.config.name}: step {step} of {state.max_steps} · {' · '.join(figures)}"
                f" · {left:.0f} s left"
            )

    class Clock(TrainerCallback):  # type: ignore[misc]
        """Asks for a checkpoint when the last is old enough, and marks it as whole."""

        saved = time.monotonic()

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            due = time.monotonic() - self.saved >= 60 * run.config.checkpoint_minutes
            # all processes save together or none does
            if ranks.firsts(due):
                control.should_save = True

        def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            self.saved = time.monotonic()
            ranks.wait_for_all()
            if ranks.is_first():
                mark_whole(run.checkpoints / f"checkpoint-{state.global_step}")

    class Finite(TrainerCallback):  # type: ignore[misc]
        """Stops a run whose loss is lost, before more is spent on it."""

        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
            require_finite(run, float((logs or {}).get("loss", 0.0)), state.global_step)

    return [Finite(), Progress(), Clock()]


def require_finite(run: AnyRun, loss: float, step: int) -> None:
    """Raise ModelFailed where the loss is not a number."""
    if not math.isfinite(loss):
        raise ModelFailed(f"{run.config.name}: the loss is not a number at step {step}: lower learning_rate")
