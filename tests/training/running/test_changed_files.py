"""A run trains from what was registered and writes no broken model: files changed in place are refused."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from datasets_registry.errors import BadInput, BrokenObject, ModelFailed
from datasets_registry.registry import Registry
from datasets_registry.rows.cai import SftExample
from generation.models.folder import fingerprint
from tests.rows import make
from tests.training.runs import NOTHING, SETTINGS, commit, write
from training.running.manifest import require_numbers
from training.running.run import AnyRun, open_run
from training.running.trainer import load_base
from training.settings.run import RunConfig
from training.settings.sft import SftSettings
from training.sft import sft

FILES = (
    "model.safetensors",
    "tokenizer.json",
    "chat_template.jinja",
    "config.json",
)


def opened(registry: Registry, folder: Path) -> AnyRun:
    """A run on eight rows."""
    rows = commit(registry, SftExample, [make(SftExample, str(number)) for number in range(8)])
    return open_run("sft", RunConfig[SftSettings], write(folder, rows), print)


def rewritten(path: Path, change: Callable[[bytes], bytes]) -> None:
    """Change a file's bytes and nothing that a directory shows of it."""
    before = path.stat()
    path.write_bytes(change(path.read_bytes()))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)


def last_digit(content: bytes) -> bytes:
    """The content with one more in its last digit, or another bit at its end."""
    place = max((content.rfind(b"%d" % digit) for digit in range(9)), default=-1)
    place = place if content.strip().endswith(b"}") and place >= 0 else len(content) - 1
    return content[:place] + bytes([content[place] + 1]) + content[place + 1 :]


@pytest.mark.parametrize("file", FILES)
def test_a_base_that_was_changed_in_place_trains_nothing(
    file: str, base: Path, registry: Registry, tmp_path: Path
) -> None:
    run = opened(registry, tmp_path / "run")
    rewritten(base / file, last_digit)
    with pytest.raises(BrokenObject, match="are not those that were registered as base_policy@1"):
        load_base(run)
    # and this process knows it by its fingerprint too, cached or not
    assert fingerprint(base) != registry.resolve("base_policy").data_version


def test_a_change_that_no_stamp_shows_is_seen(
    base: Path, registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("generation.models.folder.file_stamp", lambda path: (0,))
    run, before = opened(registry, tmp_path / "run"), fingerprint(base)
    rewritten(base / "config.json", last_digit)
    assert fingerprint(base) == before
    with pytest.raises(BrokenObject, match="are not those that were registered"):
        load_base(run)


def test_a_base_of_no_numbers_trains_nothing(base: Path, registry: Registry, tmp_path: Path) -> None:
    weights = load_file(base / "model.safetensors")
    weights["model.norm.weight"][0] = float("nan")
    save_file(weights, base / "model.safetensors", metadata={"format": "pt"})
    version = registry.commit_model("broken", base, fingerprint(base), NOTHING)
    registry.record_checks(version, [])
    rows = commit(registry, SftExample, [make(SftExample, str(number)) for number in range(8)])
    with pytest.raises(BadInput, match=r"has NaN or infinite numbers in model.norm.weight"):
        sft(write(tmp_path / "run", rows, base="broken@1"), print)


@pytest.mark.parametrize("rank", [None, 8])
def test_a_run_whose_last_step_left_no_numbers_leaves_no_model(
    rank: int | None, base: Path, registry: Registry, tmp_path: Path
) -> None:
    rows = commit(registry, SftExample, [make(SftExample, str(number)) for number in range(8)])
    # its loss is one, since it is of the weights before that step
    settings = {**SETTINGS, "learning_rate": 1e39, "max_steps": 1, "min_steps": 1, "warmup_share": 0}
    with pytest.raises(ModelFailed, match="has NaN or infinite numbers: lower learning_rate, which is 1e"):
        sft(write(tmp_path / "run", rows, settings={**settings, "lora_rank": rank}), print)
    assert not (tmp_path / "run" / "model").exists()


@pytest.mark.parametrize("place", ["model.safetensors", "adapter/adapter_model.safetensors"])
def test_a_model_of_no_numbers_is_not_written(
    place: str, base: Path, registry: Registry, tmp_path: Path
) -> None:
    run, path = opened(registry, tmp_path / "run"), tmp_path / "trained" / place
    path.parent.mkdir(parents=True)
    if path.parent.name == "adapter":
        (path.parent / "adapter_config.json").write_text("{}")
    save_file({"a": torch.ones(3)}, path)
    require_numbers(run, tmp_path / "trained")
    save_file({"a": torch.ones(3), "b": torch.tensor([1.0, float("inf")])}, path)
    with pytest.raises(
        ModelFailed, match="after training b has NaN or infinite numbers: lower learning_rate"
    ):
        require_numbers(run, tmp_path / "trained")
