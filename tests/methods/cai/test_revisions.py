"""Drafts are criticised and revised under drawn principles, and every failure keeps its reason."""

from collections.abc import Sequence
from typing import Any

import pytest

from datasets_registry.errors import BadInput
from datasets_registry.rows.cai import HelpfulAnswer, RevisionStep, SftExample
from datasets_registry.rows.imported import Demonstration
from datasets_registry.rows.prompts import HelpfulPrompt, Prompt, RedTeamPrompt
from datasets_registry.rows.words import Kind
from generation.request import Completion, Request, SamplingParams
from generation.scripted import ScriptedBackend, chosen
from methods.cai.few_shot import few_shot
from methods.cai.helpful_answers import answer_helpful
from methods.cai.requests import RevisionPrinciple, RevisionSettings
from methods.cai.revisions import revise
from methods.cai.scores import score_revisions
from methods.cai.sft_mix import MixSettings, sft_examples
from methods.judging.score import DIGITS, ScoreSettings
from tests.rows import make

PROMPTS = [make(RedTeamPrompt, f"p{number}") for number in range(6)]


def principles(*texts: str) -> dict[str, RevisionPrinciple]:
    """Principles a, b, … with their critique requests."""
    return {
        name: RevisionPrinciple(critique_request=f"criticise {text}", revision_request=f"revise {name}")
        for name, text in zip("abcdef", texts, strict=False)
    }


SETTINGS = RevisionSettings(
    num_revisions=2,
    answers=SamplingParams(max_tokens=8),
    critiques=SamplingParams(max_tokens=6),
    principles=principles("x"),
)


def run(
    backend: ScriptedBackend,
    *texts: str,
    prompts: Sequence[RedTeamPrompt] = PROMPTS,
    settings: RevisionSettings = SETTINGS,
) -> list[RevisionStep]:
    """Revise with the scripted backend."""

    asked: list[tuple[Kind, Prompt]] = [("red_team", one) for one in prompts]
    settings = settings.model_copy(update={"principles": principles(*texts)})
    return revise(asked, backend.in_order, backend.fingerprint, settings)


def examples(
    steps: Sequence[RevisionStep], answers: Sequence[HelpfulAnswer] = (), **settings: Any
) -> list[SftExample]:
    """The SFT set, a token being a word."""
    return sft_examples(steps, answers, MixSettings(**settings), lambda text: len(text.split()))


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
    assert examples(steps) == []


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
    assert examples(steps) == []


def test_helpful_answers_are_learned_only_when_whole() -> None:
    prompts = [make(HelpfulPrompt, "p1"), make(HelpfulPrompt, "p2")]

    def complete(stage: str, requests: Sequence[Request]) -> list[Completion]:
        return [Completion(text=" yes ", finish_reason="stop"), Completion(text="n", finish_reason="length")]

    answers = answer_helpful(prompts, complete, "m", SETTINGS)
    (example,) = examples([], answers)
    assert (example.prompt_id, example.completion, example.kind) == ("p1", "yes", "helpful")
    assert answers[1].failure == "truncated"


def test_the_last_revision_is_the_one_learned() -> None:
    found = examples(run(ScriptedBackend(by_stage), "x", "y"))
    assert len(found) == len(PROMPTS) and all(one.kind == "revision" and one.step == 2 for one in found)
    assert all("Write only the new response" in one.completion for one in found)


def test_a_set_step_is_learned_or_all_that_changed() -> None:
    steps = run(ScriptedBackend(counted), "x", settings=SETTINGS.model_copy(update={"num_revisions": 3}))
    assert {one.step for one in examples(steps, step=1)} == {1}
    assert [one.step for one in examples(steps, step="all")] == [1, 2, 3] * len(PROMPTS)
    shorter = run(ScriptedBackend(counted), "x")
    assert {one.step for one in examples(shorter, step=4)} == {2}


def counted(request: Request) -> str:
    """A revision that differs from the one before."""
    return "text" if len(request.messages) == 1 else f"{request.messages[1].content} and more"


def test_helpful_answers_are_mixed_in_by_their_share_of_tokens() -> None:
    steps = run(ScriptedBackend(by_stage), "x")
    answers = [make(HelpfulAnswer, f"h{place}", completion="word " * 8) for place in range(40)]
    whole = examples(steps, answers)
    assert len(whole) == len(PROMPTS) + 40
    mixed = examples(steps, answers, helpful_share=0.5)
    tokens = {
        kind: sum(one.num_tokens for one in mixed if one.kind == kind) for kind in ("revision", "helpful")
    }
    assert abs(tokens["helpful"] - tokens["revision"]) <= 8 and mixed[0] in whole
    assert [one.kind for one in examples(steps, answers, helpful_share=0)] == ["revision"] * len(PROMPTS)


def test_capability_examples_keep_their_share_beside_all_the_rest() -> None:
    shown = [make(Demonstration, f"d{place}", completion="word " * 5) for place in range(60)]
    mix = MixSettings(capability_share=0.5)
    found = sft_examples(run(ScriptedBackend(by_stage), "x"), [], mix, lambda text: len(text.split()), shown)
    share = sum(one.num_tokens for one in found if one.kind == "capability")
    assert share / sum(one.num_tokens for one in found) == pytest.approx(0.5, abs=0.1)


def test_a_chain_stops_after_two_steps_that_change_nothing() -> None:
    backend = ScriptedBackend(lambda request: "the same")
    steps = run(backend, "x", settings=SETTINGS.model_copy(update={"num_revisions": 4}))
    assert [one.step for one in steps] == [1, 2] * len(PROMPTS)
    assert all(one.changed is False and one.edit_distance == 0 for one in steps)


def test_without_critiques_the_revision_is_asked_for_at_once() -> None:
    backend = ScriptedBackend(by_stage)
    steps = run(backend, "x", settings=SETTINGS.model_copy(update={"ablation": "no_critique"}))
    assert all(one.critique is None and one.critique_key is None and one.failure is None for one in steps)
    assert not any("criticise" in turn.content for one in backend.requests for turn in one.messages)


def test_worked_examples_come_first_and_one_of_them_changes_nothing() -> None:
    backend = ScriptedBackend(by_stage)
    steps = run(backend, "x", settings=SETTINGS.model_copy(update={"num_examples": 2}))
    assert steps[0].few_shot_ids == ["borrowed_login", "nothing_to_change"]
    critique = next(one for one in backend.requests if one.messages[-1].content.startswith("criticise"))
    assert [one.role for one in critique.messages[:12]] == ["user", "assistant"] * 6
    assert critique.messages[7].content == critique.messages[11].content
    assert critique.messages[12].content.startswith("prompt p")
    with pytest.raises(BadInput, match="4 few-shot examples are asked for"):
        few_shot(4)


def test_the_edit_distance_counts_letters() -> None:
    def script(request: Request) -> str:
        return "kitten" if len(request.messages) == 1 else "sitting"

    assert [one.edit_distance for one in run(ScriptedBackend(script), "x")[:2]] == [3, 0]


def test_every_text_is_scored_once_and_steps_keep_scores_before_and_after() -> None:
    steps = run(ScriptedBackend(by_stage), "x")
    asked: list[Request] = []

    def complete(stage: str, requests: Sequence[Request]) -> list[Completion]:
        asked.extend(requests)
        return [_longer_is_better(one) for one in requests]

    scored = score_revisions(steps, complete, "m", ScoreSettings())
    texts = {(one.prompt_id, text) for one in steps for text in (one.draft, one.revision)}
    assert len(asked) == 2 * 2 * len(texts)
    for one, after in zip(scored[::2], scored[1::2], strict=True):
        assert one.harmlessness == after.draft_harmlessness and one.helpfulness == after.draft_helpfulness
        assert one.draft_harmlessness is not None and one.draft_harmlessness < (one.harmlessness or 0)
        assert one.harmlessness_key in {request.key("m") for request in asked}


def _longer_is_better(request: Request) -> Completion:
    if request.choices == ("0",):
        return chosen(0.0)
    score = min(9, 1 + len(request.messages[0].content.split("Response:")[1]) // 12)
    return chosen(*(1.0 if digit == str(score) else 0.0 for digit in DIGITS))
