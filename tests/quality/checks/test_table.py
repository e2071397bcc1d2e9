"""Good rows pass every check, and every check has a fault that turns it red."""

import pytest

from datasets_registry.rows.hygiene import EvaluationLeak, HygieneFinding
from datasets_registry.rows.judges import SteeredVerdict
from datasets_registry.rows.review.reviewed import ReviewedFigure
from datasets_registry.rows.rounds.revisions import FailureRevision
from datasets_registry.rows.rounds.watch import RoundWatch
from datasets_registry.rows.row import Row
from quality.checks.table import CHECKS
from tests.quality.checks import (
    test_cai,
    test_evaluation,
    test_hygiene,
    test_imported,
    test_judges,
    test_prm,
    test_problems,
    test_prompts,
    test_rft,
    test_rlaif,
    test_rounds,
)
from tests.quality.checks.good_rows import GOOD, Fault, Good, fault_id, require_red, results
from tests.quality.checks.mixed import test_mixtures, test_pass_rates, test_reward_pairs, test_ruled
from tests.quality.checks.oversight import test_amplification, test_oversight
from tests.quality.checks.review import test_reviews
from tests.quality.checks.rounds import test_round_data

# to find nothing is good, as is no failure; where a judge decides nothing there is nothing to turn, and
# behind a stop no figure
MAY_BE_EMPTY = (
    *(EvaluationLeak, HygieneFinding, SteeredVerdict, RoundWatch, FailureRevision),
    ReviewedFigure,
)
FAULTS: list[Fault] = [(row, "has_rows", []) for row in GOOD if row not in MAY_BE_EMPTY]
METHODS = (
    test_amplification,
    test_mixtures,
    test_pass_rates,
    test_reward_pairs,
    test_ruled,
    test_cai,
    test_evaluation,
    test_hygiene,
    test_imported,
    test_judges,
    test_oversight,
    test_prm,
    test_problems,
    test_prompts,
    test_reviews,
    test_rft,
    test_rlaif,
    test_round_data,
    test_rounds,
)


@pytest.mark.parametrize("row", GOOD, ids=lambda row: row.dataset)
def test_good_rows_pass_every_check(row: type[Row], good: Good) -> None:
    assert [result for result in results(good, row, GOOD[row]) if not result.passed] == []


@pytest.mark.parametrize("fault", FAULTS, ids=fault_id)
def test_a_dataset_without_rows_is_red(fault: Fault, good: Good) -> None:
    require_red(fault, good)


def test_every_check_has_a_planted_fault() -> None:
    faults = [*FAULTS, *(fault for method in METHODS for fault in method.FAULTS)]
    assert {(check.dataset, check.name) for check in CHECKS} == {
        (row.dataset, name) for row, name, _ in faults
    }
