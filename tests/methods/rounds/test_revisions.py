"""Failures through critique and revision into the next SFT set: the very answers that failed, both kinds."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from datasets_registry.hashing import digest
from datasets_registry.rows.cai import HelpfulAnswer, RevisionStep, SftExample
from datasets_registry.rows.rounds.failures import RedTeamFailure
from datasets_registry.rows.rounds.revisions import FailureRevision
from datasets_registry.rows.row import Row
from generation.request import Completion, Request, SamplingParams
from generation.scripted import chosen
from methods.cai.requests import RevisionPrinciple
from methods.cai.sft_mix import MixSettings
from methods.rounds.revisions import FAILURE_REVISIONS, FailureRevisionSettings
from methods.rounds.sft_mix import FAILURE_SFT
from tests.methods.graphless import MemoryInputs, ModelsByRole, ScriptedModel, rows_of, unused_prompts
from tests.methods.rounds.red_teamed import HELPS, REFUSES, policy, red_teamed
from tests.rows import make

ANSWERS = SamplingParams(max_tokens=8)


def settings(**fields: Any) -> FailureRevisionSettings:
    """One revision, under two principles against harm or one for help."""
    principles = {
        name: RevisionPrinciple(critique_request=f"criticise {name}", revision_request=f"revise {name}")
        for name in ("safe", "true", "help")
    }
    how = {"round": 1, "helpful": ("help",), "principles": principles, "num_revisions": 1}
    return FailureRevisionSettings.model_validate(how | {"answers": ANSWERS, "critiques": ANSWERS} | fields)


def failures(folder: Path, number: int = 1) -> list[RedTeamFailure]:
    """A round whose policy fails on everything."""
    every = [f"{kind}{place}" for kind in "rh" for place in range(40)]
    return red_teamed(folder, number, policy(every))


def revised(folder: Path, rows: Sequence[Row], drafts: list[str], **fields: Any) -> list[FailureRevision]:
    """The revisions by the policy that failed; ``drafts`` takes the drafts that it is asked for anew."""

    def reviser(request: Request) -> str | Completion:
        if len(request.messages) == 1:
            drafts.append(request.messages[0].content)
        return digest([message.content for message in request.messages])[:8]

    def scores(request: Request) -> Completion:
        return chosen(*[0.9 / len(request.choices)] * len(request.choices))

    models = ModelsByRole(
        {
            "policy": [ScriptedModel("a policy", folder / "policy", reviser)],
            "judge": [ScriptedModel("a judge", folder / "judge", scores)],
        }
    )
    inputs = MemoryInputs({"red_team_failures": rows})
    assert not unused_prompts(FAILURE_REVISIONS, settings(**fields), inputs, models)
    return rows_of(FAILURE_REVISIONS, settings(**fields), inputs, models)


def test_what_is_criticised_is_the_answer_that_failed_without_another_call(tmp_path: Path) -> None:
    rows, drafts = failures(tmp_path), list[str]()
    made = revised(tmp_path, rows, drafts)
    by_id = {row.prompt_id: row for row in rows}
    assert drafts == [] and made
    for step in made:
        failed = by_id[step.prompt_id]
        assert (step.draft, step.draft_key) == (failed.completion, failed.completion_key)
        assert step.draft == (HELPS if step.kind == "red_team" else REFUSES) and step.round == 1
        assert (step.prompt, step.split_group, step.category) == (
            failed.prompt,
            failed.split_group,
            failed.category,
        )


def test_each_kind_is_revised_under_its_own_principles(tmp_path: Path) -> None:
    made = revised(tmp_path, failures(tmp_path), [])
    assert {(step.kind, step.principle_id) for step in made} == {
        ("red_team", "safe"),
        ("red_team", "true"),
        ("helpful", "help"),
    }
    assert all(step.harmlessness is not None and step.helpfulness is not None for step in made)


def test_only_graded_failures_that_may_be_fed_are_revised(tmp_path: Path) -> None:
    rows = failures(tmp_path)
    clean, unknown, other, *rest = [row for row in rows if row.part == "probe"]
    changed = [
        clean.model_copy(update={"failed": False, "failure_kind": None}),
        unknown.model_copy(update={"failed": None, "failure_kind": None, "failure": "judge: none"}),
        other.model_copy(update={"round": 2}),
        *rest,
        *(row for row in rows if row.part == "never_fed"),
    ]
    made = revised(tmp_path, changed, [])
    assert {step.prompt_id for step in made} == {row.prompt_id for row in rest}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"helpful": ("kind",)}, "helpful names 'kind', which is none of the principles that revise"),
        (
            {"helpful": ("safe", "true", "help")},
            "helpful names every principle, and none is left",
        ),
        ({"helpful": ()}, "at least 1 item"),
    ],
)
def test_principles_of_one_kind_alone_are_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        settings(**fields)


def mixed(**datasets: Sequence[Row]) -> dict[str, SftExample]:
    """The next SFT set by prompt."""
    models = ModelsByRole({"policy": [ScriptedModel("a policy", Path())]})
    made: list[SftExample] = rows_of(FAILURE_SFT, MixSettings(), MemoryInputs(datasets), models)
    assert len({(row.prompt_id, row.step) for row in made}) == len(made)
    return {row.prompt_id: row for row in made}


def test_the_next_sft_set_learns_revised_failures_of_both_kinds_in_place_of_what_was_there() -> None:
    made = mixed(
        cai_revisions=[make(RevisionStep, "r1", revision="old"), make(RevisionStep, "r2", revision="kept")],
        helpful_answers=[make(HelpfulAnswer, "h1", completion=REFUSES), make(HelpfulAnswer, "h2")],
        failure_revisions=[
            make(FailureRevision, "r1", revision="new"),
            make(FailureRevision, "h1", kind="helpful", revision="help at last"),
        ],
    )
    assert {name: row.completion for name, row in made.items()} == {
        "r1": "new",
        "r2": "kept",
        "h1": "help at last",
        "h2": "an answer",
    }


def test_of_a_prompt_that_failed_in_several_rounds_the_last_revisions_are_learned() -> None:
    steps = [
        make(FailureRevision, "r1", round=number, step=step, revision=f"{number}.{step}")
        for number, step in ((2, 1), (1, 1), (1, 2))
    ]
    assert mixed(failure_revisions=steps)["r1"].completion == "2.1"


def test_a_revision_that_failed_is_not_learned() -> None:
    assert mixed(failure_revisions=[make(FailureRevision, "r1", failure="truncated")]) == {}
