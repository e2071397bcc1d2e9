"""Conversations as tokens to learn from: the prompt as it is drawn for, and what is said to it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple, cast

from datasets_registry.errors import BadInput
from datasets_registry.rows.conversation import Tool
from generation.chat import Unrenderable, finished, render, require_one_opening, token_ids
from generation.request import Message
from generation.templates.thoughts import without_dropped_thoughts
from generation.tokenizer import Tokenizer
from generation.turns import one_system_turn, plain_tool, template_turn
from generation.words import opens_thought, special_tokens

# a token of which nothing is learned
IGNORED = -100


class Conversation(NamedTuple):
    """Turns up to an answer, and the tools that the assistant may call."""

    messages: tuple[Message, ...]
    tools: tuple[Tool, ...] = ()


class Learned(NamedTuple):
    """A prompt's tokens, and those of the ended turn that is learned after it."""

    prompt: list[int]
    completion: list[int]


def learned(tokenizer: Tokenizer, conversation: Conversation, answer: Message) -> Learned:
    """The answer's turn after the conversation, its thought and tool calls among its tokens.

    The prompt is the one that is drawn for, token for token. Thoughts of earlier turns are there where the
    template keeps them. Raises Unrenderable where it cannot write the conversation or the answer, where it
    opens the turn otherwise than a drawn one, or does not end it with the end token.
    """
    tools = conversation.tools
    messages = without_dropped_thoughts(tokenizer, conversation.messages, tools)
    prompt = render(tokenizer, messages, continues=False, tools=tools)
    whole = finished(tokenizer, [*messages, answer], tools)
    _require_drawn_opening(tokenizer, answer, prompt, whole)
    ids, both = token_ids(tokenizer, prompt), token_ids(tokenizer, whole)
    is_start = both[: len(ids)] == ids
    # a token that reaches over the border would be in no prompt that is drawn for
    completion = both[len(ids) :] if is_start else token_ids(tokenizer, whole[len(prompt) :])
    _require_ending(tokenizer, completion)
    return Learned(ids, completion)


def _require_drawn_opening(tokenizer: Tokenizer, answer: Message, prompt: str, whole: str) -> None:
    """Raise Unrenderable unless ``whole`` goes on where ``prompt`` ends, thinking or not as draws do.

    A turn with a thought, or after a prompt that opens one, shows by itself what it is.
    """
    goes_on = whole.startswith(prompt)
    if not (goes_on and (answer.reasoning or opens_thought(prompt))):
        require_one_opening(tokenizer)
    if not goes_on:
        raise Unrenderable(
            f"the chat template of {tokenizer.name_or_path!r} writes a prompt otherwise once it is answered, "
            "so that the policy would be trained on other prompts than it is asked: use a model whose "
            "template only adds the answer"
        )


def _require_ending(tokenizer: Tokenizer, completion: Sequence[int]) -> None:
    """Raise Unrenderable unless the tokens close with the end of a turn: the policy must learn it."""
    last = len(completion)
    # a template may put a line break behind the end
    while last and tokenizer.decode(completion[last - 1 : last]).isspace():
        last -= 1
    if not last or completion[last - 1] != tokenizer.eos_token_id:
        raise Unrenderable(
            f"the chat template of {tokenizer.name_or_path!r} ends a turn with "
            f"{tokenizer.decode(completion[-1:])!r} and not with eos_token {tokenizer.eos_token!r}, so the "
            "policy would never stop: set eos_token to it"
        )


class Labelled(NamedTuple):
    """Tokens of a conversation, and for each the token itself where it is learned, IGNORED elsewhere."""

    ids: list[int]
    labels: list[int]


def completion_labels(tokenizer: Tokenizer, conversation: Conversation, answer: Message) -> Labelled:
    """The answer alone is learned; raises as ``learned``."""
    prompt, completion = learned(tokenizer, conversation, answer)
    return Labelled(prompt + completion, [IGNORED] * len(prompt) + completion)


class Learnable(NamedTuple):
    """An answer to learn after its conversation, or with ``all_turns`` the assistant's earlier turns too."""

    conversation: Conversation
    answer: Message
    all_turns: bool = False


def labelled(tokenizer: Tokenizer, learnable: Learnable) -> Labelled:
    """The tokens and what is learned of them; raises as ``learned`` and ``assistant_labels``."""
    label = assistant_labels if learnable.all_turns else completion_labels
    return label(tokenizer, learnable.conversation, learnable.answer)


def turn_by_turn(tokenizer: Tokenizer, whole: Learnable) -> list[Learnable]:
    """The whole, or each learned turn after what was before it where the template drops a thought of theirs.

    A template that shows the thought of the last turn alone would have the policy learn the others without.
    """
    if not whole.all_turns:
        return [whole]
    messages, tools = whole.conversation
    kept = without_dropped_thoughts(tokenizer, messages, tools)
    if all(given is read or given.trainable is False for given, read in zip(messages, kept, strict=True)):
        return [whole]
    turns = [*messages, whole.answer]
    return [
        Learnable(Conversation(tuple(turns[:index]), tools), turn)
        for index, turn in enumerate(turns)
        if turn.role == "assistant" and turn.trainable is not False
    ]


def assistant_labels(tokenizer: Tokenizer, conversation: Conversation, answer: Message) -> Labelled:
    """All turns of the assistant are learned but those that are not ``trainable``.

    The template marks them by ``{% generation %}``. Raises BadInput where it does not, Unrenderable as
    ``learned``, and where it ends a turn outside of the mark.
    """
    messages, tools = without_dropped_thoughts(tokenizer, *conversation), conversation.tools
    prompt = render(tokenizer, messages, continues=False, tools=tools)
    whole = finished(tokenizer, [*messages, answer], tools)
    _require_drawn_opening(tokenizer, answer, prompt, whole)
    # the template's own call below says nothing of characters that it cannot spell
    token_ids(tokenizer, whole)
    turns = one_system_turn([*messages, answer])
    ids, mask = _marked(tokenizer, turns, tools)
    spoken = [turn for turn in turns if turn.role == "assistant"]
    runs = list(_runs(mask))
    if len(runs) != len(spoken):
        raise Unrenderable(
            f"the chat template of {tokenizer.name_or_path!r} marks {len(runs)} turns by {{% generation %}} "
            f"where the assistant speaks {len(spoken)} times: correct it, or take loss_on = 'completion'"
        )
    labels = [IGNORED] * len(ids)
    for (start, end), turn in zip(runs, spoken, strict=True):
        if ids[end : end + 1] == [tokenizer.eos_token_id]:
            raise Unrenderable(
                f"the chat template of {tokenizer.name_or_path!r} ends a turn outside of {{% generation %}}, "
                "so the policy would never stop: put the end inside, or take loss_on = 'completion'"
            )
        _require_ending(tokenizer, ids[start:end])
        if turn.trainable is not False:
            labels[start:end] = ids[start:end]
    return Labelled(ids, labels)


def _marked(
    tokenizer: Tokenizer, turns: Sequence[Message], tools: Sequence[Tool]
) -> tuple[list[int], list[int]]:
    """The tokens and the mask of the assistant's, by the template that TRL trains a known family with."""
    from trl.chat_template_utils import get_training_chat_template, has_generation_markers

    specials = special_tokens(tokenizer)
    try:
        is_marked = has_generation_markers(tokenizer.chat_template)
        other = None if is_marked else get_training_chat_template(tokenizer)
    except ValueError as error:
        raise BadInput(
            f"the chat template of {tokenizer.name_or_path!r} does not mark the assistant's turns with "
            "{% generation %}: take loss_on = 'completion', or a template that does"
        ) from error
    encode = cast(Callable[..., Mapping[str, list[int]]], tokenizer.apply_chat_template)
    encoded = encode(
        [template_turn(turn, specials) for turn in turns],
        tools=[plain_tool(tool, specials) for tool in tools] or None,
        chat_template=other,
        tokenize=True,
        return_dict=True,
        return_assistant_tokens_mask=True,
    )
    return encoded["input_ids"], encoded["assistant_masks"]


def _runs(mask: Sequence[int]) -> Iterator[tuple[int, int]]:
    """First and last place of each run of ones."""
    start = None
    for place, bit in enumerate([*mask, 0]):
        if bit and start is None:
            start = place
        elif not bit and start is not None:
            yield start, place
            start = None
