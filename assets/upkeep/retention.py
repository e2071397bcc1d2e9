"""Which versions go where only the newest few of each name are to stay, and why each of the others stays."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from assets.upkeep.holding import Outside, own_holds
from datasets_registry.garbage import stored_bytes
from datasets_registry.registry import Registry
from datasets_registry.upkeep.removing import holds_of, newest_first
from datasets_registry.version import Version

GOES = "nothing stands on it"


@dataclass(frozen=True)
class Fate:
    """A version with its size, whether it goes, and why."""

    version: Version
    num_bytes: int
    goes: bool
    why: str


def fates_of(registry: Registry, keep: int, outside: Outside, *, datasets: bool = False) -> list[Fate]:
    """What becomes of every version of a model, and of ``datasets`` too, by name, newest first.

    The newest ``keep`` that passed stay, with what is newer, and so does all that something stands on.
    """
    kinds: tuple[Literal["dataset", "model"], ...] = ("model", "dataset") if datasets else ("model",)
    names = [name for kind in kinds for name in registry.names(kind, everywhere=True)]
    by_name = [newest_first(registry, name) for name in names]
    versions = {str(version): version for of_name in by_name for version in of_name}
    stays = {str(version): why for of_name in by_name for version, why in _newest(of_name, keep)}
    for reference, version in versions.items():
        if reference not in stays:
            stays |= {hold.version: hold.why for hold in own_holds(registry, version, outside)}
    # what stays keeps what it was made from, and that what it was made from
    while holds := holds_of(registry, [versions[name] for name in versions.keys() - stays.keys()]):
        stays |= {hold.version: hold.why for hold in holds}
    return [
        Fate(version, stored_bytes(registry, version), name not in stays, stays.get(name, GOES))
        for name, version in versions.items()
    ]


def _newest(versions: Sequence[Version], keep: int) -> Iterator[tuple[Version, str]]:
    """The newest of a name's versions, to the last of so many that passed; all where fewer did."""
    passed = 0
    for version in versions:
        if passed == keep:
            return
        is_passed = version.status == "passed"
        passed += is_passed
        yield version, f"newest {keep}" if is_passed else f"newer than the newest {keep} that passed"
