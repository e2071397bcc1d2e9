"""Prompt files: ours are as promised, and a fault names its line."""

import json
from collections import Counter
from pathlib import Path

import pytest

from datasets_registry.errors import BadInput
from datasets_registry.hashing import file_digest
from datasets_registry.rows.prompts import HelpfulPrompt, Prompt, RedTeamPrompt
from datasets_registry.state import REPOSITORY
from methods.judging.conversation import opening
from methods.problems.prompt_files import (
    HELPFUL_PROMPTS,
    RED_TEAM_PROMPTS,
    PromptSettings,
    load_prompts,
    prompt_file_settings,
    subset,
)
from tests.datasets_registry.importing.damage import JSON_ROWS, packed
from tests.methods.graphless import rows_of

GOOD = {"prompt": "Hello?", "category": "explain", "split": "train", "source": "me", "licence": "MIT"}
SAID = {"role": "assistant", "content": "Hi."}
OURS = REPOSITORY / "assets" / "prompts"


def write(folder: Path, *lines: object) -> Path:
    """A prompt file."""
    path = folder / "prompts.jsonl"
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines))
    return path


@pytest.mark.parametrize(
    ("row", "name", "categories"), [(RedTeamPrompt, "red_team", 8), (HelpfulPrompt, "helpful", 8)]
)
def test_our_prompts_cover_their_categories(row: type[Prompt], name: str, categories: int) -> None:
    prompts = load_prompts(row, OURS / f"{name}.jsonl")
    splits = Counter(prompt.split for prompt in prompts)
    assert splits["train"] >= 48 and splits["evaluation"] >= 24
    assert len({prompt.category for prompt in prompts}) >= categories
    groups = {split: {prompt.split_group for prompt in prompts if prompt.split == split} for split in splits}
    assert not groups["train"] & groups["evaluation"]
    assert all(prompt.source and prompt.licence for prompt in prompts)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([GOOD, {**GOOD, "prompt": " "}], "line 2: prompt is empty"),
        (
            [{name: value for name, value in GOOD.items() if name != "licence"}],
            "line 1: column licence is missing",
        ),
        ([GOOD, "{not json"], "line 2: not JSON"),
        ([GOOD, "[1]", "{"], "line 2: not a JSON object: .*, and 1 more: `trimtab import` lists them"),
        ([], "no row at its start that can be read .it is empty.: fix the file"),
        ([GOOD, GOOD], "line 2: duplicate of line 1"),
        ([{**GOOD, "split": "test"}], "line 1: split: Input should be 'train' or 'evaluation'"),
        ([{**GOOD, "extra": 1}], "columns that no prompt has: extra; rename or drop them"),
        ([{**GOOD, "history": ["hi"]}], "line 1: history is not a list of messages with role and content"),
        (
            [{**GOOD, "history": [{"role": "robot", "content": "hi"}, SAID]}],
            "line 1: history: Input should be",
        ),
        ([{**GOOD, "history": [{"role": "user", "content": "hi"}]}], "history ends with the user's turn"),
    ],
)
def test_a_fault_names_its_line(lines: list[object], message: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=message):
        load_prompts(HelpfulPrompt, write(tmp_path, *lines))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        load_prompts(HelpfulPrompt, tmp_path / "nothing.jsonl")


def test_trivial_variants_share_a_split_group_and_a_given_group_is_kept(tmp_path: Path) -> None:
    lines = [GOOD, {**GOOD, "prompt": "hello"}, {**GOOD, "prompt": "Bye", "split_group": "mine"}]
    first, variant, named = load_prompts(HelpfulPrompt, write(tmp_path, *lines))
    assert first.split_group == variant.split_group and named.split_group == "mine"
    assert first.prompt_id != variant.prompt_id


def test_turns_before_the_prompt_are_part_of_it_and_the_first_decides_its_group(tmp_path: Path) -> None:
    history = [{"role": "user", "content": "Hi there"}, {"role": "assistant", "content": "Hello"}]
    lines = [GOOD, {**GOOD, "history": history}, {**GOOD, "prompt": "What now?", "history": history}]
    alone, after, other = load_prompts(HelpfulPrompt, write(tmp_path, *lines))
    assert alone.prompt_id != after.prompt_id and alone.split_group != after.split_group
    assert after.split_group == other.split_group
    assert [message.content for message in opening(after, None)] == ["Hi there", "Hello", after.prompt]


def test_a_subset_is_seeded_balanced_and_independent_of_order() -> None:
    prompts = load_prompts(RedTeamPrompt, OURS / "red_team.jsonl")
    settings = PromptSettings(train=16, evaluation=8)
    chosen = subset(prompts, settings)
    assert {prompt.prompt_id for prompt in subset(prompts[::-1], settings)} == {
        prompt.prompt_id for prompt in chosen
    }
    train = Counter(prompt.category for prompt in chosen if prompt.split == "train")
    assert set(train.values()) == {2} and len(train) == 8
    other = subset(prompts, settings.model_copy(update={"seed": 1}))
    assert {prompt.prompt_id for prompt in other} != {prompt.prompt_id for prompt in chosen}
    assert len(subset(prompts, PromptSettings())) == len(prompts)


def test_a_prompt_file_is_its_content_wherever_it_lies(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD, GOOD | {"prompt": "Bye?"})
    settings = prompt_file_settings(HelpfulPrompt, path, PromptSettings(train=1))
    moved = path.rename(tmp_path / "moved.jsonl")
    after = prompt_file_settings(HelpfulPrompt, moved, PromptSettings(train=1))
    assert settings.model_dump(mode="json") == after.model_dump(mode="json")
    assert settings.content == file_digest(moved) and "file" not in settings.model_dump()
    expected = subset(load_prompts(HelpfulPrompt, moved), PromptSettings(train=1))
    assert rows_of(HELPFUL_PROMPTS, after) == expected and len(expected) == 1
    assert [row.prompt for row in rows_of(RED_TEAM_PROMPTS, after)] == [row.prompt for row in expected]


def test_a_prompt_file_that_changed_is_not_read(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    settings = prompt_file_settings(HelpfulPrompt, path, PromptSettings())
    write(tmp_path, GOOD | {"prompt": "Bye?"})
    with pytest.raises(BadInput, match="changed since the profile was read: run again"):
        rows_of(HELPFUL_PROMPTS, settings)


def test_bytes_that_are_no_text_are_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "prompts.jsonl"
    path.write_bytes(b'{"prompt": "caf\xe9"}')
    with pytest.raises(BadInput, match="the first is not UTF-8 text"):
        prompt_file_settings(HelpfulPrompt, path, PromptSettings())


@pytest.mark.parametrize("suffix", [".jsonl", ".json", ".jsonl.gz"])
@pytest.mark.parametrize("kind", JSON_ROWS)
def test_a_damaged_line_is_named_in_one_sentence(tmp_path: Path, kind: str, suffix: str) -> None:
    good = [json.dumps({**GOOD, "prompt": str(number)}).encode() for number in range(2)]
    row, _ = JSON_ROWS[kind]
    joined = b",\n".join([good[0], row, good[1]])
    path = packed(
        tmp_path / f"x{suffix}", b"[" + joined + b"]" if suffix == ".json" else joined.replace(b",\n", b"\n")
    )
    with pytest.raises(BadInput, match=f"prompt file .*, {'row' if suffix == '.json' else 'line'} 2: "):
        load_prompts(RedTeamPrompt, path)
