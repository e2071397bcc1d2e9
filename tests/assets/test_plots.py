"""Pictures are PNGs under 50 kB, whatever is drawn, and nothing to draw is no error."""

import base64
from collections.abc import Callable, Sequence
from typing import Any

import dagster as dg
import pytest

from assets.plots import figure_plot, loss_plot, margin_plot, principle_plot, step_plot
from datasets_registry.judge_schemas import JudgeFigure, PrincipleFigure
from datasets_registry.schemas import PreferencePair, RevisionStep
from tests.rows import make

MOST_BYTES = 50_000
MANY: list[tuple[Callable[[Any], dg.MetadataValue], Sequence[Any]]] = [
    (margin_plot, [make(PreferencePair, f"p{place}", p_a=place / 500) for place in range(500)]),
    (figure_plot, [make(JudgeFigure, judge=f"judge_{place}") for place in range(20)]),
    (figure_plot, [make(JudgeFigure, holds=False, at_most=0.99), make(JudgeFigure, value=None, low=None)]),
    (principle_plot, [make(PrincipleFigure, principle_id=f"principle_{place}") for place in range(40)]),
    (step_plot, [make(RevisionStep, f"p{place % 50}", step=1 + place // 50) for place in range(200)]),
    (loss_plot, [[float(place), 1 / (place + 1)] for place in range(2_000)]),
]


@pytest.mark.parametrize(("plot", "rows"), MANY, ids=range(len(MANY)))
def test_a_picture_is_small(plot: Callable[[Any], dg.MetadataValue], rows: Sequence[Any]) -> None:
    for some in (rows, []):
        text = str(plot(some).value)
        image = base64.b64decode(text.split("base64,")[1].removesuffix(")"))
        assert image.startswith(b"\x89PNG") and len(image) < MOST_BYTES
