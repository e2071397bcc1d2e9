"""The memory of the machine that a run loads its models into, before they go to cards."""

import os
from pathlib import Path

from datasets_registry.errors import BadInput
from generation.models.shapes import Shapes
from training.estimates.disk import loading_bytes
from training.estimates.memory import GIB
from training.settings.run import AnyConfig

CGROUP = Path("/sys/fs/cgroup/memory.max")


def host_bytes(cgroup: Path = CGROUP) -> float:
    """The machine's memory, or the container's where that has less."""
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    try:
        limit = cgroup.read_text().strip()
    except OSError:
        return machine
    return min(machine, int(limit)) if limit.isdecimal() else machine


def _told(processes: int) -> str:
    return "one process loads" if processes == 1 else f"{processes} processes load"


def require_host(config: AnyConfig, shapes: Shapes, here: float, reference: Shapes | None = None) -> None:
    """Raise BadInput where the processes of a machine with ``here`` bytes load more than it has.

    Weights under an adapter are not counted: they are as they lie on disk, and shared.
    """
    launch = config.launch
    processes = launch.processes // launch.machines
    needed = loading_bytes(config.settings, shapes, processes, reference)
    if needed > here:
        raise BadInput(
            f"{config.name}: {_told(processes)} {needed / GIB:.0f} GiB "
            f"of weights in float32 into the machine's memory, which is {here / GIB:.0f} GiB: spread them "
            "over more machines ([launch] machines), or train an adapter (lora_rank)"
        )
