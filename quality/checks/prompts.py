"""Checks of the prompt sets."""

from datasets_registry.rows.prompts import PROMPT_SETS
from quality.checks.check import Check
from quality.checks.rules import no_empty, no_rows, splits_apart

PROMPT_CHECKS: tuple[Check, ...] = tuple(
    check
    for dataset in PROMPT_SETS
    for check in (no_rows(dataset), no_empty(dataset, "prompt"), splits_apart(dataset))
)
