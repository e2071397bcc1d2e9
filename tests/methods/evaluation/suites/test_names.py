"""The names that a profile may say are those of the suites."""

from methods.evaluation.suites.named import SUITES
from methods.evaluation.suites.names import JUDGED, NAMES


def test_each_suite_has_its_name_and_says_whether_it_is_judged() -> None:
    assert tuple(SUITES) == NAMES
    assert {name for name, suite in SUITES.items() if suite.judged} == {*JUDGED}
