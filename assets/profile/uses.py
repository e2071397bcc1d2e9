"""Which profiles use a state folder: a small file of each, written when it builds there."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from assets.profile.chosen import label_of
from assets.profile.profile import Profile
from datasets_registry.state import State, durable

FOLDER = "profiles"
SELDOM = timedelta(minutes=1)


class Use(BaseModel):
    """A profile that built in a state folder: its file, and when it did first and last."""

    model_config = ConfigDict(frozen=True)

    name: str
    path: str
    description: str
    first_used: datetime
    last_used: datetime


def record_use(state: State, profile: Profile) -> None:
    """Record that ``profile`` builds in ``state``; each profile has a file of its own, so that none waits."""
    if profile.path is None:
        return
    label = label_of(profile.path, profile.experiment)
    now, path = datetime.now(UTC), state.root / FOLDER / f"{label}.json"
    before = _read(path)
    if before and before.description == profile.description and now - before.last_used < SELDOM:
        return
    use = Use(
        name=name_of_use(profile),
        path=str(profile.path.resolve()),
        description=profile.description,
        first_used=before.first_used if before else now,
        last_used=now,
    )
    with durable(path) as temporary:
        temporary.write_text(use.model_dump_json(indent=2), encoding="utf-8")


def name_of_use(profile: Profile) -> str:
    """The name of the profile's file, and the experiment that it builds in."""
    name = profile.path.stem if profile.path else ""
    return f"{name} in {profile.experiment}" if profile.experiment else name


def uses(state: State) -> list[Use]:
    """The profiles that built in ``state``, the last one first."""
    files = (state.root / FOLDER).glob("*.json")
    return sorted(filter(None, map(_read, files)), key=lambda use: use.last_used, reverse=True)


def _read(path: Path) -> Use | None:
    """The file's record; None where there is none, or where it is not one."""
    try:
        return Use.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, ValidationError):
        return None
