"""Amplification in a profile: what it declares alone and in rounds, its calls as counted, and refusals."""

import tomllib
from itertools import chain
from typing import Any

import pytest
from pydantic import ValidationError

from assets.building.declared import Trained
from assets.estimates.calls import amounts
from datasets_registry.errors import BadInput
from datasets_registry.rows.imported import Problem
from datasets_registry.rows.row import Row
from tests.assets.graphs import Declaration, declared, run
from tests.assets.mutations import Content, Place, changed

PROFILE: Content = tomllib.loads("""
description = "The largest of four numbers, by a policy that knows two"

[[problems.families]]
family = "larger"
style = "symbols"
sizes = [2, 4]
train = 24
evaluation = 4

[problems.gold.pairs_of_numbers]
families = ["symbol_larger"]
difficulties = [2]

[models.lab_base]
model = "lab"

[models.lab_policy]
trainer = "sft"
base = "lab_base"
dataset = "pairs_of_numbers"
training = { max_steps = 2, min_steps = 1, batch_size = 4 }

[models.amplified_policy]
trainer = "sft"
base = "lab_policy"
dataset = "amplified_labels"
replayed = "pairs_of_numbers"
training = { max_steps = 2, min_steps = 1, batch_size = 4, replay_share = 0.25 }

[oversight.amplification]
policy = "lab_policy"
difficulties = [4]
depth = 1
votes = 2
answers = { max_tokens = 16 }
""")
ROUNDS: Content = tomllib.loads("""
[rounds.climb]
number = 2
policy = "lab_policy"
learns = "amplified_labels"
replayed = "pairs_of_numbers"
training = { max_steps = 2, min_steps = 1, batch_size = 4, replay_share = 0.25 }
asks = { problems = 12, difficulties = [4] }
verdict = { patience = 1 }

[evaluation]
base = "lab_policy"
suites = ["capability"]
problems = "only"
items = { capability = 4 }
""")
NAMES = ("amplified_answers", "amplified_labels")


def amplifying(changes: dict[Place, object] | None = None, **sections: Any) -> Declaration:
    """What the profile declares with these changes and sections."""
    return declared(changed({**PROFILE, **sections}, changes or {}))


def test_labels_are_declared_for_a_trainer_with_replay_and_their_calls_were_counted() -> None:
    found = amplifying()
    datasets = found.datasets
    assert {datasets[name].group for name in NAMES} == {"oversight"} and "oversight_questions" not in datasets
    policy = found.assets["amplified_policy"]
    assert isinstance(policy, Trained)
    rows: dict[str, list[Row]] = {}
    counted = amounts([datasets[name] for name in ("problems", *NAMES)], {})
    for name in ("problems", "gold_verdicts", "amplified_answers"):
        outcome = run(datasets[name], rows)
        rows[name] = list(outcome.rows)
    fours = sum(isinstance(row, Problem) and row.difficulty == 4 for row in rows["problems"])
    assert fours and len(rows["amplified_answers"]) <= counted["amplified_answers"].rows.train
    (asked,) = counted["amplified_answers"].asked
    assert asked.model == "lab_policy" and 0 < len(outcome.requests) <= asked.calls
    # a red label set holds back no report on it
    report = datasets["oversight_report"]
    assert report.inputs["amplified_answers"] == ("amplified_answers",)
    assert {*chain(*report.inputs.values())} == {"amplified_answers"}
    assert list(run(report, rows).rows)


def test_each_round_amplifies_the_policy_that_it_begins_from() -> None:
    section = {"difficulties": [4], "depth": 1, "votes": 2, "answers": {"max_tokens": 16}}
    models = {name: model for name, model in PROFILE["models"].items() if name != "amplified_policy"}
    found = amplifying(models=models, oversight={"amplification": section}, **ROUNDS)
    datasets = found.datasets
    for number, begins in ((1, "lab_policy"), (2, "climb/round_01/released")):
        at = f"climb/round_{number:02}/"
        answers = datasets[f"{at}amplified_answers"]
        assert answers.models["policy"] == (begins,) and answers.group == "climb"
        assert answers.inputs["problems"] == (f"{at}round_problems",)
        assert getattr(datasets[f"{at}round_problems"].settings, "difficulties", None) == (4,)
        assert datasets[f"{at}amplified_labels"].may_lack_rows
        watched = datasets[f"{at}round_watch"].inputs
        assert watched["amplified_answers"] == (answers.name,)
        assert watched["amplified_labels"] == (f"{at}amplified_labels",)
    assert not set(NAMES) & datasets.keys()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"policy": "nobody"}, "oversight.amplification.policy: unknown model 'nobody'"),
        ({"policy": None}, "oversight.amplification.policy is missing: name the model that is amplified"),
        (
            {"splitter": "lab_base"},
            "decomposer is 'rule' and splitter 'lab_base': name the model that splits",
        ),
        ({"decomposer": "model"}, "decomposer is 'model' and splitter None"),
        ({"verifier": {"kind": "exact"}}, "verifier is that of"),
        ({"depth": 0}, "greater than or equal to 1"),
        ({"tokens": 63}, "tokens is 63, and one decomposition may take 64"),
    ],
)
def test_what_cannot_be_amplified_is_refused(changes: dict[str, object], said: str) -> None:
    places: dict[Place, object] = {
        ("oversight", "amplification", name): value for name, value in changes.items()
    }
    with pytest.raises((ValidationError, BadInput), match=said):
        amplifying(places)


def test_amplification_needs_problems_and_rounds_need_amplification() -> None:
    with pytest.raises(ValidationError, match="amplifies problems: add"):
        declared({**PROFILE, "problems": None, "models": {"lab_policy": {"model": "lab"}}})
    models = {name: model for name, model in PROFILE["models"].items() if name != "amplified_policy"}
    for oversight, needed in ((None, r"\[oversight\]"), ({"passages": {}}, r"\[oversight.amplification\]")):
        with pytest.raises(ValidationError, match=f"learns amplified_labels needs {needed}"):
            declared({**PROFILE, **ROUNDS, "models": models, "oversight": oversight})
