"""Conversations as token ids: the model's own chat template, with message text kept as text."""

from collections.abc import Sequence

from datasets_registry.errors import BadInput
from generation.request import Message, Request
from generation.tokenizer import Encoding, Tokenizer

# stands for a turn's text while the template is filled; no conversation is likely to hold it
_HERE = "TRIMTAB:TURN:TEXT"


def as_text(content: str, special_tokens: Sequence[str]) -> str:
    """``content`` with every special token of the template broken, so that it cannot end a turn."""
    for token in special_tokens:
        content = content.replace(token, f"{token[0]}\u200b{token[1:]}")
    return content


def special_tokens(tokenizer: Tokenizer) -> list[str]:
    """The tokenizer's control tokens, longest first."""
    tokens = {str(one) for one in tokenizer.added_tokens_decoder.values()}
    return sorted((one for one in tokens if len(one) > 1), key=len, reverse=True)


def render(tokenizer: Tokenizer, messages: Sequence[Message], *, continues: bool) -> str:
    """The conversation as the model reads it, ready for the assistant's next or unfinished turn.

    An unfinished turn stands at the end byte for byte, its outer white space too: a rollout begins
    right after a finished step. Templates that trim their messages would take a line's end away, and
    so would `continue_final_message` of transformers with them.
    """
    if not continues:
        return _templated(tokenizer, messages, add_generation_prompt=True)
    return opening(tokenizer, messages[:-1]) + as_text(messages[-1].content, special_tokens(tokenizer))


def opening(tokenizer: Tokenizer, messages: Sequence[Message]) -> str:
    """The conversation up to where the text of the assistant's next turn begins."""
    turn = Message(role="assistant", content=_HERE)
    text = _templated(tokenizer, [*messages, turn], add_generation_prompt=False)
    if _HERE not in text:
        raise BadInput(f"the chat template of {tokenizer.name_or_path!r} leaves out what the assistant says")
    return text[: text.rindex(_HERE)]


def finished(tokenizer: Tokenizer, messages: Sequence[Message]) -> str:
    """The conversation with every turn ended, as a model is trained on it."""
    return _templated(tokenizer, messages, add_generation_prompt=False)


def _templated(tokenizer: Tokenizer, messages: Sequence[Message], *, add_generation_prompt: bool) -> str:
    if tokenizer.chat_template is None:
        raise BadInput(f"model {tokenizer.name_or_path!r} has no chat template: take an instruct model")
    specials = special_tokens(tokenizer)
    turns = [{"role": one.role, "content": as_text(one.content, specials)} for one in messages]
    return tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=add_generation_prompt)


def keeps_outer_space(tokenizer: Tokenizer) -> bool:
    """Whether the template leaves the outer white space of the assistant's turn as it is."""
    asked = Message(role="user", content=_HERE)
    said = Message(role="assistant", content=f" {_HERE}\n")
    return said.content in finished(tokenizer, [asked, said])


def token_ids(tokenizer: Tokenizer, text: str) -> list[int]:
    """``text`` as token ids, special ones only where ``text`` spells them.

    Raises BadInput where the vocabulary lacks a character and has no token for unknown ones.
    """
    return encode(tokenizer, text)["input_ids"]


def encode(tokenizer: Tokenizer, text: str, *, with_offsets: bool = False) -> Encoding:
    """What the tokenizer makes of ``text``; raises BadInput as ``token_ids`` does."""
    try:
        return tokenizer(text, add_special_tokens=False, return_offsets_mapping=with_offsets)
    except Exception as error:
        # the tokenizers library raises plain exceptions: its words are all there is to know one by
        if "Missing [UNK] token" not in str(error):
            raise
        raise BadInput(
            f"the vocabulary of {tokenizer.name_or_path!r} lacks a character of {text!r}: "
            "ask this model only what it can spell"
        ) from error


def prompt_ids(tokenizer: Tokenizer, request: Request) -> list[int]:
    """The request's prompt as token ids; special tokens come from the template alone."""
    return token_ids(tokenizer, render(tokenizer, request.messages, continues=request.continues))


def choice_ids(tokenizer: Tokenizer, choices: Sequence[str]) -> list[int]:
    """Each choice's single token; raises BadInput where a choice has several."""
    ids = [tokenizer(one, add_special_tokens=False)["input_ids"] for one in choices]
    for choice, tokens in zip(choices, ids, strict=True):
        if len(tokens) != 1:
            raise BadInput(
                f"choice {choice!r} is {len(tokens)} tokens for {tokenizer.name_or_path!r}: "
                "take choices of one token, such as ' A' and ' B'"
            )
    return [tokens[0] for tokens in ids]
