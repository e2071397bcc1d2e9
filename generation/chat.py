"""Conversations as token ids: the model's own chat template, with message text kept as text."""

from collections.abc import Callable, Sequence
from functools import lru_cache

from datasets_registry.errors import BadInput
from datasets_registry.rows.conversation import Tool
from generation.request import Message, Request
from generation.tokenizer import Encoding, Tokenizer
from generation.turns import (
    Conversation,
    UnreadableArguments,
    as_text,
    carries_fields,
    plain_tool,
    reductions,
    template_turn,
)
from generation.words import PLAIN, TEMPLATE_ERRORS, special_tokens, template_source

# stands for a turn's text while the template is filled; no conversation is likely to hold it
_HERE = "TRIMTAB:TURN:TEXT"
# characters of an opening that a message shows
_SHOWN = 40


class Unrenderable(BadInput):
    """The model's chat template refuses a conversation, or leaves out a field that is set."""


def render(
    tokenizer: Tokenizer, messages: Sequence[Message], *, continues: bool, tools: Sequence[Tool] = ()
) -> str:
    """The conversation as the model reads it, ready for the assistant's next or unfinished turn.

    An unfinished turn stands at the end byte for byte, its outer white space too: a rollout begins
    right after a finished step. Templates that trim their messages would take a line's end away, and
    so would `continue_final_message` of transformers with them.

    Raises BadInput where the model has no usable chat template or opens an unfinished turn otherwise than a
    fresh one, and its subclass Unrenderable where the template refuses the conversation or leaves out a field
    that is set.
    """
    if continues and messages[-1].reasoning is None:
        require_one_opening(tokenizer)

    def text(messages: Sequence[Message], tools: Sequence[Tool]) -> str:
        if not continues:
            return _templated(tokenizer, messages, tools, add_generation_prompt=True)
        *before, last = messages
        return _up_to(tokenizer, before, last, tools) + as_text(last.content, special_tokens(tokenizer))

    return _whole(tokenizer, text, messages, tools)


def opening(tokenizer: Tokenizer, messages: Sequence[Message]) -> str:
    """The conversation up to where the text of the assistant's next turn begins; raises as ``render``."""
    turn = Message(role="assistant", content="")

    def text(messages: Sequence[Message], tools: Sequence[Tool]) -> str:
        return _up_to(tokenizer, messages, turn, tools)

    return _whole(tokenizer, text, messages, ())


def finished(tokenizer: Tokenizer, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> str:
    """The conversation with every turn ended, as a model is trained on it; raises as ``render``."""

    def text(messages: Sequence[Message], tools: Sequence[Tool]) -> str:
        return _templated(tokenizer, messages, tools, add_generation_prompt=False)

    return _whole(tokenizer, text, messages, tools)


Text = Callable[[Sequence[Message], Sequence[Tool]], str]


def _whole(tokenizer: Tokenizer, text: Text, messages: Sequence[Message], tools: Sequence[Tool]) -> str:
    """What ``text`` makes of the conversation; raises Unrenderable where it leaves out or refuses a field."""
    try:
        rendered = text(messages, tools)
    except (UnreadableArguments, *TEMPLATE_ERRORS) as error:
        raise Unrenderable(
            f"the chat template of {tokenizer.name_or_path!r} cannot render the conversation ({error}): "
            f"{_remedy(messages, tools)}"
        ) from error
    if not carries_fields(messages, tools):
        return rendered
    for field, reduced in reductions(messages, tools):
        if _is_same(text, reduced, rendered):
            raise Unrenderable(
                f"the chat template of {tokenizer.name_or_path!r} leaves out {field}: remove it from the "
                "conversation, or use a model whose template has a place for it"
            )
    return rendered


def _remedy(messages: Sequence[Message], tools: Sequence[Tool]) -> str:
    if carries_fields(messages, tools):
        return "correct its tools and tool calls, or use a model whose template knows them"
    if any(message.role == "system" for message in messages):
        return "leave out the system prompt, or use a model whose template has a place for it"
    return "change the order of its turns, or use a model whose template takes it"


def _is_same(text: Text, reduced: Conversation, rendered: str) -> bool:
    try:
        return text(*reduced) == rendered
    except TEMPLATE_ERRORS:  # the template needs what was taken away, so it reads it
        return False


def _up_to(tokenizer: Tokenizer, before: Sequence[Message], turn: Message, tools: Sequence[Tool]) -> str:
    """The conversation up to where the text of ``turn`` begins."""
    marked = turn.model_copy(update={"content": _HERE})
    text = _templated(tokenizer, [*before, marked], tools, add_generation_prompt=False)
    if _HERE not in text:
        raise BadInput(f"the chat template of {tokenizer.name_or_path!r} leaves out what the assistant says")
    return text[: text.rindex(_HERE)]


def _templated(
    tokenizer: Tokenizer, messages: Sequence[Message], tools: Sequence[Tool], *, add_generation_prompt: bool
) -> str:
    if tokenizer.chat_template is None:
        raise BadInput(f"model {tokenizer.name_or_path!r} has no chat template: use an instruct model")
    specials = special_tokens(tokenizer)
    turns = [template_turn(message, specials) for message in messages]
    return tokenizer.apply_chat_template(
        turns,
        tools=[plain_tool(tool, specials) for tool in tools] or None,
        tokenize=False,
        add_generation_prompt=add_generation_prompt,
    )


def require_one_opening(tokenizer: Tokenizer) -> None:
    """Raise BadInput unless the assistant's turn opens in finished text as it does where text is drawn.

    Otherwise unfinished turns and trained text would not be in the mode of draws, which think or do not.
    """
    difference = other_opening(tokenizer)
    if difference is not None:
        fresh, begun = difference
        raise BadInput(
            f"the chat template of {tokenizer.name_or_path!r} opens a drawn turn with {fresh!r} and a "
            f"finished one with {begun!r}, so its turns can neither be continued nor trained on: set "
            "`thinking = false` in its `[models.NAME]` if it can be switched off, or give the model a "
            "template that opens both in one way"
        )


def other_opening(tokenizer: Tokenizer) -> tuple[str, str] | None:
    """How the assistant's turn opens where it is drawn and where it is finished; None where in one way.

    Raises BadInput as ``render``, unless only some conversations are refused.
    """
    return _other_opening(tokenizer, template_source(tokenizer))


@lru_cache(maxsize=8)
def _other_opening(tokenizer: Tokenizer, _: str) -> tuple[str, str] | None:
    for conversation in PLAIN:
        try:
            fresh, begun = render(tokenizer, conversation, continues=False), opening(tokenizer, conversation)
        except Unrenderable:
            if conversation == PLAIN[0]:
                raise
            continue
        if fresh != begun:
            return fresh[-_SHOWN:], begun[-_SHOWN:]
    return None


def keeps_outer_space(tokenizer: Tokenizer) -> bool:
    """Whether the template leaves the outer white space of the assistant's turn as it is."""
    question = Message(role="user", content=_HERE)
    answer = Message(role="assistant", content=f" {_HERE}\n")
    return answer.content in finished(tokenizer, [question, answer])


def token_ids(tokenizer: Tokenizer, text: str) -> list[int]:
    """``text`` as token ids, special ones only where ``text`` spells them.

    Raises BadInput where the vocabulary lacks a character and has no token for unknown ones.
    """
    return encode(tokenizer, text)["input_ids"]


def encode(tokenizer: Tokenizer, text: str, *, with_offsets: bool = False) -> Encoding:
    """``text`` as the tokenizer encodes it; raises BadInput as ``token_ids`` does."""
    try:
        return tokenizer(text, add_special_tokens=False, return_offsets_mapping=with_offsets)
    except Exception as error:
        # the tokenizers library raises plain exceptions, which only their words tell apart
        if "Missing [UNK] token" not in str(error):
            raise
        raise BadInput(
            f"the vocabulary of {tokenizer.name_or_path!r} lacks a character of {text!r}: "
            "ask this model only what it can spell"
        ) from error


def prompt_ids(tokenizer: Tokenizer, request: Request) -> list[int]:
    """The request's prompt as token ids; special tokens come from the template alone.

    Raises BadInput as ``render`` and ``token_ids`` do.
    """
    return token_ids(tokenizer, _prompt(tokenizer, request))


def _prompt(tokenizer: Tokenizer, request: Request) -> str:
    return render(tokenizer, request.messages, continues=request.continues, tools=request.tools or ())


def continuation_ids(tokenizer: Tokenizer, request: Request, prompt: Sequence[int]) -> list[int]:
    """The tokens of the request's continuation after those of its ``prompt``.

    They are read together with the prompt's text, as the model has read such texts, unless a token would
    then reach over the border: the prompt's tokens stay what they are. Raises BadInput where there are none.
    """
    text = as_text(request.continuation or "", special_tokens(tokenizer))
    together = token_ids(tokenizer, _prompt(tokenizer, request) + text)
    ids = together[len(prompt) :]
    if together[: len(prompt)] != list(prompt):
        ids = token_ids(tokenizer, text)
    if not ids:
        raise BadInput(f"the continuation {request.continuation!r} has no tokens: give a text that has some")
    return ids


def choice_ids(tokenizer: Tokenizer, choices: Sequence[str]) -> list[int]:
    """Each choice's single token; raises BadInput where a choice has several."""
    ids = [tokenizer(choice, add_special_tokens=False)["input_ids"] for choice in choices]
    for choice, tokens in zip(choices, ids, strict=True):
        if len(tokens) != 1:
            raise BadInput(
                f"choice {choice!r} is {len(tokens)} tokens for {tokenizer.name_or_path!r}: "
                "take choices of one token, such as ' A' and ' B'"
            )
    return [tokens[0] for tokens in ids]
