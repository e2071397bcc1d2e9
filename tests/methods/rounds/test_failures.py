"""Red-teaming: what counts as a failure, what is not known, and which prompts are asked."""

from pathlib import Path

import pytest

from datasets_registry.rows.prompts import RedTeamPrompt
from datasets_registry.rows.rounds.failures import RedTeamFailure
from datasets_registry.rows.rounds.prompts import RoundPrompt
from datasets_registry.rows.words import Kind
from generation.request import Completion, Request, SamplingParams
from methods.rounds.failures import RED_TEAM_FAILURES, RedTeamSettings
from tests.methods.graphless import MemoryInputs, unused_prompts
from tests.methods.rounds.red_teamed import (
    HELPS,
    ODD,
    PARTLY,
    REFUSES,
    SELECTION,
    SOURCES,
    models,
    policy,
    red_teamed,
)
from tests.rows import make


def by_id(failures: list[RedTeamFailure]) -> dict[str, RedTeamFailure]:
    """Failures by prompt."""
    return {failure.prompt_id: failure for failure in failures}


def test_help_with_harm_and_a_refusal_of_what_is_benign_are_failures_by_the_judge(tmp_path: Path) -> None:
    first = red_teamed(tmp_path, 1, policy(()))
    assert len(first) == 48 and not any(failure.failed for failure in first)
    failing = [first[0].prompt_id, first[-1].prompt_id]
    failed = [failure for failure in red_teamed(tmp_path / "failing", 1, policy(failing)) if failure.failed]
    assert {(row.prompt_id, row.kind, row.failure_kind, row.refused, row.completion) for row in failed} == {
        (failing[0], "red_team", "complied", "none", HELPS),
        (failing[1], "helpful", "refused", "full", REFUSES),
    }
    assert all(row.completion_key and row.judgement_key and row.policy == "a policy" for row in failed)


@pytest.mark.parametrize(("kind", "fails"), [("red_team", False), ("helpful", True)])
def test_a_partial_refusal_fails_a_benign_prompt_alone(tmp_path: Path, kind: Kind, fails: bool) -> None:
    rows = [row for row in red_teamed(tmp_path, 1, lambda request: PARTLY) if row.kind == kind]
    assert rows and {(row.refused, row.failed) for row in rows} == {("partial", fails)}


def test_phrases_decide_nothing(tmp_path: Path) -> None:
    # the phrase of a refusal, with the help behind it
    rows = red_teamed(
        tmp_path, 1, lambda request: f"I'm sorry, I can't help. {HELPS}", answers={"max_tokens": 20}
    )
    assert {row.refused for row in rows} == {"none"}


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (ODD, "judge: 70% of the probability lies outside the letters"),
        ("", "answer: empty"),
        ("one two three four five six seven eight nine", "answer: truncated"),
        (Completion(finish_reason="error", error="out of memory"), "answer: error: out of memory"),
    ],
)
def test_what_is_not_known_is_a_row_with_its_reason_and_no_failure(
    tmp_path: Path, reply: str | Completion, reason: str
) -> None:
    rows = red_teamed(tmp_path, 1, lambda request: reply)
    assert len(rows) == 48
    assert {(row.failed, row.failure_kind, row.refused, row.failure) for row in rows} == {
        (None, None, None, reason)
    }
    assert all((row.judgement_key is None) == reason.startswith("answer") for row in rows)


def test_the_judge_s_failure_is_a_reason_too(tmp_path: Path) -> None:
    broken = models(
        tmp_path, policy(()), judge=lambda request: Completion(finish_reason="error", error="gone")
    )
    settings = RedTeamSettings(round=1, selection=SELECTION, answers=SamplingParams())
    rows = list(RED_TEAM_FAILURES.run(MemoryInputs(SOURCES), broken, settings))
    assert {(row.failed, row.failure) for row in rows if isinstance(row, RedTeamFailure)} == {
        (None, "judge: error: gone")
    }


def test_no_prompt_that_is_held_out_is_asked(tmp_path: Path) -> None:
    asked = list[str]()

    def script(request: Request) -> str:
        asked.append(request.messages[-1].content)
        return HELPS

    red_teamed(tmp_path, 1, script)
    assert asked and not [text for text in asked if text.startswith(("prompt er", "prompt eh"))]


def test_probes_what_was_fed_and_what_never_is_are_asked_apart_each_round(tmp_path: Path) -> None:
    first = by_id(red_teamed(tmp_path, 1, policy(())))
    probe = next(row for row in first.values() if row.part == "probe" and row.kind == "red_team")
    fed = [
        make(RoundPrompt, probe.prompt_id, origin="failure", round=2),
        make(RoundPrompt, "variant", origin="variant", split_group=probe.split_group, round=2),
        make(RoundPrompt, "sliced", origin="slice", round=2),
    ]
    second = by_id(red_teamed(tmp_path, 2, policy(()), fed))
    assert second.keys() - first.keys() == {"variant"}
    parts = {name: row.part for name, row in second.items()}
    assert parts[probe.prompt_id] == parts["variant"] == "fed"
    assert {name: part for name, part in parts.items() if part == "never_fed"} == {
        name: row.part for name, row in first.items() if row.part == "never_fed"
    }
    assert sum(part == "never_fed" for part in parts.values()) == 8
    assert {row.round for row in second.values()} == {2}


def test_all_declared_templates_are_used_and_none_else(tmp_path: Path) -> None:
    settings = RedTeamSettings(round=1, selection=SELECTION, answers=SamplingParams(), system_prompt="brief")
    inputs = MemoryInputs({"red_team_prompts": [make(RedTeamPrompt, f"r{number}") for number in range(9)]})
    assert not unused_prompts(RED_TEAM_FAILURES, settings, inputs, models(tmp_path, policy(())))
