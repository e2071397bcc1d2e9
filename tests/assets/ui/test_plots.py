"""What is drawn stands open in the UI, whatever is drawn, and nothing to draw is no error."""

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

import dagster as dg
import duckdb
import pytest

from assets.ui.charts import curves, stands_open
from assets.ui.plots import figure_plot, margin_plot, principle_plot, revision_plot, training_plots
from assets.ui.prm import heat_map, labels_summary
from assets.ui.rft import candidates_summary, pass_at_k, selections_summary
from datasets_registry.manifest import Manifest
from datasets_registry.rows.cai import RevisionStep
from datasets_registry.rows.judges import JudgeFigure, PrincipleFigure
from datasets_registry.rows.prm import StepLabels
from datasets_registry.rows.rft import Candidate, RftSelection
from datasets_registry.rows.rlaif import PreferencePair
from datasets_registry.rows.row import Row, to_table
from tests.rows import make

MANY: list[tuple[Callable[[Any], dg.MetadataValue], Sequence[Any]]] = [
    (margin_plot, [make(PreferencePair, f"p{place}", p_a=place / 500) for place in range(500)]),
    (
        margin_plot,
        [
            make(PreferencePair, f"p{place}", p_a=place / 500, label="tie" if place % 2 else "a")
            for place in range(500)
        ],
    ),
    (revision_plot, [make(RevisionStep, f"p{place % 50}", step=1 + place // 50) for place in range(200)]),
    (heat_map, [make(StepLabels, f"p{place}", solution_id=f"s{place}") for place in range(40)]),
]


@pytest.mark.parametrize(("plot", "rows"), MANY, ids=range(len(MANY)))
def test_a_picture_stands_open(plot: Callable[[Any], dg.MetadataValue], rows: Sequence[Any]) -> None:
    for some in (rows, []):
        require_open(plot(some))


def require_open(picture: dg.MetadataValue) -> None:
    """It is an SVG that the UI does not put behind a link, or a table, which never is."""
    if isinstance(picture, dg.TableMetadataValue):
        return
    text = str(picture.value)
    assert stands_open(text)
    address = text.split("](<data:image/svg+xml,")[1].removesuffix(">)")
    # Markdown would end the address, or read an escape or an entity in it
    assert not set(address) & set("<>\\&\n")
    assert ElementTree.fromstring(unquote(address)).tag.endswith("svg")


def test_figures_of_judges_and_principles_are_tables_with_bars() -> None:
    figures = [make(JudgeFigure, judge=f"judge_{place}") for place in range(2)]
    outside = make(JudgeFigure, holds=False, at_most=0.99, low=0.4, value=0.5, high=0.6)
    unknown = make(JudgeFigure, value=None, low=None)
    for rows in (figures, [outside, unknown], []):
        assert len(table_of(figure_plot(rows))) == len(rows)
    first, second = table_of(figure_plot([outside, unknown]))
    assert (first["0 to 1"], first["holds"]) == ("····├●┤····", "NO")
    assert (second["value"], second["0 to 1"]) == ("", "")
    (principle,) = table_of(principle_plot([make(PrincipleFigure, num_critiques=1, num_pairs=1)]))
    assert principle["both"] == "▒▒▒▒▒█████"


def table_of(value: dg.MetadataValue) -> list[dict[str, Any]]:
    """The records of a table."""
    assert isinstance(value, dg.TableMetadataValue)
    return [dict(record.data) for record in value.records]


@pytest.mark.parametrize("steps", [0, 1, 2_000])
def test_a_run_is_a_picture_of_each_kind_of_metric_that_it_logged(steps: int) -> None:
    points = tuple((place, 1 / (place + 1)) for place in range(steps))
    names = ("rewards/margins", "logps/chosen", "logps/rejected", "kl", "a metric of one's own & more")
    drawn = training_plots(Manifest(loss=points, curves=dict.fromkeys(names, points)))
    assert list(drawn) == ["curve_loss", "curve_reward", "curve_log_probabilities", "curve_kl"]
    for picture in (*drawn.values(), *training_plots(Manifest(loss=points)).values()):
        require_open(picture)


def test_a_name_is_no_markup_in_a_picture() -> None:
    name = "<b>&amp;\\](x) ‮ñ"
    picture = training_plots(Manifest(loss=((0, 1.0), (1, float("nan")))))["curve_loss"]
    require_open(picture)
    require_open(curves("a `|` title]", "x", {name: [(0, 1.0), (1, 2.0)]}))


def viewed(row: type[Row], rows: Sequence[Row]) -> "duckdb.DuckDBPyConnection":
    """The rows as the view `this`."""
    connection = duckdb.connect()
    connection.register("this", to_table(row, rows))
    return connection


@pytest.mark.parametrize(
    "rows", [[make(Candidate, difficulty=None), make(Candidate, "q", accepted=False)], []]
)
def test_candidates_are_shown(rows: list[Candidate]) -> None:
    with viewed(Candidate, rows) as connection:
        shown = candidates_summary(connection)
    assert (shown["accepted"], shown["rejected"]) == ((1, 1) if rows else (0, 0))
    require_open(shown["acceptance_by_difficulty"])
    require_open(shown["solved_within_k"])


def test_solved_within_k_knows_what_stopped_draws_say() -> None:
    def drawn(name: str, *accepted: bool) -> list[Candidate]:
        return [
            make(Candidate, name, sample=place, accepted=is_accepted, num_draws=len(accepted))
            for place, is_accepted in enumerate(accepted)
        ]

    # the third was given up after one draw, and says nothing about more
    rows = [
        *drawn("a", True),
        *drawn("b", False, False, True, False),
        *drawn("c", False),
        *drawn("d", *[False] * 4),
    ]
    with viewed(Candidate, rows) as connection:
        assert pass_at_k(connection) == [
            ("lab_policy", 1, 0.25),
            ("lab_policy", 3, 2 / 3),
            ("lab_policy", 4, 2 / 3),
        ]


def test_selections_are_shown() -> None:
    rows = [make(RftSelection), make(RftSelection, rank=2), make(RftSelection, "q", pass_rate=1.0)]
    with viewed(
        RftSelection, [*rows, make(RftSelection, "g", kind="gold", rank=0, pass_rate=None)]
    ) as connection:
        shown = selections_summary(connection)
    assert (shown["problems"], shown["sampled"], shown["gold"]) == (2, 3, 1)
    assert shown["easy_share"] == pytest.approx(1 / 3)
    require_open(shown["distinct_paths"])


def test_step_labels_are_shown() -> None:
    shown = labels_summary([make(StepLabels, num_tokens=30, exhaustive_tokens=120)])
    assert shown["share_of_exhaustive"] == 0.25
    require_open(shown["tokens_spent"])
