"""Models that cannot hold the conversations of the suites are refused before any call."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from assets.preflight.conversations import require_conversations
from assets.profile.profile import Profile
from datasets_registry.errors import BadInput
from generation.models.limits import read_table, window_of

TURNS, ONE_TURN = ("capability", "sycophancy"), ("capability",)


def profile(model: str, **more: Any) -> Profile:
    training = {"max_length": 128}
    trained = {"trainer": "sft", "base": "base_policy", "dataset": "cai_sft", "training": training}
    return Profile.model_validate(
        {"description": "", "models": {"base_policy": {"model": model, **more}, "sft_policy": trained}}
    )


def test_a_window_too_short_for_all_turns_is_refused(tiny_model: Path) -> None:
    window = window_of(read_table(tiny_model / "config.json"))
    assert window is not None
    small = profile(str(tiny_model))
    require_conversations(small, ["sft_policy"], TURNS, (window - 64) // 2)
    require_conversations(small, ["sft_policy"], ONE_TURN, window)
    with pytest.raises(
        BadInput,
        match=rf"^evaluation.answers.max_tokens: 2 turns of {window} .* 'sft_policy', {window} tokens",
    ):
        require_conversations(small, ["sft_policy"], TURNS, window)
    with pytest.raises(BadInput, match="the window of 'base_policy', 256 tokens: lower max_tokens"):
        require_conversations(profile("lab"), ["base_policy"], TURNS, 97)
    require_conversations(profile("lab"), ["base_policy"], TURNS, 96)


def test_the_window_that_is_served_counts_too() -> None:
    served = profile("owner/name", backend="vllm", engine={"max_model_len": 512})
    with pytest.raises(BadInput, match="'base_policy', 512 tokens"):
        require_conversations(served, ["base_policy"], TURNS, 512)
    # the files of a hub id are looked at when it is opened
    require_conversations(profile("owner/name"), ["base_policy"], TURNS, 100_000)


@pytest.mark.parametrize("text", ["", " \n\t"])
@pytest.mark.parametrize("name", ["chat_template.jinja", "tokenizer_config.json"])
def test_an_empty_chat_template_is_none(tiny_model: Path, tmp_path: Path, name: str, text: str) -> None:
    folder = shutil.copytree(tiny_model, tmp_path / "plain")
    (folder / "chat_template.jinja").unlink(missing_ok=True)
    settings = folder / "tokenizer_config.json"
    told = json.loads(settings.read_text()) | {"chat_template": text}
    settings.write_text(json.dumps(told))
    if name != settings.name:
        (folder / name).write_text(text)
    with pytest.raises(BadInput, match="has no chat template"):
        require_conversations(profile(str(folder)), ["sft_policy"], ONE_TURN, 8)


def test_a_model_without_a_chat_template_is_refused(tiny_model: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny_model, tmp_path / "plain")
    (folder / "chat_template.jinja").unlink(missing_ok=True)
    settings = folder / "tokenizer_config.json"
    told = json.loads(settings.read_text())
    settings.write_text(json.dumps({name: value for name, value in told.items() if name != "chat_template"}))
    with pytest.raises(BadInput, match="'sft_policy' goes back to .*, which has no chat template"):
        require_conversations(profile(str(folder)), ["sft_policy"], ONE_TURN, 8)
