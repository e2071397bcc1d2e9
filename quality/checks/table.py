"""The table of all checks: each names the dataset, the figure, its bounds and the failure that it catches."""

from collections.abc import Sequence

from datasets_registry.errors import BadInput
from datasets_registry.plugins import load_plugin
from datasets_registry.version import Derivation
from quality.checks.cai import CAI_CHECKS
from quality.checks.check import Check
from quality.checks.evaluation import EVALUATION_CHECKS
from quality.checks.hygiene import HYGIENE_CHECKS
from quality.checks.imported import IMPORTED_CHECKS, import_checks
from quality.checks.judges import JUDGE_CHECKS
from quality.checks.mixed.mixtures import MIXTURE_CHECKS
from quality.checks.mixed.pass_rates import PASS_RATE_CHECKS
from quality.checks.mixed.reward_pairs import REWARD_PAIR_CHECKS
from quality.checks.mixed.ruled import RULED_CHECKS
from quality.checks.oversight.amplification import AMPLIFICATION_CHECKS
from quality.checks.oversight.debates import DEBATE_CHECKS
from quality.checks.oversight.questions import QUESTION_CHECKS
from quality.checks.oversight.report import REPORT_CHECKS
from quality.checks.prm import PRM_CHECKS
from quality.checks.problems import PROBLEM_CHECKS
from quality.checks.prompts import PROMPT_CHECKS
from quality.checks.review.reviews import REVIEW_CHECKS
from quality.checks.rft import RFT_CHECKS
from quality.checks.rlaif import RLAIF_CHECKS
from quality.checks.rounds.divergence import DIVERGENCE_CHECKS
from quality.checks.rounds.failures import FAILURE_CHECKS
from quality.checks.rounds.pooled import POOLED_CHECKS
from quality.checks.rounds.prompts import ROUND_PROMPT_CHECKS
from quality.checks.rounds.watch import ROUND_CHECKS

CHECKS: tuple[Check, ...] = (
    *PROMPT_CHECKS,
    *CAI_CHECKS,
    *RLAIF_CHECKS,
    *JUDGE_CHECKS,
    *REVIEW_CHECKS,
    *EVALUATION_CHECKS,
    *IMPORTED_CHECKS,
    *PROBLEM_CHECKS,
    *RFT_CHECKS,
    *PRM_CHECKS,
    *HYGIENE_CHECKS,
    *MIXTURE_CHECKS,
    *PASS_RATE_CHECKS,
    *REWARD_PAIR_CHECKS,
    *RULED_CHECKS,
    *ROUND_CHECKS,
    *ROUND_PROMPT_CHECKS,
    *FAILURE_CHECKS,
    *POOLED_CHECKS,
    *DIVERGENCE_CHECKS,
    *QUESTION_CHECKS,
    *DEBATE_CHECKS,
    *AMPLIFICATION_CHECKS,
    *REPORT_CHECKS,
)


# checks of plug-ins, by dataset and name
_JOINED: dict[tuple[str, str], Check] = {}


def join_checks(plugins: Sequence[str]) -> None:
    """Add the ``CHECKS`` of plug-in modules to ours.

    Raises BadInput where a plug-in cannot be used, or the dataset has another check of that name.
    """
    ours = {(check.dataset, check.name) for check in CHECKS}
    for plugin in plugins:
        for check in getattr(load_plugin(plugin), "CHECKS", ()):
            if not isinstance(check, Check):
                raise BadInput(f"plugins: {plugin}.CHECKS holds {check!r}, which is not a check")
            place = (check.dataset, check.name)
            if place in ours or _JOINED.setdefault(place, check) is not check:
                raise BadInput(
                    f"plugins: {plugin} names a check {check.name!r} of {check.dataset}, and there is one "
                    "already: rename it"
                )


def checks_of(dataset: str) -> list[Check]:
    """The checks of one dataset, those of plug-ins last."""
    return [check for check in (*CHECKS, *_JOINED.values()) if check.dataset == dataset]


def checks_of_rows(dataset: str, how: Derivation) -> list[Check]:
    """The checks of rows of the type ``dataset`` that were made as ``how`` says."""
    return [*checks_of(dataset), *import_checks(how)]


def types_read(dataset: str) -> frozenset[str]:
    """The row types that the checks of one dataset read besides its own."""
    return frozenset(read for check in checks_of(dataset) for read in check.reads)
