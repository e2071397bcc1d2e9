"""The table of trainers: every entry can be run, and plug-ins add to it."""

import importlib
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from datasets_registry.errors import BadInput
from training.settings.orpo import OrpoSettings
from training.settings.run import RunConfig
from training.trainers import TRAINERS, Trainer, trainers

PLUGIN = """
from training.settings.learning import TrainingSettings
from training.trainers import Trainer

class Settings(TrainingSettings):
    strength: float = 1.0

TRAINERS = {"simpo": Trainer("simpo_plugin", "simpo_plugin", Settings, "preference")}
"""


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "simpo_plugin.py").write_text(PLUGIN)
    monkeypatch.syspath_prepend(str(tmp_path))
    return "simpo_plugin"


@pytest.mark.parametrize("name", TRAINERS)
def test_every_trainer_can_be_run_and_has_a_source(name: str) -> None:
    trainer = TRAINERS[name]
    runnable = importlib.util.find_spec(f"{trainer.module}.__main__") if name == "ppo" else None
    assert runnable or importlib.util.find_spec(trainer.module)
    source = importlib.import_module(trainer.source)
    assert callable(getattr(source, name))


@pytest.mark.parametrize("name", TRAINERS)
def test_every_trainer_says_which_inputs_it_takes(name: str) -> None:
    trainer = TRAINERS[name]
    replay = {"replay"} if trainer.replays else set()
    scored = {"verifier", "reward_models"} if trainer.scored else set()
    assert set(trainer.settings().input_weights) == replay | scored


def test_an_input_that_a_trainer_does_not_take_is_refused() -> None:
    config = {"name": "p", "base": "b@1", "dataset": "d@1", "output": "o", "settings": {}}
    with pytest.raises(ValueError, match="this trainer takes no replay: leave it out"):
        RunConfig[OrpoSettings].model_validate(config | {"replay": "d@1"})


def test_the_table_is_read_without_torch() -> None:
    code = "import sys, training.trainers; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_plug_in_adds_its_trainers(plugin: str) -> None:
    table = trainers([plugin])
    assert set(table) == {*TRAINERS, "simpo"} and set(trainers()) == set(TRAINERS)
    assert isinstance(table["simpo"], Trainer) and table["simpo"].settings().seed == 0


def test_a_plug_in_that_cannot_be_used_is_refused(plugin: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="plugins: not_there cannot be imported .*: install it, or put its"):
        trainers(["not_there"])
    for name in ("", ".x", "../x", "my-plugin"):
        with pytest.raises(BadInput, match="plugins: .* names no module: write a name such as my_plugin"):
            trainers([name])
    with pytest.raises(BadInput, match="plugins: json has none of TRAINERS, ROW_TYPES"):
        trainers(["json"])
    with pytest.raises(BadInput, match="simpo_plugin names a trainer 'simpo', and there is one already"):
        trainers([plugin, plugin])
    (tmp_path / "odd_plugin.py").write_text("TRAINERS = {'odd': 1}")
    with pytest.raises(BadInput, match=r"odd_plugin.TRAINERS\['odd'\] is not a training.trainers.Trainer"):
        trainers(["odd_plugin"])
