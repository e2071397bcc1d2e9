"""Debates are counted exactly, unless an argument is void or fewer of the judge's own replies suffice."""

import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from assets.building.declared import Dataset, dataset
from assets.estimates.amount import Rows
from assets.estimates.calls import amounts
from assets.profile.chosen import FOLDER
from datasets_registry.rows.oversight.questions import OversightQuestion
from generation.ledger.ledger import Ledger
from generation.request import Completion, Request
from generation.scripted import ScriptedBackend
from methods.oversight.debates import DEBATES
from methods.oversight.settings import DebateSettings
from tests.assets.graphs import declared
from tests.methods.oversight.debating import argues, debated, judges_by_quotes
from tests.methods.oversight.oversight_rows import CHAINS
from tests.rows import make

QUESTIONS = [
    make(OversightQuestion),
    make(OversightQuestion, question_id="q2", prompt="Who kept it first?"),
    make(OversightQuestion, **CHAINS),
    make(OversightQuestion, **CHAINS | {"question_id": "c2", "prompt": "2+1+1?"}),
    make(OversightQuestion, **CHAINS | {"question_id": "c3", "prompt": "1+2+1?"}),
]
ROLES = ("debater", "judge", "chains_judge")
WORDS = {"verdicts": "text", "samples": 3}


def profiles_debates() -> Dataset:
    """The debates of the profile oversight, whose judge answers twice by itself."""
    found = declared(tomllib.loads((FOLDER / "oversight.toml").read_text())).datasets["debates"]
    return replace(found, settings=found.settings.model_copy(update={"max_samples": 2}))


def in_words(request: Request) -> Completion | str:
    """A judge that says its verdicts."""
    return judges_by_quotes(request) if request.continuation else "A"


@pytest.mark.parametrize(
    "settings",
    [
        profiles_debates().settings,
        DebateSettings(max_samples=2),
        DebateSettings(rounds=3, order="in_turns", max_samples=1),
        DebateSettings(protocols=("open_consultancy",)),
        DebateSettings(protocols=("consultancy", "naive"), judging=WORDS),
        DebateSettings(protocols=("direct", "debate"), rounds=1),
    ],
)
@pytest.mark.parametrize("roles", [ROLES, ROLES[:2]])
def test_as_many_calls_are_forecast_as_are_made(
    settings: DebateSettings, roles: tuple[str, ...], tmp_path: Path
) -> None:
    judge = in_words if settings.judging.verdicts == "text" else judges_by_quotes
    rows = debated(QUESTIONS, tmp_path, settings, argues, judge, judge if len(roles) == 3 else None)
    assert {row.failure for row in rows} == {None}
    made = Ledger(tmp_path).ask("SELECT model, count(*) AS calls FROM completions GROUP BY ALL")
    debates = _declared(settings, roles)
    assert {
        ScriptedBackend(judge, model=name).fingerprint: calls for name, calls in _forecast(debates).items()
    } == {row["model"]: row["calls"] for row in made}
    (counted,) = amounts([debates], _known()).values()
    assert counted.rows.all == len(rows)


def test_the_oversight_profile_is_forecast_by_kinds_of_questions() -> None:
    found = amounts(
        list(declared(tomllib.loads((FOLDER / "oversight.toml").read_text())).datasets.values()), {}
    )
    assert found["oversight_questions"].rows == Rows(404, passages=4)
    # 400 pairs of solutions: four likelihoods, one answer and eight more; and four passages
    assert sum(each.calls for each in found["debates"].asked) == 400 * (4 + 1 + 8) + 4 * (8 + 10 + 2 * 8)


def _known() -> Mapping[str, Rows]:
    return {"oversight_questions": Rows(len(QUESTIONS), passages=2)}


def _declared(settings: DebateSettings, roles: tuple[str, ...]) -> Dataset:
    questions = {"oversight_questions": "oversight_questions"}
    models = {role: role for role in roles}
    return dataset("debates", DEBATES, settings, group="oversight", inputs=questions, models=models)


def _forecast(debates: Dataset) -> Mapping[str, int]:
    calls = Counter[str]()
    (counted,) = amounts([debates], _known()).values()
    for each in counted.asked:
        calls[each.model] += each.calls
    return calls
