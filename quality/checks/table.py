"""The table of all checks: each names the dataset, the figure, its bounds and the failure that it catches."""

from quality.checks.cai import CAI_CHECKS
from quality.checks.check import Check
from quality.checks.evaluation import EVALUATION_CHECKS
from quality.checks.hygiene import HYGIENE_CHECKS
from quality.checks.imported import IMPORTED_CHECKS
from quality.checks.judges import JUDGE_CHECKS
from quality.checks.prm import PRM_CHECKS
from quality.checks.problems import PROBLEM_CHECKS
from quality.checks.prompts import PROMPT_CHECKS
from quality.checks.rft import RFT_CHECKS
from quality.checks.rlaif import RLAIF_CHECKS

CHECKS: tuple[Check, ...] = (
    *PROMPT_CHECKS,
    *CAI_CHECKS,
    *RLAIF_CHECKS,
    *JUDGE_CHECKS,
    *EVALUATION_CHECKS,
    *IMPORTED_CHECKS,
    *PROBLEM_CHECKS,
    *RFT_CHECKS,
    *PRM_CHECKS,
    *HYGIENE_CHECKS,
)


def checks_of(dataset: str) -> list[Check]:
    """The checks of one dataset."""
    return [check for check in CHECKS if check.dataset == dataset]
