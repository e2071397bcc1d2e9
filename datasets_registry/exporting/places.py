"""Folders that a person names to be written into: none that holds what is somebody else's."""

import json
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Any

from datasets_registry.errors import BadInput
from datasets_registry.state import State, durable

# what a run leaves: its config, the line that it ended with, its rows, and what an online trainer saw
CONFIG, ERROR, ROWS, ROLLOUTS = "run.json", "error.txt", "rows.json", "rollouts.parquet"


def require_spare(folder: Path) -> None:
    """Raise BadInput where ``folder`` is the current one, home or root, or has one of them in it."""
    place = _place(folder)
    for title, taken in (("the current folder", Path.cwd()), ("your home folder", Path.home().resolve())):
        if place == taken or place in taken.parents:
            what = f"is {title}" if place == taken else f"has {title} in it"
            raise BadInput(f"{str(folder)!r} {what}: name a folder that is empty or not there yet")


def _place(folder: Path) -> Path:
    """Where ``folder`` lies; raises BadInput where no folder can have its name."""
    try:
        place = folder.resolve()
        folder.exists()
        str(place).encode()
    # names that are too long, loops, and what is no text
    except (OSError, RuntimeError, ValueError) as error:
        raise BadInput(f"{str(folder)!r} is no folder's name ({error}): name a folder") from error
    return place


def require_empty(folder: Path) -> None:
    """Raise BadInput where ``folder`` has anything in it, is a file, or is not to be written into."""
    require_spare(folder)
    if folder.is_dir() and any(folder.iterdir()):
        raise BadInput(f"{folder} is not empty: name another folder, or empty this one first")
    if folder.exists() and not folder.is_dir():
        raise BadInput(f"{folder} is a file: name a folder that is empty or not there yet")


def require_run_folder(output: Path, config: Path) -> None:
    """Leave the run's config in ``output``, by which the folder is known as this run's.

    Raises BadInput where the folder holds anything and is not a run's, or is not to be written into.
    """
    require_spare(output)
    _require_outside_the_stored(output)
    if not _is_run(output):
        _require_nothing_else(output, {config.resolve(), config.with_name(ERROR).resolve()})
    if config.resolve() != (output / CONFIG).resolve():
        with durable(output / CONFIG) as temporary:
            temporary.write_bytes(config.read_bytes())


def _require_nothing_else(output: Path, given: Collection[Path]) -> None:
    if output.exists() and not output.is_dir():
        raise BadInput(f"output {output} is a file: name a folder that is empty or not there yet")
    if output.is_dir() and any(path.resolve() not in given for path in output.iterdir()):
        raise BadInput(
            f"output {output} is not empty, and no {CONFIG} in it names it as a run's folder: name a folder "
            "that is empty or not there yet"
        )


def _is_run(output: Path) -> bool:
    """Whether its config says that a run writes here."""
    content: Any = None
    with suppress(OSError, ValueError):
        content = json.loads((output / CONFIG).read_text(encoding="utf-8"))
    named = content.get("output") if isinstance(content, dict) else None
    return isinstance(named, str) and Path(named).resolve() == output.resolve()


def _require_outside_the_stored(output: Path) -> None:
    """No run lies among stored objects, completions or models."""
    state, place = State(), output.resolve()
    stored = (state.objects, state.ledger, state.models, state.tables, state.cache)
    if place in (state.root, state.runs) or any(folder in (place, *place.parents) for folder in stored):
        raise BadInput(
            f"output {output} is where the state in {state.root} keeps its files: name a folder such as "
            f"{state.runs / 'mine'}"
        )
