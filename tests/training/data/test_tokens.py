"""Conversations as tokens: what is learned, what is left out with its reason, and TRL's own masks."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.sides.texts import trl_tokens
from benchmarks.sides.texts.templates import ADD
from benchmarks.sides.texts.zoo import ZOO, write_animal
from datasets_registry.registry import Registry
from datasets_registry.rows.cai import SftExample
from datasets_registry.rows.imported import ChatMessage, Demonstration, HumanPreference
from datasets_registry.rows.rft import Candidate
from generation.chat import Unrenderable
from generation.request import Message
from generation.templates.opening import open_tokenizer
from generation.tokenizer import Tokenizer
from tests.rows import make
from tests.training.conftest import given
from tests.training.runs import SETTINGS, commit, manifest, write
from training.data.desirability import without_contradictions
from training.data.tokens import (
    IGNORED,
    Conversation,
    Learnable,
    assistant_labels,
    labelled,
    learned,
    turn_by_turn,
)
from training.data.trl_rows import with_mismatched
from training.dpo import dpo
from training.kto import kto
from training.sft import sft

ANIMALS = {animal.name: animal for animal in ZOO}
ASKED, AGAIN = (Message(role="user", content=text) for text in ("one?", "two?"))
FIRST = Message(role="assistant", content="1", reasoning="count")
SAID = Message(role="assistant", content="2", reasoning="count on")
ONE_STEP = SETTINGS | {"max_steps": 1, "warmup_share": 0}


@pytest.fixture
def opened(tiny_model: Path, tmp_path: Path) -> Any:
    """The tokenizer of an animal of the zoo, by name."""
    return lambda name: open_tokenizer(write_animal(ANIMALS[name], tiny_model, tmp_path / name))


def texts(tokenizer: Tokenizer, labels: list[int]) -> str:
    """What is learned, as text."""
    return tokenizer.decode([label for label in labels if label != IGNORED])


def test_each_turn_is_learned_with_its_thought_where_the_template_drops_earlier_ones(opened: Any) -> None:
    tokenizer = opened("thought dropped")
    whole = Learnable(Conversation((ASKED, FIRST, AGAIN)), SAID, all_turns=True)
    parts = turn_by_turn(tokenizer, whole)
    assert [part.answer for part in parts] == [FIRST, SAID]
    said = [texts(tokenizer, labelled(tokenizer, part).labels) for part in parts]
    assert said == [
        f"<think>\n{turn.reasoning}\n</think>\n\n{turn.content}<|im_end|>" for turn in (FIRST, SAID)
    ]
    # the later prompt is the one that is drawn for, without the earlier thought
    assert "count" not in tokenizer.decode(learned(tokenizer, *parts[1][:2]).prompt)
    kept = opened("thought kept")
    assert turn_by_turn(kept, whole) == [whole]
    assert "count" in tokenizer.decode(learned(kept, whole.conversation, SAID).prompt)


def test_a_turn_that_is_not_to_be_learned_is_masked_or_not_a_turn_of_its_own(opened: Any) -> None:
    muted = FIRST.model_copy(update={"trainable": False})
    asked = Conversation((ASKED, muted, AGAIN))
    kept = opened("thought kept")
    assert texts(kept, assistant_labels(kept, asked, SAID).labels).count("<|im_end|>") == 1
    both = assistant_labels(kept, Conversation((ASKED, FIRST, AGAIN)), SAID)
    assert texts(kept, both.labels).count("<|im_end|>") == 2
    assert both.ids == assistant_labels(kept, asked, SAID).ids
    assert (
        both.labels
        == trl_tokens.sft_labels(kept, Conversation((ASKED, FIRST, AGAIN)), SAID, all_turns=True)["labels"]
    )
    dropped = opened("thought dropped")
    assert len(turn_by_turn(dropped, Learnable(asked, SAID, all_turns=True))) == 1


def test_a_thought_that_the_prompt_opens_is_gone_on_with(opened: Any) -> None:
    tokenizer = opened("thought opened")
    prompt, completion = learned(tokenizer, Conversation((ASKED,)), SAID)
    assert tokenizer.decode(prompt).endswith("assistant\n<think>\n")
    assert tokenizer.decode(completion) == "count on\n</think>\n\n2<|im_end|>"
    with pytest.raises(Unrenderable, match="opens a drawn turn with .*<think>.*nor trained on"):
        learned(
            opened("thought opened only"),
            Conversation((ASKED,)),
            SAID.model_copy(update={"reasoning": None}),
        )


def test_a_thinking_model_is_trained_on_thoughts_and_not_on_bare_answers(opened: Any) -> None:
    tokenizer = opened("thought kept")
    # as Qwen3's: a finished turn without a thought has an empty one, which no draw begins with
    tokenizer.chat_template = str(tokenizer.chat_template).replace(
        "{% endif %}{{ m.content", "{% else %}<think>\n\n</think>\n\n{% endif %}{{ m.content"
    )
    completion = learned(tokenizer, Conversation((ASKED,)), SAID).completion
    assert tokenizer.decode(completion).startswith("<think>\ncount on\n</think>")
    with pytest.raises(Unrenderable, match="set `thinking = false`"):
        learned(tokenizer, Conversation((ASKED,)), SAID.model_copy(update={"reasoning": None}))


def test_the_prompt_that_is_drawn_for_stays_where_a_token_would_reach_over_its_end(opened: Any) -> None:
    tokenizer = opened("plain")
    tokenizer.add_tokens(["\nyes"])
    prompt, completion = learned(tokenizer, Conversation((ASKED,)), Message(role="assistant", content="yes"))
    trl = trl_tokens.kto_ids(tokenizer, Conversation((ASKED,)), Message(role="assistant", content="yes"))
    assert tokenizer.decode(prompt).endswith("assistant\n") and len(trl["prompt_ids"]) < len(prompt)
    assert tokenizer.decode(completion) == "yes<|im_end|>"


def test_completions_that_are_both_desirable_and_not_teach_nothing() -> None:
    def example(prompt: int, completion: int, label: bool) -> Any:
        return {"prompt_ids": [prompt], "completion_ids": [completion], "label": label}

    rows = [example(1, 1, True), example(1, 1, False), example(1, 2, False), example(2, 1, True)]
    assert without_contradictions(rows) == rows[2:]


def test_each_batch_of_kto_is_estimated_by_its_own_completions() -> None:
    rows = with_mismatched([{"completion_ids": [number]} for number in range(5)], 2)
    assert [row["KL_completion_ids"] for row in rows] == [[1], [0], [3], [2], [4]]


def pair(number: int, chosen: str, rejected: str) -> HumanPreference:
    """A preference about a prompt of its own."""
    asked = f"p{number}"
    return make(
        HumanPreference,
        asked,
        prompt=asked,
        messages=[ChatMessage(role="user", content=asked)],
        chosen=chosen,
        rejected=rejected,
    )


def given_with(registry: Registry, model: Path, edit: Callable[[str], str]) -> None:
    """A copy of the model with another chat template, as the passed version base_policy@1."""
    base = shutil.copytree(model, registry.state.models / "base")
    template = base / "chat_template.jinja"
    template.write_text(edit(template.read_text()))
    given(registry, base)


def test_pairs_that_are_equal_once_templated_are_left_out_and_counted(
    registry: Registry, tiny_model: Path, tmp_path: Path
) -> None:
    given_with(
        registry,
        tiny_model,
        lambda template: template.replace("message['content']", "message['content'] | trim"),
    )
    rows = [pair(number, "yes", "no") for number in range(8)] + [pair(8, "yes", " yes\n")]
    lines: list[str] = []
    dataset = commit(registry, HumanPreference, rows)
    dpo(write(tmp_path / "dpo", dataset, settings=ONE_STEP), lines.append)
    assert manifest(tmp_path / "dpo")["rows"] == {
        "given": 9,
        "trained": 8,
        "too_long": 0,
        "equal": 1,
        "unlabelled": 0,
    }
    assert any("cuts the white space around what is said" in line for line in lines)
    kto(write(tmp_path / "kto", dataset, settings=ONE_STEP), lambda _: None)
    counts = manifest(tmp_path / "kto")["rows"]
    assert (counts["given"], counts["trained"], counts["equal"]) == (18, 16, 2)


def test_every_row_must_end_its_turn(registry: Registry, tiny_model: Path, tmp_path: Path) -> None:
    ended = "{{ message['content'] }}<|im_end|>"
    open_ended = "{{ message['content'] }}{% if message['content'] != 'go on' %}<|im_end|>{% endif %}"
    given_with(registry, tiny_model, lambda template: template.replace(ended, open_ended))
    rows = [make(SftExample, f"p{number}", completion="yes") for number in range(12)]
    rows.append(make(SftExample, "open", completion="go on"))
    lines: list[str] = []
    sft(write(tmp_path / "run", commit(registry, SftExample, rows), settings=ONE_STEP), lines.append)
    assert manifest(tmp_path / "run")["rows"]["unrenderable"] == 1
    assert any("1 row cannot be rendered, the first since" in line for line in lines)
    assert any("the policy would never stop" in line for line in lines)


def test_rows_that_the_template_refuses_stop_no_other_row_of_any_trainer(
    registry: Registry, tiny_model: Path, tmp_path: Path
) -> None:
    refusing = "{% if 'never' in messages[-1]['content'] %}{{ 1 // 0 }}{% endif %}"
    given_with(registry, tiny_model, lambda template: refusing + template)
    pairs = [pair(number, "yes", "no") for number in range(12)] + [pair(12, "yes", "never")]
    verdicts = [
        make(Candidate, f"p{number}", completion="yes" if number % 2 else "no", accepted=number % 2 == 1)
        for number in range(12)
    ]
    verdicts.append(make(Candidate, "never", completion="never", accepted=False))
    for trainer, rows, row_type in ((dpo, pairs, HumanPreference), (kto, verdicts, Candidate)):
        folder = tmp_path / trainer.__name__
        trainer(write(folder, commit(registry, row_type, rows), settings=ONE_STEP), lambda _: None)
        assert manifest(folder)["rows"]["unrenderable"] == 1


def test_conversations_with_thoughts_are_counted_by_their_turns(
    registry: Registry, tiny_model: Path, tmp_path: Path
) -> None:
    folder = write_animal(ANIMALS["thought dropped"], tiny_model, registry.state.models / "thinks")
    given(registry, folder)
    turns = [ChatMessage.model_validate(turn.model_dump()) for turn in (ASKED, FIRST, AGAIN)]
    rows = [
        Demonstration(
            id=str(number),
            messages=turns,
            prompt="two?",
            completion="2",
            reasoning="count on",
            source="test",
            licence="CC0-1.0",
        )
        for number in range(8)
    ]
    settings = ONE_STEP | {"loss_on": "assistant"}
    path = write(tmp_path / "run", commit(registry, Demonstration, rows), settings=settings, system_text=None)
    sft(path, lambda _: None)
    counts = manifest(tmp_path / "run")["rows"]
    assert (counts["conversations"], counts["given"], counts["trained"]) == (8, 16, 16)


def test_a_tools_row_needs_a_template_that_reads_tools(opened: Any) -> None:
    with pytest.raises(Unrenderable, match="leaves out the tools"):
        learned(opened("plain"), Conversation((ASKED,), (ADD,)), SAID.model_copy(update={"reasoning": None}))
