"""A trainer watched as it runs: python -m benchmarks.gpu_check.watched MODULE --config run.json.

It leaves watched.json beside the config: bytes at the peak, and the seconds and tokens of each step.
"""

import resource
import runpy
import sys
import time
from pathlib import Path

from pydantic import BaseModel, ConfigDict

FILE = "watched.json"


class Watched(BaseModel):
    """What a run took; ``step_seconds`` and ``num_tokens`` (of all steps so far) are by step."""

    model_config = ConfigDict(frozen=True)

    peak_bytes: int
    step_seconds: tuple[float, ...] = ()
    num_tokens: tuple[float, ...] = ()


class Steps:
    """The times of a run's steps, and the tokens that its trainer counts."""

    def __init__(self) -> None:
        self.ends: list[float] = []
        self.num_tokens: list[float] = []

    def watch(self) -> None:
        """Let every trainer of transformers report here."""
        from transformers import TrainerCallback
        from transformers.trainer import DEFAULT_CALLBACKS

        steps = self

        class Times(TrainerCallback):  # type: ignore[misc]
            def on_train_begin(self, *_: object, **__: object) -> None:
                steps.ends.append(time.perf_counter())

            def on_step_end(self, *_: object, **__: object) -> None:
                steps.ends.append(time.perf_counter())

            def on_log(self, *_: object, logs: dict[str, float] | None = None, **__: object) -> None:
                if "num_tokens" in (logs or {}):
                    steps.num_tokens.append((logs or {})["num_tokens"])

        DEFAULT_CALLBACKS.append(Times)

    def watched(self) -> Watched:
        """What was seen."""
        seconds = [after - before for before, after in zip(self.ends, self.ends[1:], strict=False)]
        return Watched(peak_bytes=_peak(), step_seconds=seconds, num_tokens=self.num_tokens)


def _peak() -> int:
    """The most bytes of the card that tensors took; of the process where there is no card."""
    import torch

    if torch.cuda.is_available():
        return int(torch.cuda.max_memory_allocated())
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main() -> None:
    """Run the trainer as ``python -m`` would, and write what it took."""
    module, *arguments = sys.argv[1:]
    sys.argv = [module, *arguments]
    steps = Steps()
    steps.watch()
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    finally:
        Path(arguments[-1]).with_name(FILE).write_text(steps.watched().model_dump_json())


if __name__ == "__main__":
    main()
