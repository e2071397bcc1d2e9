"""Write docs/profile.md from the profile's types: python -m assets.cli.starting.documented [--check]"""

import inspect
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from assets.cli.starting.written_types import default_of, models_in, type_of
from assets.profile.models import GivenModel, TrainedModel
from assets.profile.profile import Profile
from datasets_registry.boundary import run_command
from datasets_registry.cards.documented import keep_page
from datasets_registry.state import REPOSITORY
from training.settings.learning import TrainingSettings
from training.trainers import trainers

MEANINGS = Path(__file__).with_name("meanings.toml")
PAGE = REPOSITORY / "docs" / "profile.md"
INTRODUCTION = """# Profile

What a profile may say: a TOML file that `TRIMTAB_PROFILE` names, such as `laptop` or `mine.toml`. This page
is generated from the types of the settings, and a test keeps it up to date: run
`python -m assets.cli.starting.documented`.

Every section may be left out, and what has no section is not built; models and imported data are a whole
profile (`trimtab init PURPOSE` writes one: [own-data.md](own-data.md)). `extends = "laptop"` takes all that
another profile says but what this one says otherwise ([ladder.md](ladder.md)), and `"none"` leaves a section
of it out. Numbers have the unit that their meaning states; shares are of 1. All faults are said at once.
"""


def page() -> str:
    """The whole page."""
    paths: dict[type[BaseModel], str] = {}
    top = {
        name: field
        for name, field in Profile.model_fields.items()
        if not models_in(field.annotation) and name != "models"
    }
    parts = [INTRODUCTION, "\n## The profile itself\n\n", *_table(Profile, top)]
    for name, field in Profile.model_fields.items():
        if name == "models":
            parts += _models(paths)
        elif name not in top:
            parts += _sections(name, field, paths)
    return "".join(parts)


def _models(paths: dict[type[BaseModel], str]) -> Iterator[str]:
    yield "\n## `[models.NAME]` of a given model\n"
    yield from _section("models.NAME", GivenModel, paths)
    yield "\n## `[models.NAME]` of a trained model\n"
    yield from _section("models.NAME", TrainedModel, paths, but=("training",))
    yield "\n## `[models.NAME.training]` of every trainer\n"
    yield from _section("models.NAME.training", TrainingSettings, paths)
    for name, trainer in trainers(()).items():
        yield f"\n## `[models.NAME.training]` of `{name}`\n"
        yield from _section(
            "models.NAME.training", trainer.settings, paths, but=tuple(TrainingSettings.model_fields)
        )


def _sections(path: str, field: FieldInfo, paths: dict[type[BaseModel], str]) -> Iterator[str]:
    """The sections of a field whose value is a table, tables by name, or a list of them."""
    for kind in models_in(field.annotation):
        if paths.get(kind) == path:
            # of another trainer, whose keys are the same
            continue
        heading = f"[[{path}]]" if "list" in type_of(field) else f"[{path}]"
        if "by name" in type_of(field):
            heading = f"[{path}.NAME]"
        yield f"\n{'#' * min(2 + path.count('.'), 4)} `{heading}`\n"
        yield from _section(heading.strip("[]"), kind, paths)


def _section(
    path: str, kind: type[BaseModel], paths: dict[type[BaseModel], str], but: tuple[str, ...] = ()
) -> Iterator[str]:
    """What the class says of itself, its keys, and the sections below."""
    if kind in paths:
        yield f"\nThe keys are those of `[{paths[kind]}]`.\n"
        return
    paths[kind] = path
    yield f"\n{_docstring(kind)}\n\n"
    fields = {name: field for name, field in kind.model_fields.items() if name not in but}
    yield from _table(kind, fields)
    for name, field in fields.items():
        yield from _sections(f"{path}.{name}", field, paths)


def _docstring(kind: type[BaseModel]) -> str:
    """The docstring as Markdown."""
    return (inspect.getdoc(kind) or "").replace("``", "`")


def meaning_of(kind: type[BaseModel], name: str) -> str:
    """What a key means: the field's own description, else that of `meanings.toml`, else where it stands."""
    field = kind.model_fields[name]
    owner = next(each for each in reversed(kind.__mro__) if name in getattr(each, "model_fields", {}))
    own = field.description or _meanings().get(owner.__name__, {}).get(name)
    if own or not models_in(field.annotation):
        return own or _meanings()["any"].get(name, "")
    return "The section below"


@cache
def _meanings() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(MEANINGS.read_text(encoding="utf-8"))


def _table(kind: type[BaseModel], fields: dict[str, FieldInfo]) -> Iterator[str]:
    if not fields:
        yield "No keys of its own.\n"
        return
    yield "| key | is | if not set | meaning |\n|---|---|---|---|\n"
    for name, field in fields.items():
        meaning = meaning_of(kind, name).replace("``", "`")
        cells = (f"`{name}`", type_of(field), default_of(field), meaning)
        yield f"| {' | '.join(text.replace('|', chr(92) + '|') for text in cells)} |\n"


if __name__ == "__main__":
    run_command(lambda: keep_page(PAGE, page(), __doc__))
