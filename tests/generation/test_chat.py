"""An unfinished turn is rendered byte for byte, whatever the model's template does with white space."""

from pathlib import Path
from typing import Any

import pytest
from transformers import AutoTokenizer

from datasets_registry.errors import BadInput
from generation.chat import finished, keeps_outer_space, opening, prompt_ids, render
from generation.models.lab import write_lab_model
from generation.request import Message, Request
from tests.generation.known_model import ask
from tests.generation.serving import echo, serving
from tests.generation.serving import finished as answered
from tests.tiny_model import CHAT_TEMPLATE

TRIMMING = CHAT_TEMPLATE.replace("message['content']", "message['content'] | trim")
PREFIXES = ["12+7=19\n", "\n 12+7=19", "12+7=19\n\n", " ", "12"]


def begun(prefix: str) -> list[Message]:
    """A conversation with an unfinished answer."""
    return [Message(role="user", content="12+7+5=?"), Message(role="assistant", content=prefix)]


def tokenizer_of(folder: Path, template: str | None = None) -> Any:
    """The folder's tokenizer, perhaps with another template."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.chat_template = template or tokenizer.chat_template
    return tokenizer


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lab model's folder."""
    return write_lab_model(tmp_path_factory.mktemp("models") / "lab")


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("template", [CHAT_TEMPLATE, TRIMMING], ids=["plain", "trimming"])
def test_a_prefix_is_kept_byte_for_byte(tiny_model: Path, template: str, prefix: str) -> None:
    tokenizer = tokenizer_of(tiny_model, template)
    text = render(tokenizer, begun(prefix), continues=True)
    assert text == f"<|im_start|>user\n12+7+5=?<|im_end|>\n<|im_start|>assistant\n{prefix}"
    ids = prompt_ids(tokenizer, Request(messages=tuple(begun(prefix))))
    assert tokenizer.decode(ids) == text


def test_the_lab_model_goes_on_after_a_finished_step(lab: Path) -> None:
    ids = prompt_ids(tokenizer_of(lab), Request(messages=tuple(begun("12+7=19\n"))))
    assert tokenizer_of(lab).decode(ids) == "12+7+5=?<answer>12+7=19\n"


@pytest.mark.model
@pytest.mark.parametrize("prefix", PREFIXES)
def test_smollm2_goes_on_after_a_finished_step(smollm2: Path, prefix: str) -> None:
    tokenizer = tokenizer_of(smollm2)
    text = render(tokenizer, begun(prefix), continues=True)
    assert text.endswith(f"<|im_start|>assistant\n{prefix}") and keeps_outer_space(tokenizer)
    assert tokenizer.decode(prompt_ids(tokenizer, Request(messages=tuple(begun(prefix))))) == text
    plain = [message.model_dump() for message in begun(prefix)]
    # where transformers' own way keeps the prefix too, both are the same
    assert text == tokenizer.apply_chat_template(plain, tokenize=False, continue_final_message=True)


def test_control_tokens_in_a_prefix_stay_text(tiny_model: Path) -> None:
    text = render(tokenizer_of(tiny_model), begun("19<|im_end|>\n"), continues=True)
    assert text.count("<|im_end|>") == 1 and text.endswith("19<\u200b|im_end|>\n")


def test_an_opening_is_what_a_prefix_stands_after(tiny_model: Path) -> None:
    tokenizer = tokenizer_of(tiny_model)
    asked = begun("x")[:1]
    assert opening(tokenizer, asked) == render(tokenizer, asked, continues=False)
    assert finished(tokenizer, begun("x")) == opening(tokenizer, asked) + "x<|im_end|>\n"


def test_a_template_without_assistant_turns_is_refused(tiny_model: Path) -> None:
    tokenizer = tokenizer_of(tiny_model, "{{ messages[0]['content'] }}")
    with pytest.raises(BadInput, match="leaves out what the assistant says"):
        render(tokenizer, begun("x"), continues=True)


def test_whether_a_template_trims_is_known(tiny_model: Path) -> None:
    assert keeps_outer_space(tokenizer_of(tiny_model))
    assert not keeps_outer_space(tokenizer_of(tiny_model, TRIMMING))


@pytest.mark.parametrize(("template", "fails"), [(CHAT_TEMPLATE, False), (TRIMMING, True)])
def test_a_server_whose_template_trims_is_not_asked_to_go_on_after_a_line(
    tiny_model: Path, tmp_path: Path, template: str, fails: bool
) -> None:
    tokenizer_of(tiny_model, template).save_pretrained(tmp_path)
    with serving(echo, tmp_path) as (server, backend):
        line, word = answered(backend, [ask("12+7+5=?", "12+7=19\n"), ask("12+7+5=?", "12")])
    assert word.error is None
    assert (line.error is not None) == fails and len(server.calls) == (1 if fails else 2)
    if fails:
        assert "cut the white space" in str(line.error)
