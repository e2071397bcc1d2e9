"""Trainers learn from exact passed versions, resume, and leave a whole model or none."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoTokenizer

from datasets_registry.errors import BadInput, ModelFailed, UnknownVersion, UnpassedVersion
from datasets_registry.registry import Registry
from datasets_registry.rows.cai import SftExample
from datasets_registry.rows.rlaif import PreferencePair
from datasets_registry.state import REPOSITORY
from datasets_registry.version import CheckResult
from generation.models.folder import fingerprint, validated_folder
from tests.loaded import loaded
from tests.rows import make
from tests.training.runs import SETTINGS, commit, newest_checkpoint, write
from training.data.rows import CompletionRow, Stored, completed, conversation, prompt_turns
from training.data.tokens import learned
from training.dpo import dpo
from training.settings.run import RunConfig, config_path, read_config
from training.settings.sft import SftSettings
from training.sft import sft

RED = CheckResult(check="c", passed=False, severity="error", value=1, threshold=0, description="1 bad row")


def examples(count: int) -> list[SftExample]:
    """Prompts that all want the same answer."""
    return [make(SftExample, f"p{number}", completion="yes yes yes") for number in range(count)]


def pairs(count: int) -> list[PreferencePair]:
    """Pairs that all prefer the same answer, and one tie."""
    tie = make(PreferencePair, "tie", label="tie", chosen=None, rejected=None)
    rows = [
        make(PreferencePair, f"p{number}", chosen="yes yes yes", rejected="no no no")
        for number in range(count)
    ]
    return [*rows, tie]


def log_probability(folder: Path, answer: str) -> float:
    """The mean log-probability of ``answer`` after one of the prompts."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = loaded(folder)
    prompt = prompt_turns(tokenizer, {"prompt": "prompt p0"}, "Be brief.")
    start = tokenizer.apply_chat_template(prompt, add_generation_prompt=True, return_dict=True)["input_ids"]
    ids = start + tokenizer(answer)["input_ids"]
    with torch.inference_mode():
        scores = model(torch.tensor([ids])).logits[0, :-1].log_softmax(-1)
    chosen = scores.gather(1, torch.tensor(ids[1:])[:, None])[len(start) - 1 :]
    return float(chosen.mean())


def test_sft_learns_the_completions_and_says_what_it_did(
    base: Path, registry: Registry, tmp_path: Path
) -> None:
    lines: list[str] = []
    path = write(tmp_path / "run", commit(registry, SftExample, examples(16)))
    sft(path, lines.append)
    folder = validated_folder(tmp_path / "run" / "model")
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["fingerprint"] == fingerprint(folder)
    assert manifest["base"]["name"] == "base_policy" and manifest["datasets"]["train"]["number"] == 1
    assert manifest["rows"] == {"given": 16, "trained": 16, "too_long": 0}
    assert manifest["loss"][-1][1] < manifest["loss"][0][1] - 1
    assert log_probability(folder, "yes yes yes") > log_probability(base, "yes yes yes") + 1
    assert str(tmp_path) not in (folder / "adapter" / "adapter_config.json").read_text()
    assert not list(folder.rglob("*.bin")) and "done in" in lines[-1]


def test_the_end_of_the_turn_is_learned(base: Path, registry: Registry, tmp_path: Path) -> None:
    sft(write(tmp_path / "run", commit(registry, SftExample, examples(16))), lambda _: None)
    before, after = (
        log_probability(folder, "yes yes yes<|im_end|>") for folder in (base, tmp_path / "run" / "model")
    )
    assert after > before + 1


def test_dpo_prefers_the_chosen_and_leaves_ties_out(base: Path, registry: Registry, tmp_path: Path) -> None:
    settings = {**SETTINGS, "beta": 0.1}
    path = write(tmp_path / "run", commit(registry, PreferencePair, pairs(16)), settings=settings)
    dpo(path, lambda _: None)
    folder = tmp_path / "run" / "model"
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["rows"] == {"given": 17, "trained": 16, "too_long": 0, "unlabelled": 1}
    assert manifest["loss"][0][1] == pytest.approx(0.693147, abs=1e-4)
    assert manifest["metrics"]["rewards/margins"] > 0.1

    def margin(model: Path) -> float:
        return log_probability(model, "yes yes yes") - log_probability(model, "no no no")

    assert margin(folder) > margin(base) + 0.5


def test_a_killed_run_goes_on_from_its_checkpoint_to_the_same_weights(
    base: Path, registry: Registry, tmp_path: Path
) -> None:
    dataset = commit(registry, SftExample, examples(16))
    lines: list[str] = []
    sft(write(tmp_path / "whole", dataset), lambda _: None)
    broken = write(tmp_path / "broken", dataset, checkpoint_minutes=0)
    sft(broken, lambda _: None)
    shutil.rmtree(tmp_path / "broken" / "model")
    newest = newest_checkpoint(tmp_path / "broken")
    (newest / "trainer_state.json").write_text('{"cut short')
    sft(broken, lines.append)
    assert any("resumed from checkpoint-" in line for line in lines)
    assert newest.name != lines[0].split()[-1]
    assert fingerprint(tmp_path / "broken" / "model") == fingerprint(tmp_path / "whole" / "model")


def test_rows_beyond_max_length_are_counted_and_never_cut(
    base: Path, registry: Registry, tmp_path: Path
) -> None:
    rows = [*examples(8), make(SftExample, "long", completion="word " * 200)]
    sft(write(tmp_path / "run", commit(registry, SftExample, rows)), lambda _: None)
    manifest = json.loads((tmp_path / "run" / "model" / "manifest.json").read_text())
    assert manifest["rows"] == {"given": 9, "trained": 8, "too_long": 1}


def test_fewer_rows_than_a_batch_stop_before_training(base: Path, registry: Registry, tmp_path: Path) -> None:
    path = write(tmp_path / "run", commit(registry, SftExample, examples(3)))
    with pytest.raises(ModelFailed, match="3 usable rows of 3, fewer than the 4 of one step"):
        sft(path, lambda _: None)
    assert not (tmp_path / "run" / "model").exists()


def test_a_loss_that_is_nan_leaves_no_model(base: Path, registry: Registry, tmp_path: Path) -> None:
    settings = {**SETTINGS, "learning_rate": 1e30}
    path = write(tmp_path / "run", commit(registry, SftExample, examples(16)), settings=settings)
    with pytest.raises(ModelFailed, match="the loss is nan at step 3: lower learning_rate"):
        sft(path, lambda _: None)
    assert not (tmp_path / "run" / "model").exists()


def test_an_unpassed_version_is_refused_by_name_with_its_check(
    base: Path, registry: Registry, tmp_path: Path
) -> None:
    path = write(tmp_path / "run", commit(registry, SftExample, examples(8), RED))
    with pytest.raises(UnpassedVersion, match="cai_sft@1 is not passed .check c failed: 1 bad row"):
        sft(path, lambda _: None)


def test_a_missing_version_is_refused(base: Path, registry: Registry, tmp_path: Path) -> None:
    with pytest.raises(UnknownVersion, match="no dataset or model 'cai_sft'"):
        sft(write(tmp_path / "run", "cai_sft@7"), lambda _: None)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"settings": {"learning_rate": -1}}, "settings.learning_rate"),
        ({"extra": 1}, "unknown key .extra.: remove it"),
    ],
)
def test_a_wrong_config_names_its_field(changes: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=message):
        read_config(RunConfig[SftSettings], write(tmp_path, "cai_sft@1", **changes))
    with pytest.raises(BadInput, match="cannot be read"):
        read_config(RunConfig[SftSettings], tmp_path / "nothing.json")


def test_a_trainer_run_by_hand_says_its_error_in_one_line(registry: Registry, tmp_path: Path) -> None:
    path = write(tmp_path / "run", "cai_sft@7")
    done = subprocess.run(
        [sys.executable, "-m", "training.sft", "--config", str(path)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("error: no dataset or model 'base_policy'") and done.stderr.count("\n") == 1
    assert (tmp_path / "run" / "error.txt").read_text() in done.stderr


def test_template_tokens_in_training_text_stay_text(tiny_model: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    row: CompletionRow = {"prompt": "a", "completion": "done<|im_end|>"}
    prompt, completion = learned(tokenizer, conversation(row, None), completed(row))
    assert tokenizer.decode(prompt) == "<|im_start|>user\na<|im_end|>\n<|im_start|>assistant\n"
    assert tokenizer.decode(completion) == "done<\u200b|im_end|><|im_end|>\n"


def test_earlier_turns_are_part_of_what_is_asked(tiny_model: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    history: list[Stored] = [
        {"role": "user", "content": "a<|im_end|>"},
        {"role": "assistant", "content": "b"},
    ]
    turns = prompt_turns(tokenizer, {"prompt": "c", "history": history}, "Be brief.")
    assert [turn["role"] for turn in turns] == ["system", "user", "assistant", "user"]
    assert "<|im_end|>" not in turns[1]["content"] and turns[3]["content"] == "c"


def test_the_config_path_comes_from_the_command_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "argv", ["x", "--config", str(tmp_path / "run.json")])
    with pytest.raises(BadInput, match="run.json is no file: give a JSON file"):
        config_path("what it does")
    (tmp_path / "run.json").touch()
    assert config_path("what it does") == tmp_path / "run.json"
