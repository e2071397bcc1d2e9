"""The table of all checks: each names the dataset, the figure, its bounds and the failure that it catches."""

from quality.cai_checks import CAI_CHECKS
from quality.check import Check
from quality.evaluation_checks import EVALUATION_CHECKS
from quality.hygiene_checks import HYGIENE_CHECKS
from quality.imported_checks import IMPORTED_CHECKS
from quality.judge_checks import JUDGE_CHECKS
from quality.label_checks import LABEL_CHECKS
from quality.rft_checks import RFT_CHECKS
from quality.rlaif_checks import RLAIF_CHECKS
from quality.step_checks import STEP_CHECKS
from quality.step_label_checks import STEP_LABEL_CHECKS

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
