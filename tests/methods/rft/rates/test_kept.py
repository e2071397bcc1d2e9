"""Problems of a band are learned and others are not, whatever is made of the candidates."""

from collections.abc import Sequence
from typing import Any

import pytest

from datasets_registry.rows.row import Row
from methods.method import Method
from methods.rft.rates.pass_rates import PassRateSettings
from methods.rft.selections import RFT_SELECTIONS, SelectionSettings
from methods.rft.verified_pairs import VERIFIED_PAIRS, VerifiedPairSettings
from tests.methods.graphless import MemoryInputs, rows_of
from tests.methods.rft.rates.test_pass_rates import rates, samples

SETTINGS: Sequence[tuple[Method[Any], Any]] = [
    (RFT_SELECTIONS, SelectionSettings(distinct="text", check_equations=False)),
    (VERIFIED_PAIRS, VerifiedPairSettings()),
]
CANDIDATES = [
    sample.model_copy(update={"completion": f"{sample.problem_id} {sample.sample}", "finish_reason": "stop"})
    for sample in [
        *samples("hard", [True, *[False] * 9]),
        *samples("fit", [True, False]),
        *samples("easy", [False, *[True] * 9]),
    ]
]


@pytest.mark.parametrize(("method", "settings"), SETTINGS)
@pytest.mark.parametrize(
    ("told", "learned"),
    [
        (None, {"hard", "fit", "easy"}),
        ({"band": "none"}, {"hard", "fit", "easy"}),
        ({}, {"fit"}),
        ({"band": [0.0, 0.5]}, {"hard", "fit"}),
        ({"min_samples": 3, "band": [0.0, 0.5]}, {"hard"}),
    ],
)
def test_the_band_decides_which_problems_are_learned(
    method: Method[Any], settings: Any, told: dict[str, object] | None, learned: set[str]
) -> None:
    roles: dict[str, Sequence[Row]] = {"candidates": CANDIDATES}
    if told is not None:
        roles["prompt_pass_rates"] = rates(*CANDIDATES, **PassRateSettings.model_validate(told).model_dump())
    assert {row.problem_id for row in rows_of(method, settings, MemoryInputs(roles))} == learned
