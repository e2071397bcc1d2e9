"""Conversations as token ids: the model's own chat template, with message text kept as text."""

from collections.abc import Sequence
from typing import Any

from datasets_registry.errors import BadInput
from generation.request import Message, Request


def as_text(content: str, special_tokens: Sequence[str]) -> str:
    """``content`` with every special token of the template broken, so that it cannot end a turn."""
    for token in special_tokens:
        content = content.replace(token, f"{token[0]}\u200b{token[1:]}")
    return content


def special_tokens(tokenizer: Any) -> list[str]:
    """The tokenizer's control tokens, longest first."""
    tokens = {str(one) for one in tokenizer.added_tokens_decoder.values()}
    return sorted((one for one in tokens if len(one) > 1), key=len, reverse=True)


def render(tokenizer: Any, messages: Sequence[Message], *, continues: bool) -> str:
    """The conversation as the model reads it, ready for the assistant's next or unfinished turn."""
    if tokenizer.chat_template is None:
        raise BadInput(f"model {tokenizer.name_or_path!r} has no chat template: take an instruct model")
    specials = special_tokens(tokenizer)
    turns = [{"role": one.role, "content": as_text(one.content, specials)} for one in messages]
    return str(
        tokenizer.apply_chat_template(
            turns,
            tokenize=False,
            add_generation_prompt=not continues,
            continue_final_message=continues,
        )
    )


def prompt_ids(tokenizer: Any, request: Request) -> list[int]:
    """The request's prompt as token ids; special tokens come from the template alone."""
    text = render(tokenizer, request.messages, continues=request.continues)
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])


def choice_ids(tokenizer: Any, choices: Sequence[str]) -> list[int]:
    """Each choice's single token; raises BadInput where a choice has several."""
    ids = [tokenizer(one, add_special_tokens=False)["input_ids"] for one in choices]
    for choice, tokens in zip(choices, ids, strict=True):
        if len(tokens) != 1:
            raise BadInput(
                f"choice {choice!r} is {len(tokens)} tokens for {tokenizer.name_or_path!r}: "
                "take choices of one token, such as ' A' and ' B'"
            )
    return [tokens[0] for tokens in ids]
