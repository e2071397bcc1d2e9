"""Prompt files, read as imports are: prompt, category, split, source, licence and optional earlier turns."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pydantic import Field

from datasets_registry.errors import BadInput
from datasets_registry.hashing import digest
from datasets_registry.rows.prompts import HelpfulPrompt, Prompt, RedTeamPrompt
from datasets_registry.settings import Seed, Settings
from methods.method import Inputs, Method, Models

if TYPE_CHECKING:
    from datasets_registry.importing.source import Source


P = TypeVar("P", bound=Prompt)


class PromptSettings(Settings):
    """How many prompts of each split are used; null takes all."""

    train: int | None = Field(None, ge=1)
    evaluation: int | None = Field(None, ge=1)
    seed: Seed = 0


class PromptFileSettings(PromptSettings):
    """A prompt file by its content, and how much of it is used; moving the file changes nothing."""

    file: Path = Field(exclude=True)
    content: str = Field(description="SHA-256 of the file's bytes")


def prompt_file_settings(row: type[Prompt], path: Path, subset: PromptSettings) -> PromptFileSettings:
    """The settings of a file as it is now; raises BadInput that names the line and the fix."""
    source = _opened(path)
    _read(row, path, source)
    fields = {name: getattr(subset, name) for name in PromptSettings.model_fields}
    return PromptFileSettings(**fields, file=path, content=source.sha256)


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
    return _read(row, path, _opened(path))


def _unchanged(row: type[P], settings: PromptFileSettings) -> list[P]:
    source = _opened(settings.file)
    if source.sha256 != settings.content:
        raise BadInput(f"prompt file {settings.file} changed since the profile was read: run again")
    return _read(row, settings.file, source)


def _opened(path: Path) -> "Source":
    from datasets_registry.importing.source import open_source

    if not path.is_file():
        raise BadInput(f"prompt file {path} cannot be read: there is no such file")
    return open_source(str(path))


def _read(row: type[P], path: Path, source: "Source") -> list[P]:
    """The rows of an import of the file, of which none may be rejected and no column unused."""
    from datasets_registry.importing.filling import Given
    from datasets_registry.importing.importing import import_rows
    from datasets_registry.importing.records import Record

    imported = import_rows(source, [row], {}, Given(), default={})
    prompts = [prompt for prompt in imported.rows if isinstance(prompt, row)]
    if imported.rejections:
        first = imported.rejections[0]
        place = source.place(Record(first.file, first.line))
        more = len(imported.rejections) - 1
        others = f", and {more} more: `trimtab import` lists them" if more else ""
        raise BadInput(f"prompt file {path}, {place}: {first.reason}: correct the line or remove it{others}")
    if imported.unused():
        raise BadInput(
            f"prompt file {path} has columns that no prompt has: {', '.join(imported.unused())}; rename or "
            f"drop them, as there are {', '.join(row.model_fields)}"
        )
    return prompts


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
