"""Dataset rows as TRL examples: conversations, with the template's tokens kept out of the text."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from datasets_registry.errors import BadInput
from datasets_registry.hashing import ranked
from generation.chat import as_text, finished, special_tokens, token_ids
from generation.request import Message
from training.running.run import AnyRun


def require_ending(run: AnyRun, tokenizer: Any, learned: Sequence[int]) -> None:
    """Raise BadInput unless the ``learned`` tokens end the turn at last: else a policy would never stop."""
    # a template may put a line break behind the end
    if tokenizer.eos_token_id not in learned[-2:]:
        raise BadInput(
            f"the chat template of {run.base} ends a turn with {tokenizer.decode(learned[-1:])!r} and not "
            f"with eos_token {tokenizer.eos_token!r}, so the policy would never stop: set eos_token to it"
        )


def held_out_groups(rows: Sequence[Mapping[str, Any]], share: float, seed: int) -> set[str]:
    """About ``share`` of the rows' split groups, drawn by ``seed``; at least one of several groups.

    Never all of them, and none where ``share`` is 0. More rows leave the drawn order of the rest alone.
    """
    groups = ranked(sorted({one["split_group"] for one in rows}), "held out", seed)
    wanted = 0 if share == 0 else max(1, round(share * len(groups)))
    return set(groups[: min(wanted, len(groups) - 1)]) if groups else set()


def parted(
    rows: Sequence[dict[str, Any]], share: float, seed: int
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The rows to train on, and the rows held out."""
    groups = held_out_groups(rows, share, seed)
    return (
        [one for one in rows if one["split_group"] not in groups],
        [one for one in rows if one["split_group"] in groups],
    )


Turns = list[dict[str, str]]


def asked(row: Mapping[str, Any], system_text: str | None) -> tuple[Message, ...]:
    """The row's conversation up to the completion, as a scorer is given it."""
    system = [] if system_text is None else [{"role": "system", "content": system_text}]
    said = [*system, *_conversation(row)]
    return tuple(Message(role=one["role"], content=one["content"]) for one in said)


def _conversation(row: Mapping[str, Any]) -> list[dict[str, str]]:
    """All that was said: imported rows have it as ``messages``, ours as ``history`` and ``prompt``."""
    if row.get("messages"):
        return list(row["messages"])
    return [*row.get("history", []), {"role": "user", "content": row["prompt"]}]


def group(row: Mapping[str, Any]) -> str:
    """The split group: equal prompts are one where the dataset says none."""
    return str(row.get("split_group") or row["prompt"])


def turns(tokenizer: Any, row: Mapping[str, Any], system_text: str | None) -> Turns:
    """The row's conversation up to the completion, as the policy is asked it."""
    specials = special_tokens(tokenizer)
    system = [] if system_text is None else [{"role": "system", "content": system_text}]
    said = [{"role": one["role"], "content": as_text(one["content"], specials)} for one in _conversation(row)]
    return [*system, *said]


def preferred(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The pairs in which one completion is preferred: of verified pairs, which have no label, all."""
    return [one for one in rows if one.get("label", "a") in ("a", "b")]


def reply(tokenizer: Any, completion: str) -> Turns:
    """The completion as the assistant's turn."""
    return [{"role": "assistant", "content": as_text(completion, special_tokens(tokenizer))}]


def pair(tokenizer: Any, row: Mapping[str, Any], system_text: str | None) -> dict[str, Turns]:
    """A preferred pair's prompt and both completions as turns."""
    return {
        "prompt": turns(tokenizer, row, system_text),
        "chosen": reply(tokenizer, row["chosen"]),
        "rejected": reply(tokenizer, row["rejected"]),
    }


def fitting(
    tokenizer: Any, examples: Iterable[dict[str, Any]], replies: Sequence[str], max_length: int
) -> list[dict[str, Any]]:
    """The examples whose every conversation has at most ``max_length`` tokens; none is cut."""
    kept = []
    for one in examples:
        lengths = [len(conversation_ids(tokenizer, one["prompt"] + one[name])) for name in replies]
        if max(lengths) <= max_length:
            kept.append(one)
    return kept


def conversation_ids(tokenizer: Any, conversation: Iterable[Mapping[str, str]]) -> list[int]:
    """The ended conversation as token ids; raises BadInput where the vocabulary lacks a character."""
    messages = [Message.model_validate(one) for one in conversation]
    return token_ids(tokenizer, finished(tokenizer, messages))
