"""Checks of held-out answers and of the figures made from them."""

from datasets_registry.rows.prompts import PROMPT_SETS
from quality.checks.check import Check
from quality.checks.rules import no_rows, source_prompt

EVALUATION_CHECKS: tuple[Check, ...] = (
    no_rows("evaluation_answers"),
    source_prompt("evaluation_answers", *PROMPT_SETS),
    Check(
        "evaluation_answers",
        "no_training_prompt",
        "SELECT count(*) FROM this WHERE split_group IN (SELECT split_group FROM cai_sft"
        " UNION ALL SELECT split_group FROM preference_pairs WHERE chosen IS NOT NULL)",
        "evaluation prompts that a model was trained on",
        at_most=0,
        reads=("cai_sft", "preference_pairs"),
    ),
    no_rows("evaluation"),
    no_rows("gate_results"),
    Check(
        "gate_results",
        "gates_passed",
        "SELECT count(*) FROM this WHERE NOT passed",
        "models that do not keep a bound of the profile's gates",
        at_most=0,
    ),
)
