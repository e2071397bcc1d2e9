"""What Dagster shows of the report on oversight."""

from assets.ui.oversight.report import report_summary
from datasets_registry.rows.oversight.report import OversightFigure
from tests.rows import make


def test_those_found_out_are_named_and_accuracies_drawn() -> None:
    says = "judge base_policy chose the first seat in 98 % (95 % to 99 %) of debates"
    found = make(OversightFigure, figure="first_seat_share", flagged=True, says=says)
    shown = report_summary([make(OversightFigure, num_missing=3), found])
    assert shown["found_out"].value == f"- {says}" and shown["findings"] == 1
    assert "| base_policy | passage | debate | 1.000 | 0.200 to 1.000 | ··├───────● | 1 | 3 |" in (
        shown["accuracy"].value
    )
    assert len(shown["figures"].records) == 2
    nobody = report_summary([make(OversightFigure, value=None, low=None, high=None)])
    assert nobody["found_out"].value == "Nobody was found out." and nobody["findings"] == 0
