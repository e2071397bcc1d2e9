"""Prompt files: JSON lines with prompt, category, split, source, licence and optional earlier turns."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from pydantic import Field, TypeAdapter, ValidationError

from datasets_registry.errors import BadInput
from datasets_registry.hashing import digest
from datasets_registry.importing.groups import conversation_group, conversation_id
from datasets_registry.rows.imported import ChatMessage
from datasets_registry.rows.prompts import HelpfulPrompt, Prompt, RedTeamPrompt
from datasets_registry.settings import Settings
from methods.method import Inputs, Method, Models

P = TypeVar("P", bound=Prompt)
COLUMNS = ("prompt", "category", "split", "source", "licence")
_TURNS = TypeAdapter(list[ChatMessage])


class PromptSettings(Settings):
    """How many prompts of each split are used; null takes all."""

    train: int | None = Field(None, ge=1)
    evaluation: int | None = Field(None, ge=1)
    seed: int = 0


class PromptFileSettings(PromptSettings):
    """A prompt file by its content, and how much of it is used; moving the file changes nothing."""

    file: Path = Field(exclude=True)
    content: str = Field(description="SHA-256 of the file's bytes")


def prompt_file_settings(row: type[Prompt], path: Path, subset: PromptSettings) -> PromptFileSettings:
    """The settings of a file as it is now; raises BadInput that names the line and the fix."""
    content = _read(path)
    _parsed(row, path, content)
    fields = {name: getattr(subset, name) for name in PromptSettings.model_fields}
    return PromptFileSettings(**fields, file=path, content=_digest(content))


def make_red_team_prompts(
    inputs: Inputs, models: Models, settings: PromptFileSettings
) -> list[RedTeamPrompt]:
    """The red-team prompts of a file; raises BadInput where it changed since its settings were made."""
    return subset(_unchanged(RedTeamPrompt, settings), settings)


def make_helpful_prompts(inputs: Inputs, models: Models, settings: PromptFileSettings) -> list[HelpfulPrompt]:
    """The helpful prompts of a file; raises BadInput where it changed since its settings were made."""
    return subset(_unchanged(HelpfulPrompt, settings), settings)


def load_prompts(row: type[P], path: Path) -> list[P]:
    """Every prompt of a file; raises BadInput that names the line and the fix."""
    return _parsed(row, path, _read(path))


def _unchanged(row: type[P], settings: PromptFileSettings) -> list[P]:
    content = _read(settings.file)
    if _digest(content) != settings.content:
        raise BadInput(f"prompt file {settings.file} changed since the profile was read: run again")
    return _parsed(row, settings.file, content)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInput(f"prompt file {path} cannot be read: {error.strerror}") from error


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _parsed(row: type[P], path: Path, content: bytes) -> list[P]:
    try:
        lines = content.decode().splitlines()
    except UnicodeDecodeError as error:
        raise BadInput(f"prompt file {path} is not UTF-8: {error.reason} at byte {error.start}") from error
    prompts = [_prompt(row, path, number, line) for number, line in enumerate(lines, 1) if line.strip()]
    if not prompts:
        raise BadInput(f"prompt file {path} is empty: write one JSON object a line")
    seen: dict[str, int] = {}
    for number, prompt in enumerate(prompts, 1):
        first = seen.setdefault(prompt.prompt_id, number)
        if first != number:
            raise BadInput(f"prompt file {path}: prompts {first} and {number} are equal: drop one")
    return prompts


def _prompt(row: type[P], path: Path, number: int, line: str) -> P:
    where = f"prompt file {path}, line {number}"
    try:
        content = json.loads(line)
    except json.JSONDecodeError as error:
        raise BadInput(f"{where}: not a JSON object: {error}") from error
    if not isinstance(content, dict):
        raise BadInput(f'{where}: not a JSON object: write {{"prompt": …}}')
    missing = [name for name in COLUMNS if name not in content]
    if missing:
        raise BadInput(f"{where}: column {missing[0]!r} is missing: each line needs {', '.join(COLUMNS)}")
    text = str(content["prompt"]).strip()
    if not text:
        raise BadInput(f"{where}: the prompt is empty: write one or drop the line")
    history = _history(content.get("history") or [], where)
    try:
        turns = [(turn.role, turn.content) for turn in history]
        group = content.pop("split_group", None) or conversation_group(text, turns)
        values = content | {
            "prompt": text,
            "prompt_id": conversation_id([text], turns),
            "split_group": group,
            "history": history,
        }
        return row.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        raise BadInput(f"{where}: {first['loc'][0]}: {first['msg']}") from error


def _history(turns: object, where: str) -> list[ChatMessage]:
    """The turns before the prompt, the last of which is the assistant's."""
    remedy = 'write [{"role": "user", "content": …}, {"role": "assistant", "content": …}]'
    try:
        history = _TURNS.validate_python(turns)
    except ValidationError as error:
        raise BadInput(f"{where}: history: {error.errors()[0]['msg']}: {remedy}") from error
    if history and history[-1].role != "assistant":
        raise BadInput(f"{where}: history ends with the {history[-1].role}'s turn: {remedy}")
    return history


def subset(prompts: Sequence[P], settings: PromptSettings) -> list[P]:
    """A seeded subset of each split, balanced over categories; adding prompts changes little of it."""
    train = [prompt for prompt in prompts if prompt.split == "train"]
    held_out = [prompt for prompt in prompts if prompt.split == "evaluation"]
    return _balanced(train, settings.train, settings.seed) + _balanced(
        held_out, settings.evaluation, settings.seed
    )


def _balanced(prompts: Iterable[P], count: int | None, seed: int) -> list[P]:
    by_category: dict[str, list[P]] = defaultdict(list)
    for prompt in sorted(prompts, key=lambda prompt: digest([seed, prompt.prompt_id])):
        by_category[prompt.category].append(prompt)
    ranked = [
        (rank, digest([seed, prompt.category]), prompt)
        for members in by_category.values()
        for rank, prompt in enumerate(members)
    ]
    ranked.sort(key=lambda entry: entry[:2])
    return [prompt for _, _, prompt in ranked[:count]]


RED_TEAM_PROMPTS = Method(make_red_team_prompts, PromptFileSettings, RedTeamPrompt)
HELPFUL_PROMPTS = Method(make_helpful_prompts, PromptFileSettings, HelpfulPrompt)
