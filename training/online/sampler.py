"""Samples by a vLLM engine beside the trainer, which serves the adapter as it is at each step."""

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from datasets_registry.adapters import CONFIG, adapter_folder
from datasets_registry.errors import BadInput
from datasets_registry.hashing import digest
from generation.cards.visible import visible_cards
from generation.request import SamplingParams
from generation.tokenizer import Tokenizer
from generation.vllm_offline.job import Adapter, Drawn, Draws
from generation.vllm_offline.process import Start
from training.data.prompts import OnlineRun
from training.online.draw_engine import DrawEngine
from training.online.drawing import WORKER
from training.running import ranks
from training.running.protocols import AdaptedModel, TrainableModel
from training.running.weights import given_folder, write_trained_adapter
from training.settings.sampler import require_vllm

# the figure that says how far the engine's probabilities are from the trainer's own
DIFFERENCE = "sampler_logp_difference"


@dataclass(frozen=True)
class EngineSampler:
    """An engine over the run's base, and the run that it samples for."""

    run: OnlineRun
    engine: DrawEngine
    tokenizer: Tokenizer

    def draw(
        self, model: TrainableModel, prompts: Sequence[list[int]], keys: Sequence[str], step: int
    ) -> Sequence[Drawn]:
        """One sample for each prompt, with its log-probabilities, under the adapter that ``model`` now has.

        Each ends with its first end token, or is cut at ``max_completion_length``; its noise depends on its
        key alone. Raises ModelFailed where the engine dies twice.
        """
        from generation.transformers_local.decoding import end_tokens

        settings, ends = self.run.settings, end_tokens(model, self.tokenizer)
        draws = Draws(prompts=tuple(map(tuple, prompts)), keys=tuple(keys), ends=tuple(sorted(ends)))
        params = SamplingParams(temperature=settings.temperature, max_tokens=settings.max_completion_length)
        return self.engine.draw(draws, params, self._written(cast(AdaptedModel, model), step))

    def _written(self, model: AdaptedModel, step: int) -> Adapter:
        """The adapter as it is now, under a name and a number of its own; the one before is removed.

        Where the base is an adapter too, both are one over the whole model that the engine has.
        """
        folder = _folder(self.run)
        shutil.rmtree(folder, ignore_errors=True)
        write_trained_adapter(self.run, model, folder)
        return Adapter(number=step + 1, version=f"step-{step}", folder=str(folder.resolve()))


def require_sampler(run: OnlineRun) -> None:
    """Raise BadInput where the run's sampler cannot be had, before anything is loaded."""
    if run.settings.sampler != "vllm":
        return
    require_vllm(run.config.name)
    if run.config.launch.strategy in ("fsdp", "zero3"):
        raise BadInput(
            f"{run.config.name}: sampler = 'vllm' needs the whole adapter in each process, and strategy "
            f"{run.config.launch.strategy!r} shards it: take strategy = 'ddp'"
        )


@contextmanager
def open_sampler(run: OnlineRun, tokenizer: Tokenizer) -> Iterator[EngineSampler | None]:
    """The run's engine, started, where it samples by one; it is ended on the way out.

    It is started before the trainer takes memory, since vLLM measures what is free. Raises ModelFailed where
    that is too little.
    """
    if run.settings.sampler != "vllm":
        yield None
        return
    engine = DrawEngine(run.config.name, _start(run))
    try:
        engine.start()
        yield EngineSampler(run, engine, tokenizer)
    finally:
        engine.stop()
        shutil.rmtree(_folder(run), ignore_errors=True)


def _start(run: OnlineRun) -> Start:
    """An engine for this process of the run, on its own card."""
    settings, processes = run.settings, run.config.launch.processes
    num_samples, place = settings.effective_batch // processes, int(os.environ.get("LOCAL_RANK", "0"))
    cards = visible_cards()
    return Start(
        folder=given_folder(run),
        settings=run.config.sampler_engine.settings(num_samples, settings.max_length),
        max_lora_rank=(settings.lora_rank or 0) + _earlier_rank(run),
        worker=WORKER,
        place=place,
        num_replicas=processes,
        cards=cards[place : place + 1],
    )


def _earlier_rank(run: OnlineRun) -> int:
    """The rank of the adapter that the base is stored as; 0 of a whole base."""
    earlier = adapter_folder(run.base_folder)
    return 0 if earlier is None else int(json.loads((earlier / CONFIG).read_text(encoding="utf-8"))["r"])


def sample_keys(run: OnlineRun, step: int, number: int) -> list[str]:
    """What the noise of each of ``number`` samples of this process depends on; the same when resumed."""
    place = [run.trainer, run.settings.seed, step, ranks.number()]
    return [digest([*place, index]) for index in range(number)]


def logp_difference(samples: Sequence[tuple[float, Drawn]]) -> float:
    """How far a trainer's log-probabilities are from the engine's: the mean over samples, in nats per token.

    ``samples`` are each one's log-probability by the trainer, and the sample.
    """
    distances = [abs(trained - sample.logp) / len(sample.tokens) for trained, sample in samples]
    return sum(distances) / len(distances)


def _folder(run: OnlineRun) -> Path:
    return run.config.output / f".sampled-adapter-{ranks.number()}"
