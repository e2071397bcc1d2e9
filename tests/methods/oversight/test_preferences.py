"""Preferences by verdicts: soft over both seatings, with gold agreement, and no label from a void debate."""

from pathlib import Path
from typing import Any

import pytest

from datasets_registry.errors import BadInput
from datasets_registry.rows.oversight.debates import Debate
from datasets_registry.rows.oversight.preferences import OversightPreference
from datasets_registry.rows.oversight.questions import OversightQuestion
from methods.oversight.preferences import OVERSIGHT_PREFERENCES, PreferenceSettings, preferences
from methods.oversight.settings import DebateSettings
from tests.methods.graphless import MemoryInputs, rows_of
from tests.methods.oversight.debating import debated
from tests.methods.oversight.oversight_rows import SWAPPED
from tests.rows import make

QUESTION = make(OversightQuestion)
VOID: dict[str, Any] = {"verdict": None, "p_a": None, "p_first": None, "credit": None}


def labelled(*seats: Debate) -> OversightPreference:
    (row,) = preferences([QUESTION], seats)
    return row


def test_both_seatings_agree_on_a_label_with_their_mean_probability() -> None:
    row = labelled(make(Debate), make(Debate, **SWAPPED))
    assert row.label == "a" and row.p_a == pytest.approx(0.8) and row.seats_agree and row.agrees
    assert (row.chosen, row.rejected) == ("Mara Holt", "Jon Pike") and row.failure is None
    fooled: dict[str, Any] = {"verdict": "b", "p_a": 0.2, "p_first": 0.2}
    wrong = labelled(make(Debate, **fooled), make(Debate, **fooled | {"swap": True, "p_first": 0.8}))
    assert (wrong.label, wrong.chosen, wrong.agrees) == ("b", "Jon Pike", False)


@pytest.mark.parametrize(
    ("other", "label", "failure"),
    [
        ({"verdict": "b", "p_a": 0.3, "p_first": 0.7}, "tie", "seatings disagree"),
        ({"verdict": "tie", "p_a": 0.5, "p_first": 0.5}, "tie", "tie"),
        (VOID | {"failure": "side b concedes", "num_samples": 0}, "unjudged", "side b concedes"),
        (VOID | {"failure": "no choice probabilities"}, "unparsed", "no choice probabilities"),
    ],
)
def test_seatings_that_do_not_agree_give_no_label(other: dict[str, Any], label: str, failure: str) -> None:
    row = labelled(make(Debate), make(Debate, **{"swap": True, **other}))
    assert (row.label, row.failure) == (label, failure)
    assert (row.chosen, row.rejected, row.agrees) == (None, None, None) and row.seats_agree is not True
    assert (row.p_a is None) == (label != "tie")


def test_labels_follow_the_protocol_that_is_named(tmp_path: Path) -> None:
    settings = DebateSettings(protocols=("naive", "debate"))
    rows = debated([QUESTION], tmp_path, settings)
    inputs = MemoryInputs({"oversight_questions": [QUESTION], "debates": rows})
    (by_debate,) = rows_of(OVERSIGHT_PREFERENCES, PreferenceSettings(), inputs)
    (by_naive,) = rows_of(OVERSIGHT_PREFERENCES, PreferenceSettings(protocol="naive"), inputs)
    # without the debate the judge takes the first seat
    assert by_debate.label == "a" and by_debate.num_unverified == 4 and by_naive.label == "tie"
    with pytest.raises(BadInput, match="no rows of protocol 'direct': add it to oversight.debates.protocols"):
        rows_of(OVERSIGHT_PREFERENCES, PreferenceSettings(protocol="direct"), inputs)
