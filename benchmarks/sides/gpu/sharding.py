"""DPO's margins in bfloat16 by two gloo processes, whole and sharded, beside those of one."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.sides.figure import Figure, at_most
from datasets_registry.registry import Registry
from datasets_registry.rows.rlaif import PreferencePair
from datasets_registry.state import State
from tests.rows import make
from tests.tiny_model import write_tiny_model
from tests.training.plans import carried_out, given
from tests.training.runs import SETTINGS, commit, manifest, write

# answers of so many words have a log-probability of hundreds of nats, where bfloat16 knows multiples of 2
WORDS = 70
MOST_APART = 1e-3
LAUNCHES: dict[str, dict[str, Any]] = {
    "one": {},
    "ddp": {"launch": {"processes": 2}},
    "fsdp": {"launch": {"processes": 2, "strategy": "fsdp"}},
}


def sharded_margins(folder: Path, steps: int) -> Iterator[Figure]:
    """How far the margins of any step are from one process's, and how large they are."""
    model = write_tiny_model(folder / "given")
    given(folder, model)
    registry = Registry(State(folder / "state"))
    pairs = [
        make(PreferencePair, f"p{number}", chosen="yes " * (WORDS + number % 5), rejected="no " * WORDS)
        for number in range(16)
    ]
    dataset = commit(registry, PreferencePair, pairs)
    registry.engine.dispose()
    plan = carried_out(folder, [_job(folder / name, dataset, steps, told) for name, told in LAUNCHES.items()])
    curves = {name: dict(manifest(plan.root / name)["curves"]["rewards/margins"]) for name in LAUNCHES}
    one = curves.pop("one")
    for name, margins in curves.items():
        apart = max(abs(margins[step] - one[step]) for step in one)
        yield at_most(f"margins by two processes with {name}, furthest from one's", apart, "nats", MOST_APART)
    yield Figure(name="margin of the last step by one process", value=one[max(one)], unit="nats")


def _job(folder: Path, dataset: str, steps: int, launch: dict[str, Any]) -> dict[str, Any]:
    settings = {
        **SETTINGS,
        "dtype": "bfloat16",
        # before margins saturate, where any difference would vanish
        "learning_rate": 5e-4,
        "max_steps": steps,
        "batch_size": 4,
        "gradient_accumulation": 2,
        "max_length": 256,
    }
    return {"trainer": "dpo", "config": str(write(folder, dataset, settings=settings, **launch))}
