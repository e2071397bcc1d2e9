"""The suites by name; another one is a module of its own, a line here and one in `names`."""

from collections.abc import Mapping

from methods.evaluation.suite import Suite
from methods.evaluation.suites.calibration import CALIBRATION
from methods.evaluation.suites.capability import CAPABILITY
from methods.evaluation.suites.consistency import CONSISTENCY
from methods.evaluation.suites.diversity import DIVERSITY
from methods.evaluation.suites.harmlessness import HARMLESSNESS
from methods.evaluation.suites.helpfulness import HELPFULNESS
from methods.evaluation.suites.observation import OBSERVATION
from methods.evaluation.suites.over_optimisation import OVER_OPTIMISATION
from methods.evaluation.suites.over_refusal import OVER_REFUSAL
from methods.evaluation.suites.sandbagging import SANDBAGGING
from methods.evaluation.suites.sycophancy import SYCOPHANCY

_SUITES: tuple[Suite, ...] = (
    HELPFULNESS,
    HARMLESSNESS,
    OVER_REFUSAL,
    SYCOPHANCY,
    CONSISTENCY,
    CALIBRATION,
    OBSERVATION,
    SANDBAGGING,
    CAPABILITY,
    DIVERSITY,
    OVER_OPTIMISATION,
)
SUITES: Mapping[str, Suite] = {suite.name: suite for suite in _SUITES}
