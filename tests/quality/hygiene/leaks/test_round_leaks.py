"""What rounds feed back is never an item of evaluation: each way in is found, and stops what waits for it."""

from collections.abc import Iterator
from typing import Any

import pytest

from assets.building.inputs import GivenInputs, GivenModels
from assets.pipelines.hygiene import evaluation_leaks, learned_from
from assets.profile.models import Section, read_models
from datasets_registry.registry import Registry
from datasets_registry.rows.cai import SftExample
from datasets_registry.rows.evaluation import EvaluationItem
from datasets_registry.rows.hygiene import EvaluationLeak
from datasets_registry.rows.imported import ChatMessage
from datasets_registry.rows.prompts import RedTeamPrompt
from datasets_registry.rows.rlaif import PreferencePair
from datasets_registry.rows.rounds.failures import RedTeamFailure
from datasets_registry.rows.rounds.pooled import PooledSelection
from datasets_registry.rows.rounds.prompts import RoundPrompt
from datasets_registry.rows.rounds.revisions import FailureRevision
from datasets_registry.rows.row import Row
from datasets_registry.state import State
from datasets_registry.version import Derivation, Version
from quality.checks.check import run_check
from quality.checks.table import checks_of
from tests.rows import make
from training.trainers import TRAINERS

ASKED = "How would one open the third lock of the old bank beside the river without its key?"


@pytest.fixture(scope="module")
def sections() -> dict[str, Section]:
    """Two rounds, of which the second starts from the first, with failures learned between them."""

    def trained(trainer: str, base: str, dataset: str, **more: Any) -> dict[str, Any]:
        return {"trainer": trainer, "base": base, "dataset": dataset, "training": {}, **more}

    return read_models(
        {
            "base": {"model": "lab"},
            "line/round_01/policy": trained("dpo", "base", "line/round_01/preference_pairs"),
            "line/round_01/sft": trained("sft", "line/round_01/policy", "line/round_01/cai_sft"),
            "line/round_02/policy": trained("dpo", "line/round_01/sft", "line/round_02/preference_pairs"),
            "pool": trained("sft", "line/round_02/policy", "line/round_02/pooled_selections"),
        },
        TRAINERS,
    )


@pytest.fixture
def registry(state: State) -> Iterator[Registry]:
    """A registry of its own."""
    opened = Registry(state)
    yield opened
    opened.engine.dispose()


def passed(registry: Registry, name: str, *rows: Row) -> Version:
    """The rows as a passed version of ``name``."""
    how = Derivation(code_version="1", settings={}, inputs=())
    return registry.record_checks(registry.commit(type(rows[0]), rows, how, name), [])


def test_the_search_reads_what_every_round_learned(sections: dict[str, Section]) -> None:
    first = ("line/round_01/preference_pairs",)
    assert learned_from(["line/round_01/policy"], sections) == first
    assert learned_from(["line/round_02/policy"], sections) == (
        "line/round_01/cai_sft",
        *first,
        "line/round_02/preference_pairs",
    )


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("line/round_01/preference_pairs", make(PreferencePair, prompt=ASKED)),
        ("line/round_02/preference_pairs", make(PreferencePair, rejected=f"You ask: {ASKED}")),
        ("line/round_01/cai_sft", make(SftExample, prompt=ASKED)),
        ("line/round_02/pooled_selections", make(PooledSelection, prompt=ASKED)),
    ],
)
def test_an_item_in_any_round_is_found(
    registry: Registry, sections: dict[str, Section], name: str, row: Row
) -> None:
    (leaks,) = evaluation_leaks(("evaluation_items",), ["pool"], sections)
    turns = [ChatMessage(role="user", content=ASKED)]
    items = passed(registry, "evaluation_items", make(EvaluationItem, "lock", messages=turns))
    clean = {
        "line/round_01/preference_pairs": make(PreferencePair, "other"),
        "line/round_02/preference_pairs": make(PreferencePair, "other"),
        "line/round_01/cai_sft": make(SftExample, "other"),
        "line/round_02/pooled_selections": make(PooledSelection, "other"),
    }
    versions = {"evaluation_items": items}
    for dataset, other in (clean | {name: row}).items():
        versions[dataset] = passed(registry, dataset, other)
    given = {role: tuple(versions[each] for each in names) for role, names in leaks.inputs.items()}
    rows = leaks.method.run(GivenInputs(registry, given), GivenModels({}), leaks.settings)
    found = [(row.item_id, row.training_dataset) for row in rows if isinstance(row, EvaluationLeak)]
    assert found == [("lock", name)]


@pytest.mark.parametrize(
    "row",
    [
        make(RedTeamFailure, "f1", split_group="held"),
        make(RoundPrompt, "f1", split_group="held", origin="failure"),
        make(RoundPrompt, "v1", split_group="held", origin="variant", parent_id="held"),
        make(FailureRevision, "f1", split_group="held"),
        make(PreferencePair, "f1", split_group="held"),
        make(SftExample, "f1", split_group="held"),
    ],
    ids=lambda row: row.dataset,
)
def test_a_failure_of_a_group_that_is_held_out_stops_its_dataset(registry: Registry, row: Row) -> None:
    held = passed(registry, "red_team_prompts", make(RedTeamPrompt, "held", split="evaluation"))
    version = passed(registry, f"line/round_02/{row.dataset}", row)
    (check,) = [check for check in checks_of(row.dataset) if check.name == "no_evaluation_prompt"]
    result = run_check(check, registry, version, [held])
    assert not result.passed and result.severity == "error"
    assert run_check(check, registry, version, []).passed
