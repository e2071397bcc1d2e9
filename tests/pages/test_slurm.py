"""The script of one Slurm allocation, with stand-ins for Slurm's and Ray's programs."""

import os
import subprocess
from pathlib import Path

import pytest

from datasets_registry.state import REPOSITORY

SCRIPT = REPOSITORY / "docs" / "slurm" / "build.sh"
# each prints what it is told; Slurm's and Ray's run what follows on
STAND_INS = {
    "scontrol": 'echo "node-7\nnode-8"',
    "srun": 'echo "srun $*"; while [ "${1#-}" != "$1" ]; do shift; done; exec "$@"',
    "ray": 'echo "ray $*"; while [ "$1" != -- ]; do shift; done; shift; exec "$@"',
    "trimtab": 'echo "trimtab $*"; env | grep "^RAY_"; exit "${CODE:-0}"',
}


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    folder = tmp_path / ".venv" / "bin"
    folder.mkdir(parents=True)
    for name, lines in STAND_INS.items():
        program = folder / name
        program.write_text(f"#!/bin/sh\n{lines}\n")
        program.chmod(0o755)
    return tmp_path


def submitted(clone: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """The script as Slurm starts it on the first of two nodes."""
    slurm = {
        "SLURM_JOB_ID": "1234567",
        "SLURM_JOB_NODELIST": "node-[7-8]",
        "SLURM_JOB_NUM_NODES": "2",
        "SLURM_CPUS_ON_NODE": "32",
        "SLURM_SUBMIT_DIR": str(clone),
    }
    environment = {"PATH": os.environ["PATH"], **slurm, **more}
    return subprocess.run(
        ["bash", str(SCRIPT), *words],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )


def test_ray_starts_on_all_nodes_and_the_first_builds(clone: Path) -> None:
    run = submitted(clone, "dpo_policy", "--only", TRIMTAB_HOME="/shared")
    assert run.returncode == 0, run.stderr
    srun, ray, trimtab, *environment = run.stdout.splitlines()
    assert srun.startswith("srun --ntasks-per-node=1")
    assert ray.startswith("ray symmetric-run --address node-7:24567 --min-nodes 2 --num-cpus 32 -- ")
    assert trimtab == "trimtab build dpo_policy --only"
    told = dict(line.split("=", 1) for line in environment)
    assert told["RAY_ADDRESS"] == "node-7:24567" and told["RAY_AUTH_MODE"] == "token"
    assert len(told["RAY_AUTH_TOKEN"]) == 32


def test_each_allocation_has_a_token_of_its_own(clone: Path) -> None:
    runs = [submitted(clone, TRIMTAB_HOME="/shared").stdout for _ in range(2)]
    tokens = {line for run in runs for line in run.splitlines() if line.startswith("RAY_AUTH_TOKEN")}
    assert len(tokens) == 2


def test_a_failed_build_fails_the_allocation(clone: Path) -> None:
    assert submitted(clone, TRIMTAB_HOME="/shared", CODE="3").returncode == 3


def test_a_state_that_all_nodes_see_is_asked_for(clone: Path) -> None:
    run = submitted(clone)
    assert run.returncode and "set it to a folder that all nodes see" in run.stderr
