"""What the processes of a machine load must fit its memory, or the container's."""

from pathlib import Path
from typing import Any

import pytest

from datasets_registry.errors import BadInput
from tests.training.estimates.test_activations import shipped
from tests.training.runs import write
from training.estimates.host import host_bytes, require_host
from training.estimates.memory import GIB, Device, memory
from training.settings.dpo import DpoSettings
from training.settings.run import RunConfig, read_config

EIGHT = "Llama-3.1-8B-Instruct"


def config(folder: Path, processes: int, **settings: Any) -> RunConfig[DpoSettings]:
    """A run of DPO in so many processes."""
    launch = {"launch": {"processes": processes, "strategy": "fsdp"}}
    return read_config(RunConfig[DpoSettings], write(folder, "pairs@1", settings=settings, **launch))


def test_eight_processes_with_their_references_need_480_gib_of_the_host(tmp_path: Path) -> None:
    told = config(tmp_path, 8, lora_rank="none")
    with pytest.raises(BadInput, match="8 processes load 479 GiB .* which is 240 GiB: spread them over more"):
        require_host(told, shipped(EIGHT), 240 * GIB)
    require_host(told, shipped(EIGHT), 512 * GIB)


def test_an_adapters_base_is_not_counted(tmp_path: Path) -> None:
    require_host(config(tmp_path, 8), shipped(EIGHT), GIB)


def test_a_container_may_have_less_than_its_machine(tmp_path: Path) -> None:
    limit = tmp_path / "memory.max"
    whole = host_bytes(limit)
    limit.write_text("max\n")
    assert host_bytes(limit) == whole > 0
    limit.write_text("1048576\n")
    assert host_bytes(limit) == 1048576


def test_a_named_reference_is_loaded_as_it_is(tmp_path: Path) -> None:
    whole, small = config(tmp_path / "whole", 8, lora_rank="none"), shipped("Qwen2.5-1.5B-Instruct")
    require_host(whole, shipped(EIGHT), 300 * GIB, small)
    with pytest.raises(BadInput, match="8 processes load 285 GiB"):
        require_host(whole, shipped(EIGHT), 240 * GIB, small)
    for told, size in (({}, 2), ({"lora_rank": None}, 4)):
        settings = DpoSettings(**told)
        found = memory(settings, shipped(EIGHT), Device(), reference=small)
        assert found.others == size * small.parameters
        beside = memory(DpoSettings(**told, replay_share=0.5), shipped(EIGHT), Device(), reference=small)
        assert beside.activations > 1.9 * found.activations
