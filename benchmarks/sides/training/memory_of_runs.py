"""Runs of small models on a processor: the memory that each was estimated to take, and that it took."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest.mock import patch

from benchmarks.sides.training.peak_memory import peak_bytes
from datasets_registry.registry import Registry
from datasets_registry.rows.cai import SftExample
from datasets_registry.rows.imported import Problem
from datasets_registry.rows.rlaif import PreferencePair
from datasets_registry.rows.row import Row
from datasets_registry.state import State
from generation.models.folder import fingerprint
from generation.models.shapes import shapes_of
from tests.rows import make
from tests.tiny_model import write_tiny_model
from tests.training.online_runs import scorer
from tests.training.runs import NOTHING, commit, write
from training.estimates.memory import Device, memory
from training.trainers import TRAINERS

WIDE = {"hidden_size": 192, "intermediate_size": 640, "num_hidden_layers": 5, "vocab_size": 2000}
# tokens of every row, and of a prompt and its sample
LENGTH = 196
FEW: dict[str, Any] = {
    "batch_size": 8,
    "max_length": 200,
    "max_steps": 2,
    "min_steps": 1,
    "dtype": "bfloat16",
}
SAMPLED = {"max_completion_length": 120, "rewards": {"verifier": 0.0, "reward_models": 1.0}}
# trainer and settings
RUNS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "sft, adapter": ("sft", {}),
    "sft, all weights": ("sft", {"lora_rank": None}),
    "dpo, all weights": ("dpo", {"lora_rank": None}),
    "ppo, adapter": ("ppo", SAMPLED | {"max_steps": 1}),
}


@dataclass(frozen=True)
class Taken:
    """Bytes of a run that were estimated, and those that it took."""

    title: str
    recomputes: bool
    estimated: float
    measured: float

    @property
    def ratio(self) -> float:
        """The estimate over what was taken."""
        return self.estimated / self.measured


def memory_of_runs(folder: Path, titles: Sequence[str] = tuple(RUNS)) -> Iterator[Taken]:
    """Each run without and with activations that are made again, in a state of its own in ``folder``."""
    with patch.dict(os.environ, {"TRIMTAB_HOME": str(folder / "state")}):
        registry = Registry(State(folder / "state").prepare())
        base = wide_model(registry)
        reward_model = scorer(registry, base)
        for title in titles:
            for recomputes in (False, True):
                yield _taken(registry, base, reward_model, folder, title, recomputes=recomputes)
        registry.engine.dispose()


def wide_model(registry: Registry) -> Path:
    """A model wide enough for its activations to count, as the passed version base_policy@1."""
    folder = write_tiny_model(registry.state.models / "base", **WIDE)
    version = registry.commit_model("base_policy", folder, fingerprint(folder), NOTHING)
    registry.record_checks(version, [])
    return folder


def _taken(
    registry: Registry, base: Path, reward_model: str, folder: Path, title: str, *, recomputes: bool
) -> Taken:
    trainer, more = RUNS[title]
    settings = {**FEW, **more}
    scored = [reward_model] if trainer == "ppo" else []
    path = write(
        folder / f"{title} {recomputes}",
        rows_for(registry, trainer),
        settings=settings,
        system_text=None,
        reward_models=scored,
    )
    work = getattr(import_module(TRAINERS[trainer].source), trainer)
    with watched(recomputes) as found:
        work(path, lambda _: None)
    shapes = shapes_of(base)
    estimated = memory(
        TRAINERS[trainer].settings.model_validate(settings | {"max_length": LENGTH}),
        shapes,
        Device("bfloat16", recomputes, card=False),
        scorers=[shapes] * len(scored),
    )
    return Taken(title, recomputes, estimated.total, found["weights"] + found["peak"])


def digits(seed: int, length: int) -> str:
    """A text of so many tokens."""
    return "".join(str((seed * 7919 + place * 104729) % 10) for place in range(length))


def rows_for(registry: Registry, trainer: str) -> str:
    """Eight rows of about LENGTH tokens for ``trainer``, as a passed version."""
    asked = [digits(number, 60) for number in range(8)]
    said = [digits(number + 50, 120) for number in range(8)]
    if trainer == "ppo":
        return commit(registry, Problem, [make(Problem, key, prompt=key) for key in asked])
    pairs = list(zip(asked, said, strict=True))
    if trainer == "sft":
        rows: list[Row] = [make(SftExample, key, prompt=key, completion=text) for key, text in pairs]
        return commit(registry, SftExample, rows)
    rows = [make(PreferencePair, key, prompt=key, chosen=text, rejected=text[::-1]) for key, text in pairs]
    return commit(registry, PreferencePair, rows)


@contextmanager
def watched(recomputes: bool) -> Iterator[dict[str, float]]:
    """Watch the run within: bytes of its weights when it began to train, and of what came on top."""
    import transformers

    from training.ppo import loop, models
    from training.running import trainer

    found: dict[str, float] = {}

    def measured(owner: Any, work: Callable[[], Any]) -> Any:
        results: list[Any] = []
        found["weights"] = _weights_of(owner)
        found["peak"] = peak_bytes(lambda: results.append(work()))
        return results[0]

    train, learn = transformers.Trainer.train, loop.learn

    def learned(run: Any, owner: Any, *rest: Any) -> Any:
        return measured(owner, lambda: learn(run, owner, *rest))

    with (
        patch.object(trainer, "recomputes_activations", lambda: recomputes),
        patch.object(models, "recomputes_activations", lambda: recomputes),
        patch.object(
            transformers.Trainer, "train", lambda self, **told: measured(self, lambda: train(self, **told))
        ),
        patch.object(loop, "learn", learned),
    ):
        yield found


def _weights_of(owner: Any) -> float:
    """Bytes of the weights of all models that a trainer, or PPO, has."""
    models = [getattr(owner, role, None) for role in ("model", "ref_model", "policy", "critic", "frozen")]
    storages = {
        weight.untyped_storage()._cdata: weight.untyped_storage().nbytes()
        for model in models
        if model is not None
        for weight in model.parameters()
    }
    return float(sum(storages.values()))
