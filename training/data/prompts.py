"""The prompts that a policy draws answers for: which rows of a dataset, and in what order."""

import random
from collections.abc import Mapping, Sequence
from typing import Any

from datasets_registry.errors import BadInput
from datasets_registry.hashing import digest, ranked
from generation.chat import render, token_ids
from training.data.rows import asked
from training.running.run import Run, require_rows, rows_of
from training.settings.online import OnlineSettings

OnlineRun = Run[OnlineSettings]


def prompts(run: OnlineRun, tokenizer: Any) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """The rows to draw for, and counts of rows: `trained`, `too_long`, and `unasked` for those not wanted.

    Wanted are training rows of the settings' families, each conversation once. Raises BadInput where the
    verifier would have no column `answer` to compare with, or where there are fewer than wanted.
    """
    needed = ("prompt", "answer") if run.config.verifier else ("prompt",)
    families = ("family",) if run.settings.families else ()
    rows = rows_of(run, *needed, *families)
    found = wanted(rows, run.settings, str(run.dataset))
    kept = [one for one in found if _fits(tokenizer, one, run)]
    counts = {
        "given": len(rows),
        "trained": len(kept),
        "too_long": len(found) - len(kept),
        "unasked": len(rows) - len(found),
    }
    require_rows(run, counts)
    return kept, counts


def wanted(rows: Sequence[dict[str, Any]], settings: OnlineSettings, dataset: str) -> list[dict[str, Any]]:
    """The wanted rows of ``dataset``, in the order of a draw by content, which more rows do not change."""
    found = {_identity(one): one for one in rows if _may_be_asked(one, settings)}
    number = len(found) if settings.number is None else settings.number
    if len(found) < number:
        raise BadInput(
            f"{number} prompts are wanted and {dataset} has {len(found)} to train on of the families "
            f"{list(settings.families) or 'given'}: lower number, or add prompts"
        )
    return [found[one] for one in ranked(list(found), "online", settings.seed)[:number]]


def _may_be_asked(row: Mapping[str, Any], settings: OnlineSettings) -> bool:
    of_family = not settings.families or row["family"] in settings.families
    return of_family and row.get("split", "train") == "train"


def _identity(row: Mapping[str, Any]) -> str:
    said = [(one.role, one.content) for one in asked(row, None)]
    return digest([said, row.get("answer")])


def _fits(tokenizer: Any, row: Mapping[str, Any], run: OnlineRun) -> bool:
    ids = token_ids(tokenizer, render(tokenizer, asked(row, run.config.system_text), continues=False))
    return len(ids) <= run.settings.max_length - run.settings.max_completion_length


def order(num_prompts: int, settings: OnlineSettings, processes: int = 1) -> list[int]:
    """The places of the prompts of all steps, one step after the other: shuffled, and shuffled again.

    It is known before the run, so that a resumed one goes on where it stopped.
    """
    wanted = processes * settings.rows_per_step * num_steps(num_prompts, settings, processes)
    turns = random.Random(settings.seed)
    places: list[int] = []
    while len(places) < wanted:
        places += turns.sample(range(num_prompts), num_prompts)
    return places[:wanted]


def num_steps(num_prompts: int, settings: OnlineSettings, processes: int = 1) -> int:
    """Steps of the run; a last one that is not full is made up from the next pass."""
    if settings.max_steps is not None:
        return settings.max_steps
    return max(1, -int(-settings.num_epochs * num_prompts // (processes * settings.rows_per_step)))
