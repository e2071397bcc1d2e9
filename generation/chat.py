"""Conversations as token ids: the model's own chat template, with message text kept as text."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Literal

from datasets_registry.errors import BadInput
from datasets_registry.rows.conversation import Tool
from generation.request import Message, Request
from generation.spelling import encoded, is_spelled, lacking
from generation.tokenizer import Encoding, Tokenizer
from generation.turns import (
    Conversation,
    as_text,
    carries_fields,
    lost_text,
    one_system_turn,
    plain_tool,
    reductions,
    template_turn,
)
from generation.words import PLAIN, TEMPLATE_ERRORS, special_tokens, template_source

# stands for a turn's text while the template is filled; no conversation is likely to hold it
_HERE = "TRIMTAB:TURN:TEXT"
# the setting by which a system turn is read at the head of the user's first one
SystemPlace = Literal["in the first user turn"]
IN_FIRST_USER_TURN: SystemPlace = "in the first user turn"
# characters of an opening that a message shows
_SHOWN = 40


class Unrenderable(BadInput):
    """A conversation that the model cannot read as it is.

    Its chat template refuses it, or leaves out a text or a field that is set, or its vocabulary lacks a
    character. ``rendered`` is what it made of a conversation of which it left out a text.
    """

    rendered: str | None = None


def render(
    tokenizer: Tokenizer, messages: Sequence[Message], *, continues: bool, tools: Sequence[Tool] = ()
) -> str:
    """The conversation as the model reads it, ready for the assistant's next or unfinished turn.

    An unfinished turn stands at the end byte for byte, its outer white space too: a rollout begins
    right after a finished step. Templates that trim their messages would take a line's end away, and
    so would `continue_final_message` of transformers with them.

    System turns at the start are read as one. Raises BadInput where the model has no chat template, and its
    subclass Unrenderable where the template refuses the conversation, leaves out a text or a field that is
    set, or opens an unfinished turn otherwise than a fresh one.
    """
    if continues and messages[-1].reasoning is None:
        require_one_opening(tokenizer)

    def text(messages: Sequence[Message], tools: Sequence[Tool]) -> str:
        if not continues:
            return templated(tokenizer, messages, tools, add_generation_prompt=True)
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
        return templated(tokenizer, messages, tools, add_generation_prompt=False)

    return _whole(tokenizer, text, messages, tools)


Text = Callable[[Sequence[Message], Sequence[Tool]], str]


def _whole(tokenizer: Tokenizer, text: Text, given: Sequence[Message], tools: Sequence[Tool]) -> str:
    """What ``text`` makes of the conversation, which must have all of its texts and fields.

    Raises Unrenderable where the template refuses the conversation, or leaves out one of them.
    """
    messages, name = one_system_turn(given), tokenizer.name_or_path
    try:
        rendered = text(messages, tools)
    except TEMPLATE_ERRORS as error:
        raise Unrenderable(
            f"the chat template of {name!r} cannot render the conversation ({error}): "
            f"{_remedy(text, messages, tools)}"
        ) from error
    if lost := lost_text(messages, special_tokens(tokenizer), rendered):
        refusal = Unrenderable(
            f"the chat template of {name!r} leaves out {lost}, or changes it or its place: "
            f"{_remedy(text, messages, tools)}"
        )
        refusal.rendered = rendered
        raise refusal
    _require_fields(name, text, messages, tools, rendered)
    return rendered


def _require_fields(
    name: str, text: Text, messages: Sequence[Message], tools: Sequence[Tool], rendered: str
) -> None:
    if not carries_fields(messages, tools):
        return
    for field, reduced in reductions(messages, tools):
        if _is_same(text, reduced, rendered):
            raise Unrenderable(
                f"the chat template of {name!r} leaves out {field}: remove it from the conversation, or use "
                "a model whose template has a place for it"
            )


def _remedy(text: Text, messages: Sequence[Message], tools: Sequence[Tool]) -> str:
    """What to do about a conversation that the template does not take as it is."""
    if messages[0].role == "system" and len(messages) > 1 and _takes(text, messages[1:], tools):
        return (
            f"leave out the system prompt, or set `system = {IN_FIRST_USER_TURN!r}` in the model's "
            "`[models.NAME]`"
        )
    if carries_fields(messages, tools):
        return "correct its tools and tool calls, or use a model whose template knows them"
    return "change the order of its turns, or use a model whose template takes it"


def _takes(text: Text, messages: Sequence[Message], tools: Sequence[Tool]) -> bool:
    try:
        text(messages, tools)
    except (Unrenderable, *TEMPLATE_ERRORS):
        return False
    return True


def _is_same(text: Text, reduced: Conversation, rendered: str) -> bool:
    try:
        return text(*reduced) == rendered
    except (Unrenderable, *TEMPLATE_ERRORS):  # the template needs what was taken away, so it reads it
        return False


def _up_to(tokenizer: Tokenizer, before: Sequence[Message], turn: Message, tools: Sequence[Tool]) -> str:
    """The conversation up to where the text of ``turn`` begins."""
    marked = turn.model_copy(update={"content": _HERE})
    text = templated(tokenizer, [*before, marked], tools, add_generation_prompt=False)
    if _HERE not in text:
        raise Unrenderable(
            f"the chat template of {tokenizer.name_or_path!r} leaves out what the assistant says"
        )
    return text[: text.rindex(_HERE)]


def templated(
    tokenizer: Tokenizer, messages: Sequence[Message], tools: Sequence[Tool], *, add_generation_prompt: bool
) -> str:
    """What the template makes of the conversation, whatever it leaves out; raises what the template does."""
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
    """Raise Unrenderable unless the assistant's turn opens in finished text as it does where text is drawn.

    Otherwise unfinished turns and trained text would not be in the mode of draws, which think or do not.
    """
    difference = other_opening(tokenizer)
    if difference is not None:
        fresh, begun = difference
        raise Unrenderable(
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


def trims(tokenizer: Tokenizer) -> bool:
    """Whether the template is known to cut white space around what the assistant says."""
    try:
        return not keeps_outer_space(tokenizer)
    except Unrenderable:
        return False


def token_ids(tokenizer: Tokenizer, text: str) -> list[int]:
    """``text`` as token ids, special ones only where ``text`` spells them.

    Raises Unrenderable where the vocabulary lacks a character.
    """
    return encode(tokenizer, text)["input_ids"]


def encode(tokenizer: Tokenizer, text: str, *, with_offsets: bool = False) -> Encoding:
    """``text`` as the tokenizer encodes it; raises as ``token_ids`` does."""
    encoding = encoded(tokenizer, text, with_offsets=with_offsets)
    if encoding is None or not is_spelled(tokenizer, text, encoding["input_ids"]):
        raise Unrenderable(
            f"the model's vocabulary lacks {lacking(tokenizer, text)}: give this model only what it can spell"
        )
    return encoding


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
    ids = [token_ids(tokenizer, choice) for choice in choices]
    for choice, tokens in zip(choices, ids, strict=True):
        if len(tokens) != 1:
            raise BadInput(
                f"choice {choice!r} is {len(tokens)} tokens for {tokenizer.name_or_path!r}: "
                "take choices of one token, such as ' A' and ' B'"
            )
    return [tokens[0] for tokens in ids]
