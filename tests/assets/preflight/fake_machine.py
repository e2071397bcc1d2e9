"""Machines that are not there: as values, or as an `nvidia-smi` and a torch that a process finds first."""

import os
from collections.abc import Sequence
from pathlib import Path

from assets.preflight.machine import Gpu, Machine
from datasets_registry.state import REPOSITORY

H100 = "NVIDIA H100 80GB HBM3, 81559"
RTX4090 = "NVIDIA GeForce RTX 4090, 24564"
NO_DRIVER = Machine(torch="2.13.0", cuda="13.0")


def machine(
    *memory_gb: float, driver: str = "580.65.06", cuda: str | None = "13.0", sees: bool = True
) -> Machine:
    """A machine with GPUs of so much memory; ``sees`` is what torch answers."""
    made = Machine(tuple(Gpu(f"GPU of {gb:g}", gb) for gb in memory_gb), driver, "2.13.0", cuda)
    made.__dict__["sees_gpu"] = sees
    return made


def put_machine(
    folder: Path, gpus: Sequence[str] = (), driver: str = "", cuda: str | None = "13.0", *, sees: bool = True
) -> dict[str, str]:
    """The environment in which a process finds ``gpus``, as `nvidia-smi` names them, and a driver if any."""
    program = folder / "nvidia-smi"
    # without a driver the real one ends so
    named = "".join(f"echo '{place}, GPU-{place}, {gpu}'; " for place, gpu in enumerate(gpus))
    answers = f'case "$1" in *driver_version) {f"echo {driver}; " * len(gpus)};; *) {named};; esac\n'
    program.write_text(f"#!/bin/sh\n{answers if driver else 'exit 9'}\n")
    program.chmod(0o755)
    torch = folder / "python" / "torch"
    torch.mkdir(parents=True)
    (torch / "version.py").write_text(f"__version__ = '2.13.0+build'\ncuda: str | None = {cuda!r}\n")
    (torch / "__init__.py").write_text(f"class cuda:\n    is_available = staticmethod(lambda: {sees})\n")
    kept = {name: value for name, value in os.environ.items() if name not in ("VLLM", "CUDA_VISIBLE_DEVICES")}
    return kept | {
        "PATH": f"{folder}:{os.environ['PATH']}",
        "PYTHONPATH": f"{folder / 'python'}:{REPOSITORY}",
        "TRIMTAB_PROFILE": "laptop",
    }
