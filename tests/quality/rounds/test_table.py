"""The Markdown table over rounds."""

from quality.rounds.table import rounds_table
from tests.quality.rounds.watched import decided, watched


def test_figures_are_lines_and_rounds_are_columns() -> None:
    rows = [
        watched(value=0.71, change=0.01),
        watched(round=2, value=0.6, change=-0.1, outcome="stop"),
        watched(
            round=2, figure="mean_tokens", family="all", concern="length", scale="relative", change=0.125
        ),
        watched(
            round=2, figure="entropy", family="all", concern="entropy", change=None, outcome="unmeasured"
        ),
        watched(round=2, figure="p95_tokens", family="all", concern="length", change=None),
        watched(figure="p95_tokens", family="all", concern="length", scale="value", value=2.0, change=2.0),
        watched(figure="yield_share", family="all", concern="yield", scale="value", value=0.44, change=0.44),
    ]
    verdicts = [decided(), decided(round=2, verdict="stop_tax", weights_round=1, stopped_in=2)]
    assert rounds_table(rows, verdicts).splitlines() == [
        "| figure | round 1 | round 2 |",
        "| --- | --- | --- |",
        "| verdict | go_on | stop_tax |",
        "| released | round 1 | round 1 |",
        "| capability, facts | 0.71 (+0.01) | 0.6 (-0.1) **stop** |",
        "| mean_tokens |  | 0.7 (+12.5%) |",
        "| p95_tokens | 2 | – |",
        "| yield_share | 0.44 |  |",
        "",
        "Not measured: entropy",
    ]


def test_a_family_from_a_file_ends_no_cell_and_no_line() -> None:
    table = rounds_table([watched(family="a | b\nc")])
    assert "a \\| b c" in table
    assert len(table.splitlines()) == 3
    assert rounds_table([]) == ""
