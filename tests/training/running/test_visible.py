"""A machine that does not see what a run reads says which path, and which machine it is."""

import json
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from datasets_registry.errors import BadInput
from datasets_registry.registry import Registry
from datasets_registry.rows.cai import SftExample
from datasets_registry.state import REPOSITORY, State
from datasets_registry.version import Derivation
from generation.models.folder import fingerprint
from tests.loaded import write_adapted
from tests.rows import make
from training.running.run import open_run
from training.settings.run import RunConfig
from training.settings.sft import SftSettings

MACHINE = platform.node()


@pytest.fixture
def config(state: State, registry: Registry, derivation: Derivation, tiny_model: Path) -> Path:
    """A run of a base and rows that are there."""
    base = shutil.copytree(tiny_model, state.models / "base")
    registry.record_checks(registry.commit_model("base_policy", base, fingerprint(base), derivation), [])
    rows = [make(SftExample, f"p{number}", completion="yes") for number in range(4)]
    registry.record_checks(registry.commit(SftExample, rows, derivation), [])
    path = state.runs / "run.json"
    run = {
        "name": "policy",
        "base": "base_policy@1",
        "dataset": "cai_sft@1",
        "output": str(state.runs / "policy"),
    }
    path.write_text(json.dumps(run | {"settings": {"max_length": 128}}))
    return path


def opened(config: Path) -> None:
    """Open the run."""
    open_run("sft", RunConfig[SftSettings], config, print).registry.engine.dispose()


def test_a_base_or_rows_that_a_machine_does_not_see_are_named(
    config: Path, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(config)
    objects = state.objects.rename(state.root / "away")
    with pytest.raises(BadInput, match=f"machine {MACHINE} does not see {state.objects} of cai_sft@1"):
        opened(config)
    objects.rename(state.objects)
    (state.models / "base").rename(state.root / "base")
    with pytest.raises(
        BadInput, match=f"machine {MACHINE} does not see {state.models}/base of base_policy@1: mount"
    ):
        opened(config)
    # as a rank of a launch, which says which one
    monkeypatch.setenv("LOCAL_RANK", "0")
    monkeypatch.setenv("WORLD_SIZE", "1")
    monkeypatch.setenv("RANK", "8")
    with pytest.raises(BadInput, match=rf"machine {MACHINE} \(process 8\) does not see"):
        opened(config)


def test_the_base_under_an_adapter_must_be_seen_too(
    config: Path, state: State, registry: Registry, derivation: Derivation
) -> None:
    base = state.models / "base"
    trained = write_adapted(base, state.models / "trained", 0)
    version = registry.commit_model("sft_policy", trained, fingerprint(trained), derivation)
    registry.record_checks(version, [])
    config.write_text(config.read_text().replace("base_policy@1", "sft_policy@1"))
    opened(config)
    base.rename(state.root / "base")
    with pytest.raises(BadInput, match=f"does not see {base} of the base under sft_policy@1: mount"):
        opened(config)


def test_a_launcher_that_does_not_see_the_run_says_so_and_writes_nothing(tmp_path: Path) -> None:
    config = tmp_path / "elsewhere" / "run.json"
    run = subprocess.run(
        [sys.executable, "-m", "training.launch", "training.sft", "--config", config, "--machine-rank", "1"],
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
    )
    assert run.returncode == 2
    assert run.stderr.startswith(
        f"error: machine {MACHINE} does not see {config}: mount the first machine's state"
    )
    assert not config.parent.exists()
