"""Each profile's Dagster history in a state folder, which no other profile and no other state shares."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from assets.profile.chosen import chosen_experiment, label_of, read_chosen
from datasets_registry.errors import BadInput, first_line
from datasets_registry.plain_text import plain_line
from datasets_registry.state import REPOSITORY, State, durable

if TYPE_CHECKING:
    from dagster import DagsterInstance

FOLDER = "dagster"
# where the checkout's dagster.yaml keeps what is written
BASE = "base_dir: .dagster"
_MOST_CHARACTERS = 200


def dagster_home(profile: str | None = None) -> Path:
    """DAGSTER_HOME, or the state's folder with the history of a profile, by default of TRIMTAB_PROFILE.

    In a shared history each profile's daemon would take the other's builds for its own, and rebuild after
    each of them. Raises BadInput where there is no such profile, or the folder cannot be written.
    """
    if os.environ.get("DAGSTER_HOME"):
        return Path(os.environ["DAGSTER_HOME"])
    home = own_home(profile)
    settings = home / "dagster.yaml"
    text = settings_of(home)
    if not settings.is_file() or settings.read_text(encoding="utf-8") != text:
        with durable(settings) as temporary:
            temporary.write_text(text, encoding="utf-8")
    return home


def homes(state: State) -> list[Path]:
    """The folders of the state's histories, and DAGSTER_HOME."""
    own = [settings.parent for settings in (state.root / FOLDER).glob("*/dagster.yaml")]
    chosen = os.environ.get("DAGSTER_HOME")
    return list(dict.fromkeys([*own, *([Path(chosen)] if chosen and Path(chosen).is_dir() else [])]))


def open_instance() -> "DagsterInstance":
    """The Dagster instance that `make dev` shows, whose home children are told of; raises as these do."""
    home = dagster_home()
    os.environ["DAGSTER_HOME"] = str(home)
    return instance_at(home)


def instance_at(home: Path) -> "DagsterInstance":
    """The Dagster instance with this home; raises BadInput where its settings cannot be used."""
    if not home.is_absolute() or not home.is_dir():
        raise BadInput(
            f"DAGSTER_HOME {str(home)!r} is not the whole path of a folder: make it, or unset DAGSTER_HOME"
        )
    # Dagster takes seconds to import, which whoever reads a profile need not wait for
    import dagster as dg

    try:
        return dg.DagsterInstance.from_config(str(home))
    # Dagster, YAML and a class that the file names each raise what they like
    except Exception as error:
        why = plain_line(first_line(error), _MOST_CHARACTERS)
        raise BadInput(
            f"{home / 'dagster.yaml'} cannot be used ({why}): correct it, or unset DAGSTER_HOME"
        ) from error


def own_home(profile: str | None = None) -> Path:
    """The folder of a profile's history in the state, and another in each experiment.

    Raises BadInput where there is no such profile.
    """
    path, content = read_chosen(profile)
    return State().root / FOLDER / label_of(path, chosen_experiment(content))


def settings_of(home: Path) -> str:
    """The checkout's dagster.yaml with its folders moved to ``home``."""
    settings = (REPOSITORY / "dagster.yaml").read_text(encoding="utf-8")
    return settings.replace(BASE, f"base_dir: {home}")
