"""Figures reach a profile's trackers; one that is not there is refused before anything is spent."""

import runpy
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError
from transformers.integrations.integration_utils import INTEGRATION_TO_CALLBACK

from assets.profile.launch import Tracking
from datasets_registry.errors import BadInput
from datasets_registry.registry import Registry
from datasets_registry.rows.cai import SftExample
from datasets_registry.state import REPOSITORY
from tests.rows import make
from tests.training.runs import SETTINGS, commit, manifest, write
from training.settings.trackers import require_ready
from training.sft import sft


def logged(folder: Path, figure: str) -> Iterator[tuple[int, float]]:
    """The steps and values of a figure in TensorBoard's files: records of length, two checksums and event."""
    from tensorboardX.proto.event_pb2 import Event

    for path in folder.rglob("events.out.tfevents.*"):
        rest = path.read_bytes()
        while rest:
            (length,) = struct.unpack("<Q", rest[:8])
            event = Event.FromString(rest[12 : 12 + length])
            rest = rest[16 + length :]
            yield from (
                (event.step, value.simple_value) for value in event.summary.value if value.tag == figure
            )


def test_every_loss_reaches_tensorboard(
    base: Path, registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TENSORBOARD_LOGGING_DIR", str(tmp_path / "board"))
    dataset = commit(registry, SftExample, [make(SftExample, f"p{number}") for number in range(8)])
    settings = {**SETTINGS, "max_steps": 3}
    sft(write(tmp_path / "run", dataset, settings=settings, report_to=["tensorboard"]), lambda _: None)
    said = manifest(tmp_path / "run")["loss"]
    assert dict(logged(tmp_path / "board", "train/loss")) == pytest.approx(dict(said))
    assert len(said) == 3


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("aim", "no tracker 'aim': there are .*mlflow.*wandb"),
        ("all", "no tracker 'all'"),
        ("neptune", "neptune is not installed: install it, or leave it out"),
    ],
)
def test_a_tracker_that_is_not_there_is_refused_before_training(
    name: str, message: str, base: Path, registry: Registry, tmp_path: Path
) -> None:
    dataset = commit(registry, SftExample, [make(SftExample, f"p{number}") for number in range(8)])
    with pytest.raises(BadInput, match=f"report_to: {message}"):
        sft(write(tmp_path / "run", dataset, report_to=[name]), lambda _: None)
    assert not (tmp_path / "run" / "rows.json").exists()


def imitate(module: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a module of this name be installed."""
    (folder / f"{module}.py").write_text("")
    monkeypatch.syspath_prepend(folder)


def test_a_tracker_that_is_installed_and_not_ready_is_refused_before_training(
    base: Path, registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    imitate("mlflow", tmp_path, monkeypatch)
    monkeypatch.setenv("DISABLE_MLFLOW_INTEGRATION", "TRUE")
    dataset = commit(registry, SftExample, [make(SftExample, f"p{number}") for number in range(8)])
    with pytest.raises(BadInput, match="report_to: mlflow is not ready: install and configure it, or leave"):
        sft(write(tmp_path / "run", dataset, report_to=["mlflow"]), lambda _: None)
    assert not (tmp_path / "run" / "checkpoints").exists()


def test_a_tracker_that_transformers_does_not_list_is_ready_where_it_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    imitate("flytekit", tmp_path, monkeypatch)
    require_ready(Tracking(report_to=("flyte",)).report_to)


def test_tensorboard_needs_a_folder_that_outlives_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TENSORBOARD_LOGGING_DIR", raising=False)
    with pytest.raises(ValidationError, match="set TENSORBOARD_LOGGING_DIR to a folder of yours"):
        Tracking(report_to=("tensorboard",))


def test_a_profile_with_a_tracker_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValidationError, match="neptune is not installed: install it, or leave it out"):
        Tracking(report_to=("neptune",))
    with pytest.raises(ValidationError, match="'neptune' is named twice"):
        Tracking(report_to=("neptune", "neptune"))


def test_the_trackers_are_those_that_transformers_knows() -> None:
    # read anew: a tracker that tests have added is none of them
    shipped = runpy.run_path(str(REPOSITORY / "training" / "settings" / "trackers.py"))["MODULES"]
    assert set(shipped) == set(INTEGRATION_TO_CALLBACK)
