"""Dataset rows as conversations, with the chat template's own tokens kept out of their text."""

from collections.abc import Iterable, Sequence
from typing import NotRequired, TypedDict, TypeVar

from pydantic import JsonValue

from datasets_registry.hashing import ranked
from datasets_registry.rows.conversation import Tool
from generation.chat import render, token_ids
from generation.request import Message
from generation.tokenizer import Tokenizer
from generation.turns import as_text, carries_fields, one_system_turn
from generation.words import special_tokens
from training.data.tokens import Conversation

Stored = dict[str, JsonValue]


class Turn(TypedDict):
    """One turn of a conversation, as TRL and chat templates take it."""

    role: str
    content: str


Turns = list[Turn]


class PromptRow(TypedDict):
    """A row with a prompt: ours has turns before it as ``history``, an imported one all as ``messages``."""

    prompt: str
    history: NotRequired[Sequence[Stored]]
    messages: NotRequired[Sequence[Stored] | None]
    tools: NotRequired[Sequence[Stored] | None]
    split_group: NotRequired[str | None]


class CompletionRow(PromptRow):
    """A prompt and its completion, perhaps with the thought before it and calls of tools."""

    completion: str
    reasoning: NotRequired[str | None]
    tool_calls: NotRequired[Sequence[Stored] | None]


class SignalColumn(TypedDict):
    """A signal's own probability that completion a is better."""

    signal: str
    p_a: float


class PairRow(PromptRow):
    """Two completions of a prompt; ``label`` says which is better, and verified pairs have none.

    The probabilities that completion a is better are those of all signals, and of each by itself.
    """

    chosen: str
    rejected: str
    chosen_reasoning: NotRequired[str | None]
    rejected_reasoning: NotRequired[str | None]
    chosen_tool_calls: NotRequired[Sequence[Stored] | None]
    rejected_tool_calls: NotRequired[Sequence[Stored] | None]
    label: NotRequired[str]
    p_a: NotRequired[float]
    p_harmlessness: NotRequired[float | None]
    p_helpfulness: NotRequired[float | None]
    p_honesty: NotRequired[float | None]
    p_signals: NotRequired[Sequence[SignalColumn]]


class Grouped(TypedDict):
    """A row or example that stays with those of its split group."""

    split_group: str


G = TypeVar("G", bound=Grouped)


def held_out_groups(rows: Iterable[Grouped], share: float, seed: int) -> set[str]:
    """About ``share`` of the rows' split groups, drawn by ``seed``; at least one of several groups.

    Never all of them, and none where ``share`` is 0. More rows leave the order of the rest alone.
    """
    order = ranked(sorted({row["split_group"] for row in rows}), "held out", seed)
    number = 0 if share == 0 else max(1, round(share * len(order)))
    return set(order[: min(number, len(order) - 1)]) if order else set()


def parted(rows: Sequence[G], share: float, seed: int) -> tuple[list[G], list[G]]:
    """The rows to train on, and the rows held out."""
    groups = held_out_groups(rows, share, seed)
    return (
        [row for row in rows if row["split_group"] not in groups],
        [row for row in rows if row["split_group"] in groups],
    )


def prompt_messages(row: PromptRow, system_text: str | None) -> tuple[Message, ...]:
    """The row's conversation up to the completion, after the system prompt if there is one."""
    system = [] if system_text is None else [Message(role="system", content=system_text)]
    return (*system, *map(Message.model_validate, _turns(row)))


def conversation(row: PromptRow, system_text: str | None) -> Conversation:
    """The row's conversation up to the completion, and its tools."""
    return Conversation(
        prompt_messages(row, system_text), tuple(map(Tool.model_validate, row.get("tools") or ()))
    )


def answer(text: str, reasoning: str | None = None, tool_calls: Sequence[Stored] | None = None) -> Message:
    """A completion as the assistant's turn."""
    return Message.model_validate(
        {"role": "assistant", "content": text, "reasoning": reasoning, "tool_calls": tool_calls or None}
    )


def completed(row: CompletionRow) -> Message:
    """The row's completion as the assistant's turn."""
    return answer(row["completion"], row.get("reasoning"), row.get("tool_calls"))


def sides(row: PairRow) -> tuple[Message, Message]:
    """The pair's chosen and rejected completions as the assistant's turns."""
    return (
        answer(row["chosen"], row.get("chosen_reasoning"), row.get("chosen_tool_calls")),
        answer(row["rejected"], row.get("rejected_reasoning"), row.get("rejected_tool_calls")),
    )


def _turns(row: PromptRow) -> Sequence[Stored]:
    """All turns before the completion."""
    return row.get("messages") or [*row.get("history", ()), {"role": "user", "content": row["prompt"]}]


def split_group(row: PromptRow) -> str:
    """The split group; without one, rows of the same prompt stay together."""
    return str(row.get("split_group") or row["prompt"])


def carries_more(row: PromptRow) -> bool:
    """Whether the row's conversation has tools, thoughts or tool calls besides what is said."""
    return carries_fields(*conversation(row, None))


def prompt_turns(tokenizer: Tokenizer, row: PromptRow, system_text: str | None) -> Turns:
    """What is said in the row's conversation up to the completion, as TRL takes it."""
    specials = special_tokens(tokenizer)
    return [
        {"role": turn.role, "content": as_text(turn.content, specials)}
        for turn in one_system_turn(prompt_messages(row, system_text))
    ]


def prompt_ids(tokenizer: Tokenizer, messages: Sequence[Message]) -> list[int]:
    """The conversation as token ids, up to where the assistant's turn begins."""
    return token_ids(tokenizer, render(tokenizer, messages, continues=False))
