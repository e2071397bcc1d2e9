"""Drafts are criticised and revised under drawn principles, and every failure keeps its reason."""

from collections.abc import Sequence

import pytest

from datasets_registry.schemas import HelpfulPrompt, RedTeamPrompt, RevisionStep
from generation.request import Completion, Request, SamplingParams
from generation.scripted import ScriptedBackend
from methods.constitution import Constitution, Principle
from methods.critique_revision import RevisionSettings, answer_helpful, revise
from methods.sft_mix import sft_examples
from tests.rows import make

PROMPTS = [make(RedTeamPrompt, f"p{number}") for number in range(6)]
SETTINGS = RevisionSettings(
    num_revisions=2, answers=SamplingParams(max_tokens=8), critiques=SamplingParams(max_tokens=6)
)


def constitution(*texts: str) -> Constitution:
    """Principles a, b, … with their critique requests."""
    principles = tuple(
        Principle(
            id=name, critique_request=f"criticise {text}", revision_request=f"revise {name}",
            preference_question="Which?",
        )
        for name, text in zip("abcdef", texts, strict=False)
    )  # fmt: skip
    return Constitution(name="test", principles=principles)


def run(
    backend: ScriptedBackend, *texts: str, prompts: Sequence[RedTeamPrompt] = PROMPTS
) -> list[RevisionStep]:
    """Revise with the scripted backend."""

    def complete(stage: str, requests: Sequence[Request]) -> list[Completion]:
        found = dict(backend.complete(requests))
        return [found[place] for place in range(len(requests))]

    return list(revise(prompts, constitution(*texts), complete, backend.fingerprint, SETTINGS))


def by_stage(request: Request) -> str:
    """Answers with what was asked for."""
    asked = request.messages[-1].content
    return f"[{asked}]" if asked.startswith(("criticise", "revise")) else f"draft of {asked}"


def test_every_step_keeps_principle_draft_critique_and_revision() -> None:
    steps = run(ScriptedBackend(by_stage), "x", "y", "z")
    assert [(one.prompt_id, one.step) for one in steps] == [(p.prompt_id, n) for p in PROMPTS for n in (1, 2)]
    first, second = steps[:2]
    assert first.draft == "draft of prompt p0" and str(first.critique).startswith("[criticise")
    assert first.revision == f"[revise {first.principle_id} Write only the new response.]"
    assert second.draft == first.revision and first.changed is True


def test_adding_a_prompt_changes_no_other_row() -> None:
    fewer = run(ScriptedBackend(by_stage), "x", "y", "z", prompts=PROMPTS[:3])
    more = run(ScriptedBackend(by_stage), "x", "y", "z", prompts=PROMPTS)
    assert more[: len(fewer)] == fewer


def test_editing_one_principle_changes_only_requests_that_follow_from_it() -> None:
    before, after = ScriptedBackend(by_stage), ScriptedBackend(by_stage)
    old, new = run(before, "x", "y", "z"), run(after, "x", "edited", "z")
    asked = {one.key("m") for one in before.requests}
    fresh = [one for one in after.requests if one.key("m") not in asked]
    touched = {one.prompt_id for one in old if one.principle_id == "b"}
    assert fresh and touched
    assert any("edited" in one.messages[-1].content for one in fresh)
    assert {one.prompt_id for one, other in zip(old, new, strict=True) if one != other} <= touched


def test_an_empty_critique_ends_the_chain_with_its_reason() -> None:
    def script(request: Request) -> str:
        return "" if request.messages[-1].content.startswith("criticise") else "text"

    steps = run(ScriptedBackend(script), "x")
    assert [one.step for one in steps] == [1] * len(PROMPTS)
    assert steps[0].failure == "critique empty" and steps[0].revision is None
    assert sft_examples(steps, []) == []


@pytest.mark.parametrize(
    ("reply", "failure"),
    [
        (Completion(text="cut off", finish_reason="length"), "truncated"),
        (Completion(finish_reason="error", error="window"), "error: window"),
        (Completion(text="  ", finish_reason="stop"), "empty"),
    ],
)
def test_a_failed_revision_is_a_row_and_never_an_example(reply: Completion, failure: str) -> None:
    def script(request: Request) -> str | Completion:
        return reply if request.messages[-1].content.startswith("revise") else "text"

    steps = run(ScriptedBackend(script), "x")
    assert steps[-1].failure == failure
    assert sft_examples(steps, []) == []


def test_helpful_answers_are_learned_only_when_whole() -> None:
    prompts = [make(HelpfulPrompt, "p1"), make(HelpfulPrompt, "p2")]

    def complete(stage: str, requests: Sequence[Request]) -> list[Completion]:
        return [Completion(text=" yes ", finish_reason="stop"), Completion(text="n", finish_reason="length")]

    answers = answer_helpful(prompts, complete, "m", SETTINGS)
    (example,) = sft_examples([], answers)
    assert (example.prompt_id, example.completion, example.kind) == ("p1", "yes", "helpful")
    assert answers[1].failure == "truncated"


def test_the_last_revision_is_the_one_learned() -> None:
    examples = sft_examples(run(ScriptedBackend(by_stage), "x", "y"), [])
    assert len(examples) == len(PROMPTS) and all(one.kind == "revision" for one in examples)
    assert all("Write only the new response" in one.completion for one in examples)
