"""A given model whose template is held fast is a folder of its own, and otherwise the folder itself."""

import os
import shutil
from datetime import datetime
from pathlib import Path

import pytest
from transformers import AutoModelForCausalLM, AutoTokenizer

from benchmarks.sides.generation.templates import shipped_templates, with_template
from datasets_registry.errors import BadInput
from datasets_registry.inspecting.origins import linked_folder
from generation.chat import render
from generation.models.folder import fingerprint, validated_folder
from generation.request import Message
from generation.templates.opening import open_tokenizer
from generation.templates.pinning import steady_folder

TEMPLATES = {path.stem: path.read_text() for path in shipped_templates()}
ASKED = Message(role="user", content="hello")


@pytest.fixture
def given(tiny_model: Path, tmp_path: Path) -> Path:
    """A model inside a state folder's models, with the dated template of Llama 3.2."""
    return with_template(tiny_model, TEMPLATES["llama3_2"], tmp_path / "models" / "given")


def test_a_template_that_depends_on_messages_alone_is_left_where_it_is(
    tiny_model: Path, tmp_path: Path
) -> None:
    for stem in ("qwen2_5", "llama3_1", "gemma", "qwen3_instruct_2507", "qwen3_5_nothink"):
        folder = with_template(tiny_model, TEMPLATES[stem], tmp_path / stem)
        assert steady_folder(folder, tmp_path / "models").folder == folder
    assert not (tmp_path / "models").exists()


def test_a_date_is_held_fast_and_is_part_of_the_fingerprint(given: Path) -> None:
    steady = steady_folder(given, given.parent)
    assert steady.pins == ("its date is 26 Jul 2024",)
    assert "Today Date: 26 Jul 2024" in render(open_tokenizer(steady.folder), [ASKED], continues=False)
    assert fingerprint(validated_folder(steady.folder)) != fingerprint(given)
    assert steady_folder(given, given.parent) == steady
    # held fast once, it needs nothing more
    assert steady_folder(steady.folder, given.parent).folder == steady.folder


def test_every_part_of_a_date_is_held_fast(tiny_model: Path, tmp_path: Path) -> None:
    written = "%A %d %B %Y, %a %-d %b %y, %H:%M:%S %p %F %j"
    template = TEMPLATES["qwen2_5"] + f"{{{{ strftime_now('{written}') }}}}"
    steady = steady_folder(with_template(tiny_model, template, tmp_path / "given"), tmp_path / "models")
    text = render(open_tokenizer(steady.folder), [ASKED], continues=False)
    assert text.endswith(datetime(2024, 7, 26).strftime(written))


def test_a_steady_folder_loads_and_moves_with_its_state(given: Path, tmp_path: Path) -> None:
    folder = steady_folder(given, given.parent).folder
    assert linked_folder(folder) == given and linked_folder(given) == given
    identity = fingerprint(folder)
    moved = tmp_path / "elsewhere"
    shutil.move(given.parent, moved)
    there = moved / folder.relative_to(given.parent)
    assert fingerprint(there) == identity
    assert AutoModelForCausalLM.from_pretrained(there).config.num_hidden_layers == 2
    assert not os.path.lexists(there / "manifest.json")


@pytest.mark.parametrize(
    ("thinking", "pins", "ends"),
    [
        (None, ("it does not think",), "assistant\n<think>\n\n</think>\n\n"),
        (False, ("it does not think",), "assistant\n<think>\n\n</think>\n\n"),
        # what it does by itself needs no pin, and keeps the keys that it had
        (True, (), "assistant\n"),
    ],
)
def test_a_hybrid_thinks_only_where_it_is_told_to(
    tiny_model: Path, tmp_path: Path, thinking: bool | None, pins: tuple[str, ...], ends: str
) -> None:
    folder = with_template(tiny_model, TEMPLATES["qwen3"], tmp_path / "given")
    steady = steady_folder(folder, tmp_path / "models", thinking)
    assert steady.pins == pins and (steady.folder == folder) == (not pins)
    assert render(open_tokenizer(steady.folder), [ASKED], continues=False).endswith(ends)


@pytest.mark.parametrize("stem", ["qwen2_5", "deepseek_r1_distill"])
@pytest.mark.parametrize("thinking", [False, True])
def test_a_template_without_a_switch_cannot_be_told(
    tiny_model: Path, tmp_path: Path, stem: str, thinking: bool
) -> None:
    folder = with_template(tiny_model, TEMPLATES[stem], tmp_path / "given")
    with pytest.raises(BadInput, match="has no switch for thinking.*leave `thinking` out"):
        steady_folder(folder, tmp_path / "models", thinking)


def test_a_trained_model_keeps_the_template_of_its_base(given: Path, tmp_path: Path) -> None:
    folder = steady_folder(given, given.parent).folder
    AutoTokenizer.from_pretrained(folder).save_pretrained(tmp_path / "trained")
    assert open_tokenizer(tmp_path / "trained").chat_template == open_tokenizer(folder).chat_template


def test_several_templates_of_one_model_are_each_held_fast(tiny_model: Path, tmp_path: Path) -> None:
    folder = with_template(tiny_model, TEMPLATES["llama3_2"], tmp_path / "given")
    (folder / "additional_chat_templates").mkdir()
    (folder / "additional_chat_templates" / "tool_use.jinja").write_text(TEMPLATES["llama3_2"] + "tools")
    held = steady_folder(folder, tmp_path / "models").folder
    templates = open_tokenizer(held).chat_template
    assert isinstance(templates, dict) and templates.keys() == {"default", "tool_use"}
    assert all(text.startswith("{%- macro strftime_now") for text in templates.values())
