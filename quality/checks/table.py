"""The table of all checks: each names the dataset, the figure, its bounds and the failure that it catches."""

from quality.checks.cai import CAI_CHECKS
from quality.checks.check import Check
from quality.checks.hygiene import HYGIENE_CHECKS
from quality.checks.judges import JUDGE_CHECKS
from quality.checks.prm import STEP_CHECKS, STEP_LABEL_CHECKS
from quality.checks.rft import RFT_CHECKS
from quality.checks.rlaif import LABEL_CHECKS, RLAIF_CHECKS
from quality.checks.rules import SOURCES, no_empty, no_rows, source_prompt, splits_apart

EVALUATION_CHECKS: tuple[Check, ...] = (
    no_rows("evaluation_answers"),
    source_prompt("evaluation_answers", *SOURCES),
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
)


IMPORTED_CHECKS: tuple[Check, ...] = (
    no_rows("problems"),
    no_empty("problems", "prompt", "answer"),
    splits_apart("problems"),
    no_rows("human_preferences"),
    no_empty("human_preferences", "prompt", "chosen", "rejected"),
    Check(
        "human_preferences",
        "chosen_differs",
        "SELECT count(*) FROM this WHERE chosen = rejected",
        "pairs whose chosen is the rejected",
        at_most=0,
    ),
    no_rows("demonstrations"),
    no_empty("demonstrations", "prompt", "completion"),
)


CHECKS: tuple[Check, ...] = (
    *CAI_CHECKS,
    *RLAIF_CHECKS,
    *LABEL_CHECKS,
    *JUDGE_CHECKS,
    *EVALUATION_CHECKS,
    *IMPORTED_CHECKS,
    *HYGIENE_CHECKS,
    *RFT_CHECKS,
    *STEP_CHECKS,
    *STEP_LABEL_CHECKS,
)


def checks_of(dataset: str) -> list[Check]:
    """The checks of one dataset."""
    return [one for one in CHECKS if one.dataset == dataset]
