"""The prompts that a policy is sampled for: which rows of a dataset, and in what order."""

import random
from collections.abc import Sequence
from typing import NotRequired, TypeVar

from datasets_registry.errors import BadInput
from datasets_registry.hashing import digest, ranked
from generation.chat import Unrenderable
from generation.tokenizer import Tokenizer
from training.data.gold import with_gold_accepted
from training.data.rows import PromptRow, carries_more, prompt_ids, prompt_messages
from training.data.selection import examples_of, tolerate
from training.running.run import Run, require_rows, rows_of
from training.settings.online import OnlineSettings

OnlineRun = Run[OnlineSettings]


class OnlineRow(PromptRow):
    """A prompt to sample for; problems have an answer, a family and a split, and other prompts a kind."""

    answer: NotRequired[str | None]
    solution: NotRequired[str | None]
    family: NotRequired[str | None]
    kind: NotRequired[str]
    split: NotRequired[str]


R = TypeVar("R", bound=OnlineRow)


def select_prompts(run: OnlineRun, tokenizer: Tokenizer) -> tuple[list[OnlineRow], dict[str, int]]:
    """The rows to sample for, and counts of rows: `trained`, `too_long`, `gold_rejected`, and `unasked`
    for the others.

    Prompts with tools or thoughts, and those that the template refuses, are `unrenderable`. Training rows
    of the settings' families are taken, each conversation once. Raises BadInput where the verifier would have
    no column `answer` to compare with, or the gate of a combination no `kind`, or where there are fewer than
    the settings' number, and ModelFailed where too few rows fit.
    """
    answer = ("answer",) if run.config.verifier else ()
    family = ("family",) if run.settings.families else ()
    combination = run.settings.rewards.combination
    kind = ("kind",) if combination and combination.gated_kinds else ()
    rows = rows_of(run, OnlineRow, *answer, *family, *kind)
    chosen = chosen_rows(rows, run.settings, str(run.dataset))
    lengths, refusals = examples_of(chosen, lambda row: (row, _length(tokenizer, row, run)))
    tolerate(run, refusals, len(chosen))
    longest = run.settings.max_length - run.settings.max_completion_length
    fitting = [row for row, length in lengths if length <= longest]
    usable = with_gold_accepted(fitting, run.config.verifier, run.report)
    counts = {
        "given": len(rows),
        "trained": len(usable),
        "too_long": len(lengths) - len(fitting),
        **({"unrenderable": len(refusals)} if refusals else {}),
        "unasked": len(rows) - len(chosen),
        "gold_rejected": len(fitting) - len(usable),
    }
    require_rows(run, counts)
    return usable, counts


def chosen_rows(rows: Sequence[R], settings: OnlineSettings, dataset: str) -> list[R]:
    """The settings' number of rows of ``dataset``, in an order by content that more rows do not change.

    Raises BadInput where there are fewer.
    """
    distinct = {_identity(row): row for row in rows if _is_eligible(row, settings)}
    number = len(distinct) if settings.number is None else settings.number
    if len(distinct) < number:
        families = f" of the families {list(settings.families)}" if settings.families else ""
        raise BadInput(
            f"number is {number}, and {dataset} has {len(distinct)} prompts to train on{families}: lower "
            "number, or add prompts"
        )
    return [distinct[identity] for identity in ranked(list(distinct), "online", settings.seed)[:number]]


def _is_eligible(row: OnlineRow, settings: OnlineSettings) -> bool:
    of_family = not settings.families or row["family"] in settings.families
    return of_family and row.get("split", "train") == "train"


def _identity(row: OnlineRow) -> str:
    turns = [(message.role, message.content) for message in prompt_messages(row, None)]
    return digest([turns, row.get("answer")])


def _length(tokenizer: Tokenizer, row: OnlineRow, run: OnlineRun) -> int:
    if carries_more(row):
        raise Unrenderable(
            f"the prompt {row['prompt'][:40]!r} has tools, tool calls or thoughts: leave it out"
        )
    return len(prompt_ids(tokenizer, prompt_messages(row, run.config.system_text)))


def prompt_order(num_prompts: int, settings: OnlineSettings) -> list[int]:
    """The indices of the prompts of all steps, step by step: shuffled for each pass.

    The order is known before the run, so that a resumed one continues where it stopped.
    """
    total = settings.rows_per_step * settings.iterations(num_prompts)
    shuffling = random.Random(settings.seed)
    indices: list[int] = []
    while len(indices) < total:
        indices += shuffling.sample(range(num_prompts), num_prompts)
    return indices[:total]
