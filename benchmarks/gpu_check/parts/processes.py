"""Two processes against one: the margins of DPO by ddp and by fsdp, in bfloat16."""

from collections.abc import Iterator, Sequence

from benchmarks.gpu_check.machine import Machine
from benchmarks.gpu_check.part import Bench
from benchmarks.gpu_check.runs import train
from benchmarks.sides.figure import Figure, at_most
from datasets_registry.manifest import Manifest

MARGINS = "rewards/margins"
MOST_APART = 1e-3


def no_second_card(machine: Machine) -> str | None:
    """Why a part that shards over cards is skipped."""
    return None if len(machine.cards) >= 2 else "no second card"


def one_card_alone(machine: Machine) -> str | None:
    """Why two processes cannot run: on a machine without a card they talk by gloo."""
    return "no second card" if len(machine.cards) == 1 else None


def measure_processes(bench: Bench, strategy: str) -> Sequence[Figure]:
    """DPO by two processes and by one: each step has the same two micro-batches."""
    shared: dict[str, object] = {"batch_size": max(1, bench.size.batch_size // 2), "gradient_accumulation": 2}
    one = train(bench, "dpo", run=f"one-beside-{strategy}", settings=shared).manifest
    launch: dict[str, object] = {"processes": 2, "strategy": strategy}
    two = train(bench, "dpo", run=f"two-by-{strategy}", launch=launch, settings=shared).manifest
    return list(_compared(one, two))


def _compared(one: Manifest, two: Manifest) -> Iterator[Figure]:
    first, second = (dict(manifest.curves[MARGINS]) for manifest in (one, two))
    apart = max(abs(first[step] - second[step]) for step in first)
    yield at_most("margins of any step, furthest from one process's", apart, "nats", MOST_APART)
    yield Figure(name="largest margin", value=max(map(abs, first.values())), unit="nats")
    yield Figure(name="one process", value=one.seconds, unit="s")
    yield Figure(name="two processes", value=two.seconds, unit="s")
