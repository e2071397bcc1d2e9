"""Dataset rows as conversations, with the chat template's own tokens kept out of their text."""

from collections.abc import Iterable, Sequence
from typing import NotRequired, TypedDict, TypeVar

from datasets_registry.errors import BadInput
from datasets_registry.hashing import ranked
from generation.chat import finished, render, token_ids
from generation.request import Message
from generation.tokenizer import Tokenizer
from generation.turns import as_text
from generation.words import special_tokens
from training.running.run import AnyRun


class Turn(TypedDict):
    """One turn of a conversation, as TRL and chat templates take it."""

    role: str
    content: str


Turns = list[Turn]


class PromptRow(TypedDict):
    """A row with a prompt: ours has turns before it as ``history``, an imported one all as ``messages``."""

    prompt: str
    history: NotRequired[Turns]
    messages: NotRequired[Turns | None]
    split_group: NotRequired[str | None]


class CompletionRow(PromptRow):
    """A prompt and its completion."""

    completion: str


class PairRow(PromptRow):
    """Two completions of a prompt; ``label`` says which is better, and verified pairs have none.

    The probabilities that completion a is better are those of all signals, and of each by itself.
    """

    chosen: str
    rejected: str
    label: NotRequired[str]
    p_a: NotRequired[float]
    p_harmlessness: NotRequired[float | None]
    p_helpfulness: NotRequired[float | None]
    p_honesty: NotRequired[float | None]


class Grouped(TypedDict):
    """A row or example that stays with those of its split group."""

    split_group: str


G = TypeVar("G", bound=Grouped)


def require_ending(run: AnyRun, tokenizer: Tokenizer, learned: Sequence[int]) -> None:
    """Raise BadInput unless the ``learned`` tokens close with the end of a turn: the policy must learn it."""
    # a template may put a line break behind the end
    if tokenizer.eos_token_id not in learned[-2:]:
        raise BadInput(
            f"the chat template of {run.base} ends a turn with {tokenizer.decode(learned[-1:])!r} and not "
            f"with eos_token {tokenizer.eos_token!r}, so the policy would never stop: set eos_token to it"
        )


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
    """The row's conversation up to the completion, as a scorer reads it."""
    system = [] if system_text is None else [Message(role="system", content=system_text)]
    return (*system, *(Message.model_validate(_plain(turn)) for turn in _conversation(row)))


def _conversation(row: PromptRow) -> Turns:
    """All turns before the completion."""
    if row.get("messages"):
        return list(row["messages"] or ())
    return [*row.get("history", []), {"role": "user", "content": row["prompt"]}]


def _plain(turn: Turn) -> Turn:
    # stored turns may have fields beyond these
    return {"role": turn["role"], "content": turn["content"]}


def split_group(row: PromptRow) -> str:
    """The split group; without one, rows of the same prompt stay together."""
    return str(row.get("split_group") or row["prompt"])


def prompt_turns(tokenizer: Tokenizer, row: PromptRow, system_text: str | None) -> Turns:
    """The row's conversation up to the completion, as the policy reads it."""
    specials = special_tokens(tokenizer)
    system: Turns = [] if system_text is None else [{"role": "system", "content": system_text}]
    turns: Turns = [
        {"role": turn["role"], "content": as_text(turn["content"], specials)} for turn in _conversation(row)
    ]
    return [*system, *turns]


def reply(tokenizer: Tokenizer, completion: str) -> Turns:
    """The completion as the assistant's turn."""
    return [{"role": "assistant", "content": as_text(completion, special_tokens(tokenizer))}]


def prompt_ids(tokenizer: Tokenizer, messages: Sequence[Message]) -> list[int]:
    """The conversation as token ids, up to where the assistant's turn begins."""
    return token_ids(tokenizer, render(tokenizer, messages, continues=False))


def conversation_ids(tokenizer: Tokenizer, turns: Turns) -> list[int]:
    """The ended conversation as token ids; raises BadInput where the vocabulary lacks a character."""
    return token_ids(tokenizer, finished(tokenizer, [Message.model_validate(turn) for turn in turns]))


def fits(tokenizer: Tokenizer, prompt: Turns, replies: Sequence[Turns], max_length: int) -> bool:
    """Whether the prompt with each of ``replies`` has at most ``max_length`` tokens; none is ever cut."""
    return max(len(conversation_ids(tokenizer, prompt + reply)) for reply in replies) <= max_length
