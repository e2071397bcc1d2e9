"""The card by itself: what a plain product of matrices reaches, and how fast its memory is."""

import time
from collections.abc import Sequence
from statistics import median

from benchmarks.gpu_check.machine import Machine
from benchmarks.gpu_check.part import Bench
from benchmarks.sides.figure import Figure, repeated

WIDTH, REPEATS = 8192, 10
COPIED_BYTES = 2**31


def no_card(machine: Machine) -> str | None:
    """Why a part that needs a card is skipped."""
    if machine.on_gpu:
        return None
    return f"torch cannot use the driver {machine.driver}" if machine.driver else "no CUDA card"


def measure_card(bench: Bench) -> Sequence[Figure]:
    """TFLOP/s in bfloat16, as a share of the peak where it is known, and GB/s of a copy."""
    import torch

    left = torch.randn(WIDTH, WIDTH, device="cuda", dtype=torch.bfloat16)
    reached = 2 * WIDTH**3 / _seconds(lambda: left @ left) / 1e12
    copied = torch.empty(COPIED_BYTES, device="cuda", dtype=torch.uint8)
    target = torch.empty_like(copied)
    speed = 2 * COPIED_BYTES / _seconds(lambda: target.copy_(copied)) / 1e9
    free, whole = torch.cuda.mem_get_info()
    peak = bench.machine.peak_tflops
    return [
        Figure(name="matrix product in bfloat16", value=reached, unit="TFLOP/s"),
        *([repeated("share of the card's peak", [reached / peak], "share", ">= 0.4")] if peak else []),
        Figure(name="memory, read and written", value=speed, unit="GB/s"),
        # another process on the card would take what the profile counts on
        repeated("memory that is free", [free / whole], "share", ">= 0.9"),
    ]


def _seconds(work: "object") -> float:
    import torch

    assert callable(work)
    times = []
    for _ in range(REPEATS + 2):
        torch.cuda.synchronize()
        begun = time.perf_counter()
        work()
        torch.cuda.synchronize()
        times.append(time.perf_counter() - begun)
    return median(times[2:])
