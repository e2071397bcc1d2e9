"""Pictures are PNGs under 50 kB, whatever is drawn, and nothing to draw is no error."""

import base64
from collections.abc import Callable, Sequence
from typing import Any

import dagster as dg
import duckdb
import pytest

from assets.ui.plots import figure_plot, margin_plot, principle_plot, revision_plot, training_plot
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

MOST_BYTES = 50_000
MANY: list[tuple[Callable[[Any], dg.MetadataValue], Sequence[Any]]] = [
    (margin_plot, [make(PreferencePair, f"p{place}", p_a=place / 500) for place in range(500)]),
    (figure_plot, [make(JudgeFigure, judge=f"judge_{place}") for place in range(20)]),
    (figure_plot, [make(JudgeFigure, holds=False, at_most=0.99), make(JudgeFigure, value=None, low=None)]),
    (principle_plot, [make(PrincipleFigure, principle_id=f"principle_{place}") for place in range(40)]),
    (revision_plot, [make(RevisionStep, f"p{place % 50}", step=1 + place // 50) for place in range(200)]),
    (heat_map, [make(StepLabels, f"p{place}", solution_id=f"s{place}") for place in range(40)]),
]


@pytest.mark.parametrize(("plot", "rows"), MANY, ids=range(len(MANY)))
def test_a_picture_is_small(plot: Callable[[Any], dg.MetadataValue], rows: Sequence[Any]) -> None:
    for some in (rows, []):
        require_small(plot(some))


def require_small(picture: dg.MetadataValue) -> None:
    """It is a PNG, and not too large for an event log."""
    image = base64.b64decode(str(picture.value).split("base64,")[1].removesuffix(")"))
    assert image.startswith(b"\x89PNG") and len(image) < MOST_BYTES


@pytest.mark.parametrize("steps", [0, 1, 2_000])
def test_a_run_is_a_small_picture_of_what_it_logged(steps: int) -> None:
    points = tuple((place, 1 / (place + 1)) for place in range(steps))
    names = ("rewards/margins", "logps/chosen", "logps/rejected", "kl", "entropy")
    require_small(training_plot(Manifest(loss=points, curves=dict.fromkeys(names, points))))
    require_small(training_plot(Manifest(loss=points)))


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
    require_small(shown["acceptance_by_difficulty"])
    require_small(shown["solved_within_k"])


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
    require_small(shown["distinct_paths"])


def test_step_labels_are_shown() -> None:
    shown = labels_summary([make(StepLabels, num_tokens=30, exhaustive_tokens=120)])
    assert shown["share_of_exhaustive"] == 0.25
    require_small(shown["tokens_spent"])
