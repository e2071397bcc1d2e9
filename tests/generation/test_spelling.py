"""What a vocabulary cannot spell fails its text by name, whatever the tokenizer makes of it."""

from pathlib import Path
from typing import Any

import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from generation.chat import Unrenderable, token_ids
from generation.engine import EngineSettings
from generation.models.lab import write_lab_model
from generation.request import Message, Request, SamplingParams
from generation.spelling import leaves_out
from generation.transformers_local.backend import TransformersBackend
from training.data.tokens import Conversation, assistant_labels, completion_labels

WORDS = {character: place for place, character in enumerate("0123456789+= a")}


def refusing() -> Any:
    """A tokenizer of characters that raises for others."""
    tokenizer = Tokenizer(models.WordLevel(WORDS))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer)


def replacing() -> Any:
    """A tokenizer of characters that has a token for others."""
    tokenizer = Tokenizer(models.BPE(WORDS | {"<unk>": len(WORDS)}, [], unk_token="<unk>"))
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<unk>")


def omitting() -> Any:
    """A tokenizer of characters that leaves others out in silence."""
    return PreTrainedTokenizerFast(tokenizer_object=Tokenizer(models.BPE(WORDS, [])))


def of_bytes() -> Any:
    """A tokenizer that spells everything, and writes its unknown token for the end, as GPT-2's does."""
    letters = {letter: place for place, letter in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    tokenizer = Tokenizer(models.BPE(letters, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<end>", eos_token="<end>")


@pytest.mark.parametrize("make", [refusing, replacing, omitting])
@pytest.mark.parametrize(("text", "character"), [("1+é=2", "é"), ("ж", "ж"), ("1 + 2 🙂", "🙂")])
def test_a_character_that_is_lacking_is_named(make: Any, text: str, character: str) -> None:
    tokenizer = make()
    assert len(token_ids(tokenizer, "1 + 2 = 3")) == 9
    with pytest.raises(Unrenderable, match=f"lacks the character '{character}': give this model only"):
        token_ids(tokenizer, text)


def test_a_text_may_spell_the_unknown_token_itself() -> None:
    tokenizer = replacing()
    assert token_ids(tokenizer, "1<unk>2")[1] == tokenizer.unk_token_id
    with pytest.raises(Unrenderable, match="'é'"):
        token_ids(tokenizer, "1<unk>é")


def test_bytes_spell_everything() -> None:
    tokenizer = of_bytes()
    assert not leaves_out(tokenizer) and leaves_out(omitting())
    text = "é\u200b 🙂\t\U0010fffd<end>"
    assert tokenizer.decode(token_ids(tokenizer, text)) == text


@pytest.mark.parametrize("make", [refusing, replacing, omitting])
def test_a_turn_that_cannot_be_spelled_is_not_learned(make: Any) -> None:
    tokenizer = make()
    tokenizer.add_special_tokens({"eos_token": "<end>"})
    tokenizer.chat_template = (
        "{% for m in messages %}{% if m.role == 'user' %}{{ m.content }}{% else %}"
        "{% generation %}{{ m.content }}<end>{% endgeneration %}{% endif %}{% endfor %}"
    )
    asked = Conversation((Message(role="user", content="1+1="),))
    for label in (assistant_labels, completion_labels):
        assert label(tokenizer, asked, Message(role="assistant", content="2")).ids[-2:] == [
            2,
            len(tokenizer) - 1,
        ]
        with pytest.raises(Unrenderable, match="lacks the character 'z'"):
            label(tokenizer, asked, Message(role="assistant", content="z"))


def test_a_request_that_cannot_be_spelled_fails_alone(tmp_path: Path) -> None:
    backend = TransformersBackend(write_lab_model(tmp_path / "lab"), EngineSettings())

    def likely(text: str, continuation: str) -> Request:
        return Request(
            messages=(Message(role="user", content=text),), continuation=continuation, params=SamplingParams()
        )

    asked = [likely("1+1=?", "2"), likely("é", "2"), likely("1+1=?", "two")]
    answers = dict(backend.complete(asked))
    assert answers[0].error is None and answers[0].finish_reason != "error"
    for place, character in ((1, "é"), (2, "t")):
        assert f"lacks the character {character!r}" in (answers[place].error or "")
    assert [digest is None for digest in backend.prompt_digests(asked)] == [False, True, True]
