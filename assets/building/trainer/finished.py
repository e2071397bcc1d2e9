"""A model between the end of its training and its record: what fails there is done again without training."""

import json
import shutil
import uuid
from contextlib import suppress
from pathlib import Path

from datasets_registry.errors import TrimtabError
from datasets_registry.manifest import Manifest
from datasets_registry.state import State, durable
from generation.models.folder import fingerprint

# in a run's folder: the place that its model was moved to
_NOTE = "finished.json"


def is_finished(state: State, output: Path) -> bool:
    """Whether the run in ``output`` has a whole model, which an earlier try did not come to record."""
    return any(map(_is_whole, (output / "model", *_noted(state, output))))


def put_away(state: State, name: str, output: Path) -> Path:
    """The place of the run's model, by its fingerprint; it is moved there unless an earlier try did."""
    trained = output / "model"
    if not trained.exists() and (noted := _noted(state, output)):
        return noted[0]
    place = state.models / name / Manifest.read(trained).fingerprint[:16]
    with durable(output / _NOTE) as temporary:
        temporary.write_text(json.dumps({"folder": str(place.relative_to(state.root))}))
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.exists() and not _is_whole(place):
        damaged = place.rename(place.with_name(f".tmp-{uuid.uuid4().hex}"))
        shutil.rmtree(damaged, ignore_errors=True)
    if not place.exists():
        trained.rename(place)
    return place


def _noted(state: State, output: Path) -> list[Path]:
    with suppress(OSError, ValueError, KeyError):
        return [state.root / json.loads((output / _NOTE).read_text())["folder"]]
    return []


def _is_whole(folder: Path) -> bool:
    """Whether the model is the one that its manifest names."""
    with suppress(OSError, ValueError, TrimtabError):
        return Manifest.read(folder).fingerprint == fingerprint(folder)
    return False
