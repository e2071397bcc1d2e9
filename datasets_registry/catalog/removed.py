"""Versions that people removed: what is left says what each was, so that its number names nothing else."""

from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, Engine, delete, func, insert, select

from datasets_registry.catalog.account import account
from datasets_registry.catalog.tables import CHECKS, DERIVATIONS, INPUTS, PARTS, REMOVED, VERSIONS
from datasets_registry.errors import UnknownVersion
from datasets_registry.version import Content, Version

R, D = REMOVED.c, DERIVATIONS.c


class Removed(BaseModel):
    """A version that was removed, by whom and when."""

    model_config = ConfigDict(frozen=True)

    name: str
    number: int
    kind: str
    data_version: str
    content: Content
    who: str
    at: str

    def __str__(self) -> str:
        return f"{self.name}@{self.number} was removed by {self.who} on {self.at[:10]}"


def removed_of(engine: Engine, name: str | None = None) -> list[Removed]:
    """What was removed of ``name``, or of every name, by name and number."""
    query = select(REMOVED).order_by(R.name, R.number)
    with engine.connect() as connection:
        rows = connection.execute(query if name is None else query.where(R.name == name)).mappings()
        return [Removed(**row) for row in rows]


def drop_version(connection: Connection, version: Version, at: str) -> None:
    """Take a version out of the catalog, with how it was made and what its checks found."""
    of = D.name == version.whole, D.number == version.number
    made = select(D.id).where(*of)
    for table in (INPUTS, PARTS):
        connection.execute(delete(table).where(table.c.derivation_id.in_(made)))
    for table in (DERIVATIONS, CHECKS, VERSIONS):
        same = table.c.name == version.whole, table.c.number == version.number
        connection.execute(delete(table).where(*same))
    was = version.model_dump(include=set(Removed.model_fields)) | {"name": version.whole}
    left = Removed(**was, who=account(), at=at)
    connection.execute(insert(REMOVED), left.model_dump())


def free_number(connection: Connection, name: str, identity: str, last: int) -> int:
    """The number of a new version: one that was removed with the same content has its own again."""
    same = R.name == name, R.data_version == identity
    number: int | None = connection.execute(select(R.number).where(*same)).scalar()
    if number is not None:
        connection.execute(delete(REMOVED).where(*same))
        return number
    removed: int | None = connection.execute(select(func.max(R.number)).where(R.name == name)).scalar()
    return max(last, removed or 0) + 1


def require_there(connection: Connection, versions: Iterable[Version]) -> None:
    """Raise UnknownVersion where one of them was removed meanwhile."""
    for version in versions:
        same = VERSIONS.c.name == version.whole, VERSIONS.c.number == version.number
        there = select(VERSIONS.c.number).where(*same, VERSIONS.c.data_version == version.data_version)
        if connection.execute(there).first() is None:
            raise UnknownVersion(f"{version} was removed while it was used: build again what stands on it")


def why_gone(engine: Engine, name: str, number: int | None = None) -> str | None:
    """What became of a version, or of the last of a name; None where none such was removed."""
    gone = [removed for removed in removed_of(engine, name) if number in (None, removed.number)]
    return str(gone[-1]) if gone else None
