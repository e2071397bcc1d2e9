"""What a person let count as made by newer code: recorded with who, when and why, and undone by them."""

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, Engine, insert, select, update

from datasets_registry.catalog.records import now
from datasets_registry.catalog.tables import KEPT

SHOWN_MODULES = 4


class Kept(BaseModel):
    """Versions of ``name`` that code ``before`` made count as made by code ``after``.

    ``modules`` are those that differed, with what changed of each.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    before: str
    after: str
    modules: Mapping[str, str]
    who: str
    because: str
    at: str
    undone_by: str | None = None
    undone_at: str | None = None

    def __str__(self) -> str:
        undone = f" (undone by {self.undone_by} on {self.undone_at[:10]})" if self.undone_at else ""
        return f"kept by {self.who} on {self.at[:10]}{undone}: {self.because}"

    @property
    def differences(self) -> str:
        """The modules that differed, such as ``methods.rlaif.pairs changed, generation.chat added``."""
        return self._named(len(self.modules))

    @property
    def summary(self) -> str:
        """The first of them, and how many more there are."""
        return self._named(SHOWN_MODULES)

    def _named(self, most: int) -> str:
        named = [f"{module} {change}" for module, change in self.modules.items()]
        more = [f"{len(named) - most} more"] if len(named) > most else []
        return ", ".join([*named[:most], *more]) or "no module"


def add_kept(connection: Connection, kept: Kept) -> None:
    """Record it."""
    connection.execute(insert(KEPT), kept.model_dump())


def undo_kept(connection: Connection, name: str, who: str) -> int:
    """Undo all of ``name`` that still count; how many."""
    counting = (KEPT.c.name == name) & KEPT.c.undone_at.is_(None)
    return connection.execute(update(KEPT).where(counting).values(undone_by=who, undone_at=now())).rowcount


def kept_of(engine: Engine, name: str) -> list[Kept]:
    """All that was ever kept of ``name``, undone or not, oldest first."""
    fields = list(Kept.model_fields)
    query = select(*(KEPT.c[field] for field in fields)).where(KEPT.c.name == name).order_by(KEPT.c.id)
    with engine.connect() as connection:
        return [Kept(**row) for row in connection.execute(query).mappings()]


def kept_since(kept: Sequence[Kept], code: str) -> list[Kept]:
    """What was kept of versions that ``code`` made, directly or over others, undone or not, oldest first."""
    codes = {code}
    since: list[Kept] = []
    while found := [waiver for waiver in kept if waiver.before in codes and waiver not in since]:
        since += found
        codes |= {waiver.after for waiver in found}
    return [waiver for waiver in kept if waiver in since]


def earlier_codes(kept: Sequence[Kept], code: str) -> list[str]:
    """The code versions whose versions count as made by ``code``, directly or over others."""
    codes = [code]
    for known in codes:
        counting = [waiver.before for waiver in kept if waiver.after == known and waiver.undone_at is None]
        codes += [before for before in counting if before not in codes]
    return codes[1:]
