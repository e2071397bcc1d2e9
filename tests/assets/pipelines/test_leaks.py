"""Leaks in the graph: through bases and reward models, of datasets that are made here or imported."""

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
from datasets_registry.rows.imported import ChatMessage, Demonstration
from datasets_registry.rows.row import Row
from datasets_registry.state import State
from datasets_registry.version import Derivation, Version
from quality.auditing.publishing import publish
from tests.rows import make
from training.trainers import TRAINERS

GIVEN = {"model": "lab"}
ASKED = "Which of the seven lakes beyond the old mill is the deepest of all?"


@pytest.fixture(scope="module")
def sections() -> dict[str, Section]:
    def trained(trainer: str, base: str, dataset: str, **more: Any) -> dict[str, Any]:
        return {"trainer": trainer, "base": base, "dataset": dataset, "training": {}, **more}

    online = {"reward_models": ["reward"], "training": {"rewards": {"reward_models": 1.0}}}
    return read_models(
        {
            "base": GIVEN,
            "other": trained("sft", "base", "unseen"),
            "sft": trained("sft", "base", "cai_sft", replayed="my_chats"),
            "reward": trained("reward_model", "base", "preference_pairs"),
            "policy": trained("grpo", "sft", "red_team_prompts") | online,
        },
        TRAINERS,
    )


def test_what_a_model_learned_from_is_found_through_bases_and_reward_models(
    sections: dict[str, Section],
) -> None:
    assert learned_from(["base"], sections) == () and evaluation_leaks(("items",), ["base"], sections) == []
    assert learned_from(["sft", "base"], sections) == ("cai_sft", "my_chats")
    assert learned_from(["policy"], sections) == (
        "cai_sft",
        "my_chats",
        "preference_pairs",
        "red_team_prompts",
    )


@pytest.fixture
def registry(state: State) -> Iterator[Registry]:
    opened = Registry(state)
    yield opened
    opened.engine.dispose()


def passed(registry: Registry, name: str, rows: list[Row]) -> Version:
    how = Derivation(code_version="1", settings={}, inputs=())
    return registry.record_checks(registry.commit(type(rows[0]), rows, how, name), [])


def test_leaks_are_rows_that_block_whatever_waits_for_them(
    registry: Registry, sections: dict[str, Section]
) -> None:
    turns = [ChatMessage(role="user", content=ASKED)]
    items = passed(registry, "evaluation_items", [make(EvaluationItem, "lake", messages=turns)])
    clean = passed(registry, "cai_sft", [make(SftExample, completion="The lake is deep.")])
    leaked = passed(registry, "my_chats", [make(Demonstration, "d1", completion=f"He asked: {ASKED}")])
    (leaks,) = evaluation_leaks(("evaluation_items",), ["sft"], sections)
    versions = {version.name: version for version in (items, clean, leaked)}
    given = {role: tuple(versions[name] for name in names) for role, names in leaks.inputs.items()}
    rows = leaks.method.run(GivenInputs(registry, given), GivenModels({}), leaks.settings)
    how = Derivation(code_version="1", settings={}, inputs=(items, clean, leaked))
    version = publish(registry, EvaluationLeak, rows, how)
    (found,) = registry.rows(EvaluationLeak, version)
    assert (found.training_dataset, found.text_column, found.item_id) == ("my_chats", "completion", "lake")
    assert version.status == "failed"
    (check,) = registry.checks(version)
    assert (check.check, check.value, check.severity) == ("no_leak", 1.0, "error")
