"""Fixtures: the models that training starts from, as passed versions of a temporary registry."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from datasets_registry.registry import Registry
from datasets_registry.rows.imported import Problem
from datasets_registry.rows.rft import GoldSolution
from datasets_registry.state import State
from generation.models.folder import fingerprint
from generation.models.lab import write_lab_model
from methods.problems.families import FamilySettings, ProblemSettings, make_problems
from methods.problems.gold import GoldSettings, gold_solutions
from tests.training.runs import NOTHING, commit, write
from training.sft import sft

# about 12 s of one core; about half of its draws at T=1 are right, and most sums have right and wrong draws
STARTED = {"learning_rate": 3e-3, "max_steps": 90, "batch_size": 32, "max_length": 64, "lora_rank": None}
SUMS = FamilySettings(family="sums", style="symbols", sizes=(2,), greatest=12, train=100, evaluation=30)


@dataclass(frozen=True)
class Started:
    """A lab policy that has begun to learn the problems' sums, of which it knows about half."""

    folder: Path
    problems: list[Problem]


def given(registry: Registry, folder: Path) -> Path:
    """The model in ``folder`` as the passed version base_policy@1."""
    version = registry.commit_model("base_policy", folder, fingerprint(folder), NOTHING)
    registry.record_checks(version, [])
    return folder


@pytest.fixture
def base(registry: Registry, tiny_model: Path) -> Path:
    """The tiny model as the passed version base_policy@1; its padding is the end of a turn."""
    return given(registry, shutil.copytree(tiny_model, registry.state.models / "base"))


@pytest.fixture(scope="session")
def lab_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The untrained lab model."""
    return write_lab_model(tmp_path_factory.mktemp("models") / "lab")


@pytest.fixture
def lab(registry: Registry, lab_model: Path) -> Path:
    """The lab model as the passed version base_policy@1."""
    return given(registry, shutil.copytree(lab_model, registry.state.models / "lab"))


@pytest.fixture(scope="session")
def started_lab(lab_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Started:
    """The lab policy half trained on sums of two numbers, once for all tests: read it, never write to it."""
    root = tmp_path_factory.mktemp("started")
    problems = make_problems(ProblemSettings(families=(SUMS,)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRIMTAB_HOME", str(root / "state"))
        patch.delenv("TRIMTAB_CATALOG", raising=False)
        registry = Registry(State().prepare())
        given(registry, shutil.copytree(lab_model, registry.state.models / "lab"))
        gold = commit(registry, GoldSolution, gold_solutions(problems, GoldSettings()))
        sft(write(root / "run", gold, settings=STARTED, system_text=None), lambda _: None)
        registry.engine.dispose()
    return Started(root / "run" / "model", problems)


@pytest.fixture
def started(registry: Registry, started_lab: Started) -> Started:
    """That policy as the passed version base_policy@1, and its problems as the passed version problems@1."""
    folder = given(registry, shutil.copytree(started_lab.folder, registry.state.models / "started"))
    commit(registry, Problem, started_lab.problems)
    return Started(folder, started_lab.problems)
