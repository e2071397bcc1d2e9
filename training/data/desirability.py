"""Completions that are desirable or not, of pairs or of single verdicts, in batches that have both."""

import random
from collections import deque
from collections.abc import Mapping, Sequence
from typing import TypedDict, cast

from datasets_registry.errors import BadInput, ModelFailed
from generation.tokenizer import Tokenizer
from training.data.pairs import preferred
from training.data.rows import CompletionRow, PairRow, PromptRow, completed, conversation
from training.data.tokens import learned

_WORDS = {True: "desirable", False: "undesirable"}


class JudgedRow(CompletionRow):
    """A completion that is desirable or not."""

    label: bool


class JudgedExample(TypedDict):
    """A prompt's tokens, those of its completion and whether that is desirable, as TRL takes them."""

    prompt_ids: list[int]
    completion_ids: list[int]
    label: bool


def judged(rows: Sequence[PromptRow], dataset: object) -> tuple[list[JudgedRow], int]:
    """Each completion with its prompt's columns and ``label``, and how many there are with and without one.

    The chosen completion of a pair is desirable and the rejected one is not. A single verdict, such as a row
    of ``candidates``, has ``completion`` and ``accepted``: a sample that failed has no label, nor has one
    that was cut or shown a hint, as in ``verified_pairs``. Raises BadInput for rows of another kind.
    """
    columns = rows[0].keys() if rows else {"chosen", "rejected"}
    if {"chosen", "rejected"} <= columns:
        pairs = cast(Sequence[PairRow], rows)
        return [side for pair in preferred(pairs) for side in _sides(pair)], 2 * len(rows)
    if {"completion", "accepted"} <= columns:
        verdicts = cast(Sequence[Mapping[str, object]], rows)
        return [_with_label(row) for row in verdicts if _has_label(row)], len(rows)
    raise BadInput(
        f"{dataset} has neither the columns chosen and rejected nor completion and accepted: KTO learns from "
        "pairs, or from completions with a verdict each, such as candidates"
    )


def _sides(pair: PairRow) -> list[JudgedRow]:
    return [_side(pair, "chosen", True), _side(pair, "rejected", False)]


def _side(pair: PairRow, side: str, label: bool) -> JudgedRow:
    given = cast(Mapping[str, object], pair)
    answer = {
        "completion": given[side],
        "reasoning": given.get(f"{side}_reasoning"),
        "tool_calls": given.get(f"{side}_tool_calls"),
    }
    return cast(JudgedRow, {**given, **answer, "label": label})


def _has_label(row: Mapping[str, object]) -> bool:
    is_whole = row.get("finish_reason", "stop") == "stop" and not row.get("hinted")
    return is_whole and row["accepted"] is not None


def _with_label(row: Mapping[str, object]) -> JudgedRow:
    return cast(JudgedRow, {**row, "label": row["accepted"]})


def judged_example(tokenizer: Tokenizer, row: JudgedRow, system_text: str | None) -> JudgedExample:
    """The completion as an ended turn after its prompt; raises as ``learned``."""
    prompt, completion = learned(tokenizer, conversation(row, system_text), completed(row))
    return {"prompt_ids": prompt, "completion_ids": completion, "label": row["label"]}


def without_contradictions(examples: Sequence[JudgedExample]) -> list[JudgedExample]:
    """The examples but those whose prompt and completion, as tokens, are desirable and undesirable both."""
    labels: dict[tuple[tuple[int, ...], tuple[int, ...]], set[bool]] = {}
    for example in examples:
        labels.setdefault(_tokens(example), set()).add(example["label"])
    return [example for example in examples if len(labels[_tokens(example)]) == 1]


def _tokens(example: JudgedExample) -> tuple[tuple[int, ...], tuple[int, ...]]:
    return tuple(example["prompt_ids"]), tuple(example["completion_ids"])


def in_batches(examples: Sequence[JudgedExample], size: int, seed: int) -> list[JudgedExample]:
    """``examples`` in an order in which every ``size`` of them have both labels.

    An example that would be alone in the last batch is dropped. KTO estimates how far the policy is from its
    reference by pairing each prompt with the completion before it in the batch, which must be unrelated.
    Completions of one label alone, or of the prompt itself, would bias the estimate. So labels take turns by
    their shares, and neighbours have different prompts while others are left. Raises ModelFailed where there
    are too few of one label.
    """
    sides = _shuffled_sides(examples, seed)
    if len(examples) % size == 1:
        max(sides.values(), key=len).pop()
    rarer = min(sides, key=lambda label: len(sides[label]))
    few, total = len(sides[rarer]), sum(map(len, sides.values()))
    _require_both(few, total, size, rarer)
    turns = {(index + 1) * total // few - 1 for index in range(few)}
    ordered: list[JudgedExample] = []
    for position in range(total):
        batch = ordered[position - position % size :]
        closes = len(batch) == size - 1 or position == total - 1
        neighbours = [example["prompt_ids"] for example in (*batch[-1:], *(batch[:1] if closes else ()))]
        ordered.append(_next(sides[rarer if position in turns else not rarer], neighbours))
    return ordered


def _shuffled_sides(examples: Sequence[JudgedExample], seed: int) -> dict[bool, deque[JudgedExample]]:
    shuffled = list(examples)
    random.Random(seed).shuffle(shuffled)
    return {
        label: deque(example for example in shuffled if example["label"] is label) for label in (True, False)
    }


def _require_both(few: int, total: int, size: int, rarer: bool) -> None:
    if not few:
        raise ModelFailed(
            f"none of {total} completions is {_WORDS[rarer]}: KTO learns from both kinds, so add the other, "
            "or train by sft"
        )
    if few * size < total:
        raise ModelFailed(
            f"batches of {size} would have one label alone, since {few} of {total} completions are "
            f"{_WORDS[rarer]}: raise batch_size to at least {-(-total // few)}, or add more of them"
        )


def _next(side: deque[JudgedExample], neighbours: Sequence[list[int]]) -> JudgedExample:
    for index, example in enumerate(side):
        if example["prompt_ids"] not in neighbours:
            del side[index]
            return example
    return side.popleft()
