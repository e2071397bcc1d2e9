"""Drafts are criticised and revised under drawn principles, and every failure keeps its reason."""

from collections.abc import Sequence
from typing import Any

import pytest

from datasets_registry.errors import BadInput
from datasets_registry.rows.cai import HelpfulAnswer, RevisionStep, SftExample
from datasets_registry.rows.conversation import ToolCall
from datasets_registry.rows.imported import ChatMessage, Demonstration
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

    kinds: list[tuple[Kind, Prompt]] = [("red_team", prompt) for prompt in prompts]
    settings = settings.model_copy(update={"principles": principles(*texts)})
    return list(revise(kinds, backend.in_order, backend.fingerprint, settings))


def examples(
    revisions: Sequence[RevisionStep], answers: Sequence[HelpfulAnswer] = (), **settings: Any
) -> list[SftExample]:
    """The SFT set, a token being a word."""
    return sft_examples(revisions, answers, MixSettings(**settings), lambda text: len(text.split()))


def by_stage(request: Request) -> str:
    """Answers with what was asked for."""
    content = request.messages[-1].content
    return f"[{content}]" if content.startswith(("criticise", "revise")) else f"draft of {content}"


def test_every_revision_keeps_principle_draft_critique_and_revision() -> None:
    revisions = run(ScriptedBackend(by_stage), "x", "y", "z")
    assert [(revision.prompt_id, revision.step) for revision in revisions] == [
        (p.prompt_id, n) for p in PROMPTS for n in (1, 2)
    ]
    first, second = revisions[:2]
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
    asked = {request.key("m") for request in before.requests}
    fresh = [request for request in after.requests if request.key("m") not in asked]
    touched = {revision.prompt_id for revision in old if revision.principle_id == "b"}
    assert fresh and touched
    assert any("edited" in request.messages[-1].content for request in fresh)
    assert {
        revision.prompt_id for revision, other in zip(old, new, strict=True) if revision != other
    } <= touched


def test_an_empty_critique_ends_the_chain_with_its_reason() -> None:
    def script(request: Request) -> str:
        return "" if request.messages[-1].content.startswith("criticise") else "text"

    revisions = run(ScriptedBackend(script), "x")
    assert [revision.step for revision in revisions] == [1] * len(PROMPTS)
    assert revisions[0].failure == "critique empty" and revisions[0].revision is None
    assert examples(revisions) == []


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

    revisions = run(ScriptedBackend(script), "x")
    assert revisions[-1].failure == failure
    assert examples(revisions) == []


def test_helpful_answers_are_learned_only_when_whole() -> None:
    prompts = [make(HelpfulPrompt, "p1"), make(HelpfulPrompt, "p2")]

    def complete(stage: str, requests: Sequence[Request]) -> list[Completion]:
        return [Completion(text=" yes ", finish_reason="stop"), Completion(text="n", finish_reason="length")]

    answers = list(answer_helpful(prompts, complete, "m", SETTINGS))
    (example,) = examples([], answers)
    assert (example.prompt_id, example.completion, example.kind) == ("p1", "yes", "helpful")
    assert answers[1].failure == "truncated"


def test_the_last_revision_is_the_one_learned() -> None:
    learned = examples(run(ScriptedBackend(by_stage), "x", "y"))
    assert len(learned) == len(PROMPTS) and all(
        example.kind == "revision" and example.step == 2 for example in learned
    )
    assert all("Write only the new response" in example.completion for example in learned)


def test_a_set_revision_is_learned_or_all_that_changed() -> None:
    revisions = run(ScriptedBackend(counted), "x", settings=SETTINGS.model_copy(update={"num_revisions": 3}))
    assert {example.step for example in examples(revisions, step=1)} == {1}
    assert [example.step for example in examples(revisions, step="all")] == [1, 2, 3] * len(PROMPTS)
    shorter = run(ScriptedBackend(counted), "x")
    assert {example.step for example in examples(shorter, step=4)} == {2}


def counted(request: Request) -> str:
    """A revision that differs from the one before."""
    return "text" if len(request.messages) == 1 else f"{request.messages[1].content} and more"


def test_helpful_answers_are_mixed_in_by_their_share_of_tokens() -> None:
    revisions = run(ScriptedBackend(by_stage), "x")
    answers = [make(HelpfulAnswer, f"h{number}", completion="word " * 8) for number in range(40)]
    whole = examples(revisions, answers)
    assert len(whole) == len(PROMPTS) + 40
    mixed = examples(revisions, answers, helpful_share=0.5)
    tokens = {
        kind: sum(example.num_tokens for example in mixed if example.kind == kind)
        for kind in ("revision", "helpful")
    }
    assert abs(tokens["helpful"] - tokens["revision"]) <= 8 and mixed[0] in whole
    assert [example.kind for example in examples(revisions, answers, helpful_share=0)] == ["revision"] * len(
        PROMPTS
    )


def test_capability_examples_keep_their_share_beside_all_the_rest() -> None:
    demonstrations = [make(Demonstration, f"d{number}", completion="word " * 5) for number in range(60)]
    mix = MixSettings(capability_share=0.5)
    mixed = sft_examples(
        run(ScriptedBackend(by_stage), "x"), [], mix, lambda text: len(text.split()), demonstrations
    )
    share = sum(example.num_tokens for example in mixed if example.kind == "capability")
    assert share / sum(example.num_tokens for example in mixed) == pytest.approx(0.5, abs=0.1)


def test_demonstrations_with_tools_or_a_thought_are_no_capability_examples() -> None:
    result = ChatMessage(role="tool", content="3")
    demonstrations = [
        make(Demonstration, "plain"),
        make(Demonstration, "thought", reasoning="Hm."),
        make(Demonstration, "called", tool_calls=[ToolCall(id="a", name="add", arguments="{}")]),
        make(Demonstration, "told", messages=[ChatMessage(role="user", content="hi"), result]),
    ]
    mix = MixSettings(capability_share=0.9)
    mixed = sft_examples(run(ScriptedBackend(by_stage), "x"), [], mix, len, demonstrations)
    assert [example.prompt_id for example in mixed if example.kind == "capability"] == ["plain"]


def test_a_chain_stops_after_two_revisions_that_change_nothing() -> None:
    backend = ScriptedBackend(lambda request: "the same")
    revisions = run(backend, "x", settings=SETTINGS.model_copy(update={"num_revisions": 4}))
    assert [revision.step for revision in revisions] == [1, 2] * len(PROMPTS)
    assert all(revision.changed is False and revision.edit_distance == 0 for revision in revisions)


def test_without_critiques_the_revision_is_asked_for_at_once() -> None:
    backend = ScriptedBackend(by_stage)
    revisions = run(backend, "x", settings=SETTINGS.model_copy(update={"ablation": "no_critique"}))
    assert all(
        revision.critique is None and revision.critique_key is None and revision.failure is None
        for revision in revisions
    )
    assert not any("criticise" in turn.content for request in backend.requests for turn in request.messages)


def test_worked_examples_come_first_and_one_of_them_changes_nothing() -> None:
    backend = ScriptedBackend(by_stage)
    revisions = run(backend, "x", settings=SETTINGS.model_copy(update={"num_examples": 2}))
    assert revisions[0].few_shot_ids == ["borrowed_login", "nothing_to_change"]
    critique = next(
        request for request in backend.requests if request.messages[-1].content.startswith("criticise")
    )
    assert [turn.role for turn in critique.messages[:12]] == ["user", "assistant"] * 6
    assert critique.messages[7].content == critique.messages[11].content
    assert critique.messages[12].content.startswith("prompt p")
    with pytest.raises(BadInput, match="4 few-shot examples are asked for"):
        few_shot(4)


def test_the_edit_distance_counts_letters() -> None:
    def script(request: Request) -> str:
        return "kitten" if len(request.messages) == 1 else "sitting"

    assert [revision.edit_distance for revision in run(ScriptedBackend(script), "x")[:2]] == [3, 0]


def test_every_text_is_scored_once_and_revisions_keep_scores_before_and_after() -> None:
    revisions = run(ScriptedBackend(by_stage), "x")
    requested: list[Request] = []

    def complete(stage: str, requests: Sequence[Request]) -> list[Completion]:
        requested.extend(requests)
        return [_longer_is_better(request) for request in requests]

    scored = list(score_revisions(revisions, complete, "m", ScoreSettings()))
    texts = {
        (revision.prompt_id, text) for revision in revisions for text in (revision.draft, revision.revision)
    }
    assert len(requested) == 2 * 2 * len(texts)
    for revision, after in zip(scored[::2], scored[1::2], strict=True):
        assert (
            revision.harmlessness == after.draft_harmlessness
            and revision.helpfulness == after.draft_helpfulness
        )
        assert revision.draft_harmlessness is not None and revision.draft_harmlessness < (
            revision.harmlessness or 0
        )
        assert revision.harmlessness_key in {request.key("m") for request in requested}


def _longer_is_better(request: Request) -> Completion:
    if request.choices == ("0",):
        return chosen(0.0)
    score = min(9, 1 + len(request.messages[0].content.split("Response:")[1]) // 12)
    return chosen(*(1.0 if digit == str(score) else 0.0 for digit in DIGITS))
