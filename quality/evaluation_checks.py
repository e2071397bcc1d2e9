"""Checks of held-out answers and of their figures."""

from quality.check import Check
from quality.rules import SOURCES, no_rows, source_prompt

EVALUATION_CHECKS: tuple[Check, ...] = (
    no_rows("evaluation_answers"),
    source_prompt("evaluation_answers", *SOURCES),
    Check(
        "evaluation_answers", "no_training_prompt",
        "SELECT count(*) FROM this WHERE split_group IN (SELECT split_group FROM cai_sft"
        " UNION ALL SELECT split_group FROM preference_pairs WHERE chosen IS NOT NULL)",
        "evaluation prompts that a model was trained on", at_most=0,
        reads=("cai_sft", "preference_pairs"),
    ),
    no_rows("evaluation"),
)  # fmt: skip
