"""What a base cannot do is refused before any of its weights are loaded."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from datasets_registry.errors import BadInput
from datasets_registry.registry import Registry
from datasets_registry.rows.cai import SftExample
from generation.models.folder import fingerprint
from tests.rows import make
from tests.training.runs import NOTHING, SETTINGS, commit, write
from training.running.run import AnyRun, open_run
from training.running.trainer import load_base
from training.settings.run import RunConfig
from training.settings.sft import SftSettings


def opened(registry: Registry, folder: Path, **changes: Any) -> AnyRun:
    """A run on eight rows, with changes."""
    rows = commit(registry, SftExample, [make(SftExample, str(number)) for number in range(8)])
    return open_run("sft", RunConfig[SftSettings], write(folder, rows, **changes), print)


def test_more_tokens_than_its_window_has_are_refused(base: Path, registry: Registry, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="max_length 1000000 is more than the window of its base"):
        opened(registry, tmp_path / "run", settings={**SETTINGS, "max_length": 1_000_000})


def test_generation_settings_that_cannot_be_saved_are_refused(
    base: Path, registry: Registry, tmp_path: Path
) -> None:
    folder = shutil.copytree(base, tmp_path / "odd")
    settings = {"do_sample": False, "temperature": 0.5, "top_p": 0.9}
    (folder / "generation_config.json").write_text(json.dumps(settings))
    registry.record_checks(registry.commit_model("odd", folder, fingerprint(folder), NOTHING), [])
    run = opened(registry, tmp_path / "run", base="odd@1")
    with pytest.raises(BadInput, match=r"generation_config.json cannot be saved with a trained model"):
        load_base(run)
