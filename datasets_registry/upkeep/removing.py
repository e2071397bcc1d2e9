"""Removing versions: the catalog forgets them at once, and garbage collection takes their files later."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from datasets_registry.catalog.records import now
from datasets_registry.catalog.removed import drop_version, require_there
from datasets_registry.catalog.tables import DERIVATIONS, INPUTS
from datasets_registry.catalog.tags import tags_in
from datasets_registry.errors import BadInput, Faults
from datasets_registry.registry import Registry
from datasets_registry.version import Version

_FEW = 3
D, INPUT = DERIVATIONS.c, INPUTS.c


@dataclass(frozen=True)
class Hold:
    """What stands on a version, so that it is kept, and what a person can do."""

    version: str
    why: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.version} is kept: {self.why} ({self.remedy})"


def remove(registry: Registry, versions: Sequence[Version]) -> None:
    """Take versions out of the catalog, all of them or none; their files wait for collection.

    Raises BadInput where something stands on one of them, and UnknownVersion where one is gone already.
    """
    with registry.records.writing() as connection:
        require_there(connection, versions)
        if holds := list(holds_in(connection, versions)):
            raise refusal(holds)
        at = now()
        for version in versions:
            drop_version(connection, version, at)
    registry.refresh_views()


def newest_first(registry: Registry, name: str) -> list[Version]:
    """All versions of ``name``, that which was built last first."""
    stored = registry.records.line.stored(name)
    last = select(D.number, func.max(D.id)).where(D.name == stored).group_by(D.number)
    with registry.engine.connect() as connection:
        built = {number: at for number, at in connection.execute(last).all()}
    return sorted(registry.versions(name), key=lambda version: -built[version.number])


def refusal(holds: Sequence[Hold]) -> BadInput:
    """The error that names what stands on versions."""
    sentences = list(map(str, holds))
    return Faults(sentences) if len(sentences) > 1 else BadInput(sentences[0])


def holds_of(registry: Registry, versions: Sequence[Version]) -> list[Hold]:
    """The tags and the versions that stand on any of ``versions``, without those among them."""
    with registry.engine.connect() as connection:
        return list(holds_in(connection, versions))


def holds_in(connection: Connection, versions: Sequence[Version]) -> Iterator[Hold]:
    """The same, as a transaction sees it."""
    going = set(map(str, versions))
    for version in versions:
        for tag in tags_in(connection, version.whole):
            if tag.number == version.number:
                remedy = f"`trimtab tag {version.whole} {tag.tag} --remove` takes it away"
                yield Hold(str(version), f"it has the tag {tag.tag}", remedy)
        if made := _made_from(connection, version, going):
            more = f" and {len(made) - _FEW} more" if len(made) > _FEW else ""
            remedy = (
                f"remove what is below it first, or with it; `trimtab lineage {version} --down` shows all"
            )
            stand = "stands" if len(made) == 1 else "stand"
            yield Hold(str(version), f"{', '.join(made[:_FEW])}{more} {stand} on it", remedy)


def _made_from(connection: Connection, version: Version, going: Collection[str]) -> list[str]:
    """The versions that were ever made from ``version``, without those that go with it."""
    query = select(D.name, D.number).distinct().join(INPUTS, INPUT.derivation_id == D.id)
    used = INPUT.name == version.whole, INPUT.number == version.number
    rows = connection.execute(query.where(*used).order_by(D.name, D.number)).all()
    return [made for name, number in rows if (made := f"{name}@{number}") not in going]
