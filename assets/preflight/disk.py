"""The disk that a build will write: models by their shapes, all else by the profile's allowance."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from assets.profile.models import GivenModel, TrainedModel
from assets.profile.profile import Profile
from datasets_registry.inspecting.origins import LAB, SMOLLM2, hub_folder
from generation.models.shapes import Shapes, UnknownShapes, find_shapes
from generation.models.sources import is_hub_id
from training.estimates.disk import checkpoints_bytes, model_bytes

BUILT_IN = (SMOLLM2, LAB)
GB = 1e9


@dataclass(frozen=True)
class Part:
    """Something that is written, and its size in gigabytes (1e9 bytes)."""

    what: str
    gigabytes: float

    def __str__(self) -> str:
        return f"{self.what} {self.gigabytes:.1f}"


def parts(profile: Profile, names: Iterable[str], models: Path) -> list[Part]:
    """What building ``names`` adds to the disk of a state whose models lie in ``models``, largest first.

    The profile's ``min_free_gb`` stands for what no shapes tell: rows, completions and logs. A model whose
    shapes are unknown counts as nothing.
    """
    sections = {name: profile.models[name] for name in names if name in profile.models}
    given = (_given(name, one, models) for name, one in sections.items() if isinstance(one, GivenModel))
    trained = [
        (name, section, shapes)
        for name, section in sections.items()
        if isinstance(section, TrainedModel) and (shapes := _shapes(profile, section, models))
    ]
    saved = (Part(name, model_bytes(section.training, shapes) / GB) for name, section, shapes in trained)
    kept = [
        Part(f"checkpoints of {name}", checkpoints_bytes(section.training, shapes) / GB)
        for name, section, shapes in trained
    ]
    largest = sorted(kept, key=lambda part: part.gigabytes)[-1:]
    found = [*given, *saved, *largest, Part("rows, completions and logs", profile.min_free_gb)]
    return sorted((part for part in found if part.gigabytes), key=lambda part: -part.gigabytes)


def _given(name: str, section: GivenModel, models: Path) -> Part:
    """A model that is downloaded or converted, where it is not there yet."""
    if section.hosted:
        return Part(name, 0)
    if section.model in BUILT_IN:
        there = (models / section.model).is_dir()
    else:
        there = not is_hub_id(section.model) or _is_downloaded(section, models)
    if there:
        return Part(name, 0)
    try:
        shapes = find_shapes(section.model, models, section.revision)
    except UnknownShapes:
        return Part(name, 0)
    return Part(name, max(0, given_bytes(section, shapes) - _begun(section, models)) / GB)


def given_bytes(section: GivenModel, shapes: Shapes) -> int:
    """What a given model takes: in bfloat16 as it is published, in float32 where it is written here."""
    return shapes.size("float32" if section.model in BUILT_IN else "bfloat16")


def _begun(section: GivenModel, models: Path) -> int:
    """Bytes of a download that broke off, which goes on where it was."""
    files = hub_folder(models, section.model).glob(".partial-*/**/*")
    return sum(path.stat().st_size for path in files if path.is_file())


def _is_downloaded(section: GivenModel, models: Path) -> bool:
    """Whether a commit of the repository is there; which one a branch names is not asked."""
    place = hub_folder(models, section.model)
    return Path(section.model).is_dir() or any(place.glob("[0-9a-f]*/config.json"))


def _shapes(profile: Profile, section: TrainedModel, models: Path) -> Shapes | None:
    given = profile.given(section.base)
    try:
        return find_shapes(given.model, models, given.revision)
    except UnknownShapes:
        return None


def total(found: Iterable[Part]) -> float:
    """All parts together, in gigabytes."""
    return sum(part.gigabytes for part in found)


def largest(found: Iterable[Part], number: int = 3) -> Iterator[str]:
    """The largest parts in words, and the rest as one."""
    ordered = list(found)
    yield from map(str, ordered[:number])
    if rest := ordered[number:]:
        yield str(Part(f"{len(rest)} more", total(rest)))
