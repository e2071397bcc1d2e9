"""Which profile is chosen, and the plug-ins that it names, joined before anything of theirs is read."""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from datasets_registry.documents import faults, is_file, nearest, read_toml
from datasets_registry.errors import BadInput
from datasets_registry.hashing import digest
from datasets_registry.rows.types import join_row_types
from datasets_registry.settings import Distinct, Settings
from datasets_registry.state import REPOSITORY
from datasets_registry.version import MAIN_LINE, validated_experiment

FOLDER = REPOSITORY / "profiles"
DEFAULT = "laptop"
# the experiment of a process, over the profile's own
EXPERIMENT = "TRIMTAB_EXPERIMENT"
# the key of a profile that names the one it changes, and what leaves a section of that out
EXTENDS = "extends"
LEFT_OUT = "none"
# what else people call it
OTHER_WORDS = ("include", "includes", "inherits", "import")


def read_chosen(name: str | None = None) -> tuple[Path, dict[str, Any]]:
    """The file of the profile ``name``, ``TRIMTAB_PROFILE`` or ``laptop``, and what it says.

    A profile that ``extends`` another says what that says but where it says otherwise. Raises BadInput where
    there is no such file, or it is not TOML.
    """
    path = _path_of(name or os.environ.get("TRIMTAB_PROFILE") or DEFAULT)
    return path, _read(path)


def _read(path: Path, extending: tuple[Path, ...] = ()) -> dict[str, Any]:
    """What a profile says, with what it extends; ``extending`` are those that lead to it."""
    content = read_toml(path, "profile")
    for key in content:
        if key != EXTENDS and (key in OTHER_WORDS or nearest(key, [EXTENDS])):
            raise BadInput(f"profile {path}: unknown key {key!r}: write {EXTENDS!r}, or remove it")
    name = content.pop(EXTENDS, None)
    if name is None:
        return content
    if not isinstance(name, str):
        raise BadInput(f"profile {path}: {EXTENDS} must be a text: name one profile, or a path to one")
    extended, extending = _path_of(name, path.parent), (*extending, path.resolve())
    if extended.resolve() in extending:
        raise BadInput(f"profile {path}: {EXTENDS} {name!r} is circular: name a profile that ends it")
    merged = _over(_read(extended, extending), content)
    return {key: value for key, value in merged.items() if value != LEFT_OUT}


def _over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Both tables as one: tables are joined key by key, and of anything else ``above`` has the word."""
    joined = {
        key: _over(below[key], value) if _are_tables(below.get(key), value) else value
        for key, value in above.items()
    }
    return {**below, **joined}


def _are_tables(*values: object) -> bool:
    return all(isinstance(value, Mapping) for value in values)


def _path_of(name: str, folder: Path = Path()) -> Path:
    """The file of a profile; a path to one is relative to ``folder``."""
    path = folder / name if name.endswith(".toml") else FOLDER / f"{name}.toml"
    if not is_file(path):
        shipped = ", ".join(sorted(path.stem for path in FOLDER.glob("*.toml")))
        raise BadInput(f"unknown profile {name!r}: use one of {shipped}, or a path to a .toml file")
    return path


def label_of(path: Path, experiment: str = "") -> str:
    """A profile's name as that of a file: two profiles never share one, wherever they lie.

    Nor does a profile share its own with itself in an experiment.
    """
    place = f".{experiment}" if experiment else ""
    if path.resolve().parent == FOLDER:
        return f"{path.stem}{place}"
    return f"{path.stem}-{digest(str(path.resolve()))[:8]}{place}"


def _usable_or_none(name: str) -> str:
    with faults():
        return validated_experiment(name) if name else name


# whose names the datasets and models of a profile have; no part of any recipe
Experiment = Annotated[str, AfterValidator(_usable_or_none)]


def chosen_experiment(content: Mapping[str, Any]) -> str:
    """The experiment of TRIMTAB_EXPERIMENT, else that of the profile's ``content``; empty for the main line.

    Raises BadInput for a name that none can have.
    """
    asked = os.environ.get(EXPERIMENT)
    if asked:
        return "" if asked == MAIN_LINE else validated_experiment(asked)
    named = content.get("experiment")
    return validated_experiment(named) if named and isinstance(named, str) else ""


def named_experiment() -> str:
    """The experiment of a command that only reads the state: as ``chosen_experiment`` of the chosen profile.

    One that cannot be read is passed over, as it needs none.
    """
    content: Mapping[str, Any] = {}
    with suppress(BadInput):
        content = read_chosen()[1]
    return chosen_experiment(content)


class Plugins(Settings):
    """Modules from anywhere on Python's path that join ours."""

    modules: Annotated[tuple[str, ...], Distinct] = Field(
        (), description="Modules whose trainers, row types, checks and datasets join ours"
    )


def join_plugins(content: Mapping[str, Any]) -> tuple[str, ...]:
    """Join the row types and checks of a profile's plug-ins to ours; the plug-ins' names.

    Raises BadInput where a plug-in cannot be used.
    """
    section = content.get("plugins")
    plugins = section.get("modules", ()) if isinstance(section, Mapping) else ()
    if not isinstance(plugins, list | tuple) or not all(isinstance(name, str) for name in plugins):
        # the profile's own validation says so
        return ()
    if plugins:
        # checks lead to libraries that take long to import
        from quality.checks.table import join_checks

        join_row_types(plugins)
        join_checks(plugins)
    return tuple(plugins)


def join_chosen_plugins() -> None:
    """Join the plug-ins of the chosen profile, for commands that only read the state.

    They need no profile, so that one which cannot be read is passed over. Raises BadInput where a plug-in
    cannot be used.
    """
    content: Mapping[str, Any] = {}
    with suppress(BadInput):
        content = read_chosen()[1]
    join_plugins(content)
