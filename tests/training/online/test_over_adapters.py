"""Online trainers over a policy that is stored as an adapter begin from it, and are held to it."""

import json
from pathlib import Path

import pytest

from datasets_registry.registry import Registry
from generation.models.folder import fingerprint
from tests.loaded import base_of, write_adapted
from tests.training.conftest import Started
from tests.training.online_runs import SMALL, Trainer, curve, run
from tests.training.runs import NOTHING
from training.grpo import grpo
from training.ppo.__main__ import ppo
from training.rloo import rloo

FEW = SMALL | {"max_steps": 2, "num_draws": 2}


@pytest.mark.parametrize(
    ("trainer", "rank", "dtype"),
    [
        (grpo, 4, "float32"),
        (grpo, 4, "bfloat16"),
        (grpo, None, "float32"),
        (rloo, 4, "bfloat16"),
        (ppo, 4, "bfloat16"),
        (ppo, None, "float32"),
    ],
)
def test_the_first_step_is_no_way_from_the_earlier_policy(
    started: Started, registry: Registry, tmp_path: Path, trainer: Trainer, rank: int | None, dtype: str
) -> None:
    earlier = write_adapted(started.folder, registry.state.models / "earlier", 1, rank=2, size=0.1)
    version = registry.commit_model("earlier", earlier, fingerprint(earlier), NOTHING)
    registry.record_checks(version, [])
    settings = FEW | {"lora_rank": rank, "dtype": dtype}
    said = run(trainer, tmp_path / "run", base="earlier@1", settings=settings)
    assert abs(curve(said, "kl")[0]) < 1e-3
    folder = tmp_path / "run" / "model"
    if rank is None:
        assert said["stored"] == "whole"
        return
    config = json.loads((folder / "adapter" / "adapter_config.json").read_text())
    assert config["r"] == 6 and base_of(folder) == started.folder
