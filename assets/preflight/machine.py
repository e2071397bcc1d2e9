"""The machine's GPUs, driver and build tools, as its own programs name them: torch is not loaded here."""

import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from generation.cards.visible import visible_cards

# the oldest driver for each CUDA (CUDA compatibility, "minor version compatibility", NVIDIA)
OLDEST_DRIVERS: Mapping[int, int] = {11: 450, 12: 525, 13: 580}
_QUERY = ("--query-gpu=driver_version", "--format=csv,noheader")
_SECONDS = 120
_ASK_TORCH = "import torch; print(torch.cuda.is_available())"


@dataclass(frozen=True)
class Gpu:
    """A GPU: its model, and its memory in gigabytes (1e9 bytes)."""

    model: str
    memory_gb: float

    def __str__(self) -> str:
        return f"{self.model}, {self.memory_gb:.0f} GB"


@dataclass(frozen=True)
class Machine:
    """The visible GPUs, their driver, and the build of torch: ``cuda`` is its CUDA, None of a CPU build.

    A card that shares the machine's memory names none, and has 0 GB here.
    """

    gpus: tuple[Gpu, ...] = ()
    driver: str | None = None
    torch: str = ""
    cuda: str | None = None

    @cached_property
    def sees_gpu(self) -> bool:
        """Whether torch finds a GPU; it is asked in a process of its own, which leaves no memory taken."""
        run = subprocess.run(
            [sys.executable, "-c", _ASK_TORCH],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
        )
        return run.stdout.strip() == "True"

    @property
    def problem(self) -> str | None:
        """Why torch cannot use a GPU here, with the remedy; None where it can."""
        if self.driver is None:
            return "there is no NVIDIA driver (`nvidia-smi` finds none)"
        if not self.gpus:
            return f"driver {self.driver} shows no GPU (CUDA_VISIBLE_DEVICES or the scheduler may hide them)"
        if self.cuda is None:
            return (
                f"torch {self.torch} is a CPU build that cannot use the {self.gpus[0].model}: "
                "`pip install --force-reinstall --no-deps torch` from PyPI, whose build has CUDA"
            )
        oldest = OLDEST_DRIVERS.get(int(self.cuda.partition(".")[0]))
        if oldest and int(self.driver.partition(".")[0]) < oldest:
            return (
                f"driver {self.driver} is too old for torch {self.torch}, which has CUDA {self.cuda}: "
                f"install driver {oldest} or newer"
            )
        if not self.sees_gpu:
            return (
                f"torch {self.torch} (CUDA {self.cuda}) cannot use the {self.gpus[0].model} with driver "
                f"{self.driver}: `python -c 'import torch; torch.cuda.init()'` says why"
            )
        return None


@cache
def this_machine() -> Machine:
    """This machine; what ``CUDA_VISIBLE_DEVICES`` hides is not there."""
    gpus, driver = _gpus()
    version, cuda = _torch()
    return Machine(gpus, driver, version, cuda)


def _gpus() -> tuple[tuple[Gpu, ...], str | None]:
    program = shutil.which("nvidia-smi")
    if program is None:
        return (), None
    try:
        run = subprocess.run(
            [program, *_QUERY],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return (), None
    driver = (run.stdout.split() or [""])[0]
    if not driver.partition(".")[0].isdigit():
        return (), None
    return tuple(Gpu(card.model, card.memory_gib * (1 << 30) / 1e9) for card in visible_cards()), driver


def _torch() -> tuple[str, str | None]:
    """The version of torch and of its CUDA, read from its source: an import takes seconds."""
    spec = importlib.util.find_spec("torch")
    if spec is None or spec.origin is None:
        return "", None
    said: dict[str, object] = {}
    for line in Path(spec.origin).with_name("version.py").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition("=")
        said[name.partition(":")[0].strip()] = value.strip().strip("'\"")
    cuda = str(said.get("cuda", "None"))
    return str(said.get("__version__", "")), None if cuda == "None" else cuda


def triton_problem() -> str | None:
    """What Triton, which compiles kernels while a GPU runs them, lacks here; None where it lacks nothing."""
    compilers = [os.environ["CC"]] if os.environ.get("CC") else ["gcc", "clang"]
    lacking = []
    if not any(map(shutil.which, compilers)):
        lacking.append(f"a C compiler ({' or '.join(compilers)})")
    headers = Path(sysconfig.get_path("include")) / "Python.h"
    if not headers.is_file():
        lacking.append(f"Python's headers ({headers})")
    if not lacking:
        return None
    return (
        f"Triton lacks {' and '.join(lacking)}: `apt-get install gcc python3-dev`, or what your system calls "
        "them"
    )
