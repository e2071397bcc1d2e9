"""The zoo of templates and tokenizers: what comes through each, and nothing is lost without a word."""

import tempfile
from pathlib import Path

import pytest

from benchmarks.sides.texts.page import PAGE, with_tables
from benchmarks.sides.texts.templates import Fates, fates
from datasets_registry.errors import BadInput
from generation.chat import Unrenderable, finished, render
from generation.prompts import PromptReader
from generation.request import Completion, Message, Request
from generation.templates.opening import open_tokenizer
from generation.tokenizer import Tokenizer
from tests.tiny_model import CHAT_TEMPLATE

ASKED = Message(role="user", content="hello")
BRIEF, CALM = (Message(role="system", content=text) for text in ("Be brief", "Be calm"))


@pytest.fixture(scope="module")
def zoo() -> dict[str, Fates]:
    """Each animal's fates by its name."""
    with tempfile.TemporaryDirectory() as folder:
        return {found.animal.name: found for found in fates(Path(folder))}


def words(zoo: dict[str, Fates], name: str) -> dict[str, str]:
    """What became of the cases and trainers of an animal."""
    return {of: fate.word for of, fate in zoo[name].of.items()}


def test_nothing_is_lost_without_a_word_and_the_page_says_so(zoo: dict[str, Fates]) -> None:
    assert len(zoo) >= 12
    assert [(name, of) for name, found in zoo.items() for of, fate in found.of.items() if fate.is_lost] == []
    assert PAGE.read_text("utf-8") == with_tables(PAGE.read_text("utf-8"), list(zoo.values()))


def test_each_kind_of_template_does_what_it_was_made_for(zoo: dict[str, Fates]) -> None:
    systems = {name: found.of["system"].word for name, found in zoo.items() if found.of}
    refusing = {"system refused", "system dropped", "thought opened only", "no end token"}
    assert {name for name, word in systems.items() if word != "through"} == refusing
    assert words(zoo, "trimming")["outer space"] == "trimmed"
    assert words(zoo, "runs of spaces")["outer space"] == words(zoo, "double beginning")["turns"] == "through"
    assert words(zoo, "alternating")["two questions"] == "refused"
    for name in ("thought dropped", "thought opened"):
        assert words(zoo, name)["earlier thought"] == "turn by turn"
        assert words(zoo, name)["thought"] == "through"
    assert words(zoo, "thought kept")["earlier thought"] == "through"
    for name in ("tools as JSON", "tools as XML", "thought kept"):
        assert words(zoo, name)["tools"] == words(zoo, name)["tool call"] == "through"
    assert words(zoo, "end outside the mark")["sft, all turns"] == "refused"
    unopened = {name for name, found in zoo.items() if found.unopened}
    assert unopened == {"repeating", "reordering", "beyond the embedding"}


@pytest.fixture
def tokenizer(tiny_model: Path) -> Tokenizer:
    """A tokenizer whose template reads system turns."""
    return open_tokenizer(tiny_model)


def test_system_turns_at_the_start_are_read_as_one(tokenizer: Tokenizer) -> None:
    one = Message(role="system", content="Be brief\n\nBe calm")
    assert render(tokenizer, [BRIEF, CALM, ASKED], continues=False) == render(
        tokenizer, [one, ASKED], continues=False
    )
    # one that comes later is the template's
    assert render(tokenizer, [BRIEF, ASKED, CALM], continues=False).count("<|im_start|>system") == 2


def test_a_system_turn_that_is_left_out_fails_its_row_with_the_remedy_and_no_other(
    tokenizer: Tokenizer,
) -> None:
    tokenizer.chat_template = CHAT_TEMPLATE.replace(
        "for message in messages", "for message in messages if message['role'] != 'system'"
    )
    reader = PromptReader(tokenizer)
    left_out, read = (reader.read(Request(messages=turns)) for turns in ((BRIEF, ASKED), (ASKED,)))
    assert isinstance(left_out, Completion) and not isinstance(read, Completion)
    assert "leaves out content of message 1, the system's" in str(left_out.error)
    assert "set `system = 'in the first user turn'`" in str(left_out.error)


@pytest.mark.parametrize(
    "fault",
    ["{{ 1 // 0 }}", "{{ messages[9].content }}", "{{ 'a'.b.c }}", "{{ [][3] + 1 }}", "{{ messages + 1 }}"],
)
def test_whatever_a_template_raises_fails_that_row(tokenizer: Tokenizer, fault: str) -> None:
    tokenizer.chat_template = (
        CHAT_TEMPLATE + "{% if messages[0].content == 'hello' %}" + fault + "{% endif %}"
    )
    reader = PromptReader(tokenizer)
    raised, read = (
        reader.read(Request(messages=(ASKED.model_copy(update={"content": text}),)))
        for text in ("hello", "bye")
    )
    assert isinstance(raised, Completion) and "cannot render the conversation" in str(raised.error)
    assert not isinstance(read, Completion)


def test_a_text_in_another_order_is_refused(tokenizer: Tokenizer) -> None:
    tokenizer.chat_template = CHAT_TEMPLATE.replace("in messages", "in messages | reverse")
    said = Message(role="assistant", content="bye")
    with pytest.raises(Unrenderable, match="leaves out content of message 2, the assistant's, or changes"):
        finished(tokenizer, [ASKED, said])


def test_an_unfinished_turn_of_a_model_that_opens_in_two_ways_fails_its_row(tokenizer: Tokenizer) -> None:
    tokenizer.chat_template = CHAT_TEMPLATE.replace("assistant\n{% endif", "assistant\n<think>\n{% endif")
    reader = PromptReader(tokenizer)
    begun = Message(role="assistant", content="It")
    refused, read = (reader.read(Request(messages=turns)) for turns in ((ASKED, begun), (ASKED,)))
    assert isinstance(refused, Completion) and "opens a drawn turn" in str(refused.error)
    assert not isinstance(read, Completion)


def test_the_refusal_of_a_model_names_what_its_template_does(tmp_path: Path, tiny_model: Path) -> None:
    tokenizer = open_tokenizer(tiny_model)
    tokenizer.chat_template = CHAT_TEMPLATE.replace("message['content']", "message['content'] | lower")
    tokenizer.save_pretrained(tmp_path)
    with pytest.raises(BadInput, match="leaves out what the user says in message 1 of 1"):
        open_tokenizer(tmp_path)
