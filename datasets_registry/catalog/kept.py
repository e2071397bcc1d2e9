"""What a person let count as made by newer code: recorded with who, when and why, and undone by them."""

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict
from sqlalchemy import insert, select, update

from datasets_registry.catalog.account import account
from datasets_registry.catalog.records import Records, now
from datasets_registry.catalog.tables import KEPT
from datasets_registry.version import MAIN_LINE

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


class Keeping:
    """What is kept, by the names of the line of its ``records``."""

    records: Records

    def keep(self, kept: Kept) -> None:
        """Let versions that earlier code made count as made by today's."""
        stored = kept.model_copy(update={"name": self.records.line.stored(kept.name)})
        with self.records.writing() as connection:
            connection.execute(insert(KEPT), stored.model_dump())

    def undo_keep(self, name: str) -> int:
        """Let nothing of ``name`` count any longer that was kept; how many decisions are undone."""
        counting = (KEPT.c.name == self.records.line.stored(name)) & KEPT.c.undone_at.is_(None)
        undone = update(KEPT).where(counting).values(undone_by=account(), undone_at=now())
        with self.records.writing() as connection:
            return connection.execute(undone).rowcount

    def kept(self, name: str) -> list[Kept]:
        """All that was ever kept of ``name``, undone or not, oldest first."""
        fields = [KEPT.c[field] for field in Kept.model_fields]
        query = select(*fields).where(KEPT.c.name == self.records.line.stored(name)).order_by(KEPT.c.id)
        with self.records.engine.connect() as connection:
            return [Kept(**row) for row in connection.execute(query).mappings()]

    def earlier(self, name: str, code: str) -> list[str]:
        """The code versions that count for ``name`` as ``code``, in this line or in the main one."""
        of_main = f"{MAIN_LINE}/{name}"
        kept = [waiver for each in dict.fromkeys((name, of_main)) for waiver in self.kept(each)]
        return earlier_codes(kept, code)


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
