"""Plans of several trainers' runs in a state of their own, carried out by ``tests.training.forked``."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datasets_registry.registry import Registry
from datasets_registry.rows.cai import SftExample
from datasets_registry.rows.rlaif import PreferencePair
from datasets_registry.state import REPOSITORY, State
from generation.models.folder import fingerprint
from tests.rows import make
from tests.training.runs import NOTHING, commit


@dataclass
class Plan:
    """What became of a plan's jobs."""

    root: Path
    jobs: list[dict[str, Any]]
    ended: list[dict[str, Any]]

    def of(self, name: str) -> list[dict[str, Any]]:
        """How the jobs of that folder ended, in order."""
        pairs = zip(self.jobs, self.ended, strict=True)
        return [end for job, end in pairs if Path(job["config"]).parent.name == name]

    def model(self, name: str) -> str:
        """The fingerprint of the model that was made there."""
        return fingerprint(self.root / name / "model")


def carried_out(root: Path, jobs: Sequence[dict[str, Any]]) -> Plan:
    """Run the jobs in children of one process."""
    (root / "plan.json").write_text(json.dumps(list(jobs)))
    done = subprocess.run(
        [sys.executable, "-m", "tests.training.forked", str(root / "plan.json")],
        cwd=REPOSITORY,
        env=os.environ | {"TRIMTAB_HOME": str(root / "state")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return Plan(root, list(jobs), [json.loads(line) for line in done.stdout.splitlines()])


def given(root: Path, tiny_model: Path) -> tuple[str, str]:
    """A state with the tiny model, and datasets for SFT and for DPO."""
    registry = Registry(State(root / "state").prepare())
    folder = shutil.copytree(tiny_model, registry.state.models / "base")
    version = registry.commit_model("base_policy", folder, fingerprint(folder), NOTHING)
    registry.record_checks(version, [])
    examples = [make(SftExample, f"p{number}", completion="yes " * (1 + number % 3)) for number in range(64)]
    pairs = [
        make(PreferencePair, f"p{number}", chosen="yes yes", rejected="no no no") for number in range(32)
    ]
    found = commit(registry, SftExample, examples), commit(registry, PreferencePair, pairs)
    registry.engine.dispose()
    return found
