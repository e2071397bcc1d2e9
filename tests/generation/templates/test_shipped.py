"""The templates of other model families, as TRL ships them: one prompt for a request, or a sentence."""

from pathlib import Path
from typing import Any

import pytest
from transformers import AutoTokenizer

from benchmarks.sides.generation.templates import at_two_dates, shipped_templates, with_template
from datasets_registry.errors import BadInput
from generation.chat import IN_FIRST_USER_TURN, Unrenderable, finished, opening, render, require_one_opening
from generation.prompts import PromptReader
from generation.request import Completion, Message, Request
from generation.templates.opening import open_tokenizer
from generation.templates.pinning import steady_folder
from generation.templates.probing import require_steady
from generation.tokenizer import Tokenizer

ASKED = Message(role="user", content="12+7+5=?")
BRIEF = Message(role="system", content="Be brief")
SHIPPED = {path.stem: path for path in shipped_templates()}
DATED = ("gptoss", "gptoss_training", "llama3_2", "muse_glimmer", "muse_glimmer_training")
# those that write the turn's text as a list of parts, of images too, and no plain text
NO_TEXT = ("idefics3", "llava_next", "smolvlm")
# what a finished turn opens with, a drawn one does not, whatever they are told
TWO_OPENINGS = ("deepseek_r1_distill", "deepseekv3", "glm4moe", "gptoss", "muse_glimmer")
FAMILIES = [pytest.param(path, id=stem) for stem, path in SHIPPED.items()]


def _is_among(stem: str, stems: tuple[str, ...]) -> bool:
    return stem.removesuffix("_training") in stems


@pytest.fixture(scope="module")
def steady(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Tokenizer]:
    """A tokenizer with each template, as a given model of that family has it."""
    work = tmp_path_factory.mktemp("templates")
    folders = {
        stem: with_template(tiny_model, path.read_text(), work / stem) for stem, path in SHIPPED.items()
    }
    held = {stem: steady_folder(given, work / "m").folder for stem, given in folders.items()}
    opened = {stem: open_tokenizer(folder) for stem, folder in held.items() if not _is_among(stem, NO_TEXT)}
    return {stem: opened.get(stem) or AutoTokenizer.from_pretrained(folder) for stem, folder in held.items()}


def test_each_is_one_prompt_and_one_key_at_two_dates(tiny_model: Path, tmp_path: Path) -> None:
    figures = list(at_two_dates(tiny_model, tmp_path))
    assert len(figures) == len(SHIPPED) >= 70
    assert [row.template for row in figures if not row.is_steady] == []
    dated = [row.template for row in figures if "its date is 26 Jul 2024" in row.pins]
    assert dated == list(DATED)
    silent = [row.template for row in figures if "it does not think" in row.pins]
    assert {"qwen3", "qwen3_5_think", "qwen3_6", "qwen3_8", "nemotron_3_nano"} <= set(silent)
    assert "qwen3_5_nothink" not in silent and "qwen2_5" not in silent


@pytest.mark.parametrize("stem", DATED)
def test_a_date_that_is_not_held_fast_is_refused(tiny_model: Path, tmp_path: Path, stem: str) -> None:
    folder = with_template(tiny_model, SHIPPED[stem].read_text(), tmp_path / "given")
    with pytest.raises(BadInput, match="writes the date by 'strftime_now'.*build the given model"):
        open_tokenizer(folder)


@pytest.mark.parametrize("path", FAMILIES)
def test_an_unfinished_turn_begins_as_a_drawn_one_and_stands_byte_for_byte(
    steady: dict[str, Tokenizer], path: Path
) -> None:
    tokenizer, begun = steady[path.stem], Message(role="assistant", content="\n 12+7=19\n\n")
    if _is_among(path.stem, (*NO_TEXT, *TWO_OPENINGS)):
        with pytest.raises(BadInput, match="opens a drawn turn|leaves out|cannot render"):
            render(tokenizer, [ASKED, begun], continues=True)
        return
    fresh = render(tokenizer, [ASKED], continues=False)
    assert render(tokenizer, [ASKED, begun], continues=True) == fresh + begun.content
    assert opening(tokenizer, [ASKED]) == fresh
    text = finished(tokenizer, [ASKED, Message(role="assistant", content="24")])
    assert text.startswith(f"{fresh}24")


@pytest.mark.parametrize("path", FAMILIES)
def test_a_system_prompt_is_read_or_its_refusal_is_a_row(steady: dict[str, Tokenizer], path: Path) -> None:
    reader = PromptReader(steady[path.stem])
    spoken, bare = (reader.read(Request(messages=messages)) for messages in ((BRIEF, ASKED), (ASKED,)))
    if path.stem in ("gemma", "gemma_training"):
        assert isinstance(spoken, Completion) and "System role not supported" in str(spoken.error)
        assert "leave out the system prompt" in str(spoken.error)
        assert not isinstance(bare, Completion)
    elif not _is_among(path.stem, NO_TEXT):
        assert not isinstance(spoken, Completion) and not isinstance(bare, Completion)
        assert "Be brief" in render(steady[path.stem], [BRIEF, ASKED], continues=False)


@pytest.mark.parametrize("stem", NO_TEXT)
def test_a_template_that_reads_no_plain_text_is_refused(tiny_model: Path, tmp_path: Path, stem: str) -> None:
    with pytest.raises(BadInput, match="leaves out what the user says in message 1 of 1.*each text once"):
        open_tokenizer(with_template(tiny_model, SHIPPED[stem].read_text(), tmp_path / "given"))


@pytest.mark.parametrize("path", FAMILIES)
def test_a_system_turn_is_read_once_at_the_head_of_the_users_where_it_is_told_to(
    tiny_model: Path, tmp_path: Path, path: Path
) -> None:
    if _is_among(path.stem, NO_TEXT):
        return
    given = with_template(tiny_model, path.read_text(), tmp_path / "given")
    steady = steady_folder(given, tmp_path / "m", system=IN_FIRST_USER_TURN)
    assert "a system turn is read at the head of the user's first turn" in steady.pins
    tokenizer = open_tokenizer(steady.folder)
    both = ASKED.model_copy(update={"content": f"{BRIEF.content}\n\n{ASKED.content}"})
    for turns in ([], [Message(role="assistant", content="24"), ASKED]):
        merged = render(tokenizer, [both, *turns], continues=False)
        assert render(tokenizer, [BRIEF, ASKED, *turns], continues=False) == merged
    # told once, it needs nothing more
    assert steady_folder(steady.folder, tmp_path / "m", system=IN_FIRST_USER_TURN).folder == steady.folder


def test_an_order_of_turns_that_a_template_refuses_is_a_sentence(steady: dict[str, Tokenizer]) -> None:
    with pytest.raises(Unrenderable, match="must alternate.*change the order of its turns"):
        render(steady["gemma"], [ASKED, ASKED], continues=False)


def tokenizer_with(folder: Path, template: str) -> Any:
    """The folder's tokenizer with another template, which nothing holds fast."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.chat_template = template
    return tokenizer


def test_a_thinking_template_cannot_be_trained_on(tiny_model: Path) -> None:
    tokenizer = tokenizer_with(tiny_model, SHIPPED["qwen3"].read_text())
    with pytest.raises(BadInput, match=r"opens a drawn turn with .*<think>.*set `thinking = false`"):
        require_one_opening(tokenizer)
    assert render(tokenizer, [ASKED], continues=False).endswith("<|im_start|>assistant\n")


@pytest.mark.parametrize(
    ("word", "use"), [("random", "{{ [1, 2] | random }}"), ("lipsum", "{{ lipsum(1) }}")]
)
def test_chance_in_a_template_is_refused_by_its_word(tiny_model: Path, word: str, use: str) -> None:
    with pytest.raises(BadInput, match=f"has {word!r}.*without it"):
        require_steady(tokenizer_with(tiny_model, f"{SHIPPED['qwen2_5'].read_text()}{use}"))
