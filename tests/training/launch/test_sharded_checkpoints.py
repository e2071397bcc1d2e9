"""Checkpoints of sharded weights stay sharded: a killed run goes on from them to the same weights."""

from pathlib import Path
from typing import Any

import pytest

from tests.training.plans import Plan, carried_out, given
from tests.training.runs import SETTINGS, write

SHARDED: dict[str, Any] = {"launch": {"processes": 2, "strategy": "fsdp"}}
LEARNED = {"whole": None, "adapter": 4}


@pytest.fixture(scope="module")
def sharded(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Plan:
    """Runs of all weights and of an adapter by two processes: one to its end, one killed and gone on with."""
    root = tmp_path_factory.mktemp("sharded")
    rows, _ = given(root, tiny_model)

    def job(title: str, stop: str | None = None) -> dict[str, Any]:
        rank = LEARNED[title.partition("_")[0]]
        settings = SETTINGS | {"max_steps": 4, "lora_rank": rank, "learning_rate": 1e-3}
        path = write(root / title, rows, settings=settings, checkpoint_minutes=0, **SHARDED)
        return {"trainer": "sft", "config": str(path), "stop": stop, "nth": 2}

    jobs = []
    for title in LEARNED:
        killed = job(f"{title}_killed", "SIGKILL")
        jobs += [job(title), killed, killed | {"stop": None}]
    return carried_out(root, jobs)


@pytest.mark.parametrize("title", LEARNED)
def test_a_killed_sharded_run_goes_on_to_the_same_weights(sharded: Plan, title: str) -> None:
    killed, last = sharded.of(f"{title}_killed")
    assert killed["codes"] == [-9, -9] and last["codes"] == [0, 0], last["said"]
    assert f"resumed from {killed['whole'][-1]}\n" in last["said"]
    assert sharded.model(f"{title}_killed") == sharded.model(title)


@pytest.mark.parametrize("title", LEARNED)
def test_each_process_writes_its_own_share(sharded: Plan, title: str) -> None:
    checkpoint = max((sharded.root / title / "checkpoints").glob("*/checkpoint-*"))
    for part in ("pytorch_model_fsdp_0", "optimizer_0"):
        sizes = [path.stat().st_size for path in sorted((checkpoint / part).glob("*.distcp"))]
        assert len(sizes) == 2 and min(sizes) > 0.5 * max(sizes), sizes
    assert not list(checkpoint.glob("*.bin")) and not list(checkpoint.glob("*.safetensors"))
