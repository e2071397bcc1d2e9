"""What fails behind a training is done again without it."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from assets.building import model as model_assets
from assets.building.trainer.finished import is_finished
from assets.building.training_run import TrainerRun
from assets.orders.run import build
from assets.plan import plan
from datasets_registry.errors import StoreFailed
from datasets_registry.manifest import Manifest
from datasets_registry.registry import Registry
from generation.models.folder import fingerprint
from tests.assets.small import let_be_taught, write_base_profile
from tests.assets.workshop import Workshop

WEIGHTS = "model.safetensors"
AWAY = "the bucket does not take a file"


@pytest.fixture
def workshop(tmp_path: Path, tiny_model: Path, registry: Registry) -> Iterator[Workshop]:
    """A profile of one model over imported data."""
    path = write_base_profile(tmp_path / "profile", tiny_model)
    let_be_taught(path, registry)
    with dg.DagsterInstance.ephemeral() as instance:
        yield Workshop(path, registry, instance, lambda _: "yes")


@pytest.fixture
def trainings(monkeypatch: pytest.MonkeyPatch, tiny_model: Path) -> list[Path]:
    """The run folders in which a trainer, which leaves the model as it is, was at work."""
    outputs: list[Path] = []

    def train(context: object, pipes: object, run: TrainerRun, *rest: object) -> None:
        outputs.append(run.output)
        folder = shutil.copytree(tiny_model, run.output / "model", dirs_exist_ok=True)
        rows, settings = {"given": 4, "trained": 4}, {"max_lost_share": 0.5}
        Manifest(fingerprint=fingerprint(folder), rows=rows, settings=settings).write(folder)

    monkeypatch.setattr(model_assets, "_train", train)
    return outputs


def fail(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> str:
    """Build while the bucket is away; what came of it."""
    commit = Registry.commit_model

    def away(registry: Registry, name: str, *rest: Any) -> Any:
        if name == "taught":
            raise StoreFailed(AWAY)
        return commit(registry, name, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(Registry, "commit_model", away)
        return str(build(workshop.graph(), workshop.instance, plan(workshop.graph(), workshop.registry)))


def test_an_upload_that_failed_is_repeated_alone(
    workshop: Workshop, trainings: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert AWAY in fail(workshop, monkeypatch)
    assert workshop.registry.newest("taught") is None
    workshop.build()
    version = workshop.registry.passed("taught")
    assert len(trainings) == 1 and not trainings[0].exists()
    assert fingerprint(workshop.registry.folder(version)) == version.data_version


def test_a_model_that_was_harmed_meanwhile_is_trained_again(
    workshop: Workshop, trainings: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert AWAY in fail(workshop, monkeypatch)
    (folder,) = (workshop.registry.state.models / "taught").iterdir()
    (folder / WEIGHTS).write_bytes(b"x")
    assert not is_finished(workshop.registry.state, trainings[0])
    workshop.build()
    version = workshop.registry.passed("taught")
    assert len(trainings) == 2 and fingerprint(folder) == version.data_version
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]
