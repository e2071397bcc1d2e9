"""Tags: names such as ``paper`` that people give versions, each at one version until it is moved."""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, Engine, delete, insert, select

from datasets_registry.catalog.tables import TAGS
from datasets_registry.documents import meant
from datasets_registry.errors import UnknownVersion
from datasets_registry.version import Version

T = TAGS.c


class Tag(BaseModel):
    """A tag of ``name`` at version ``number``, and the version at which it stood ``before`` it was moved."""

    model_config = ConfigDict(frozen=True)

    name: str
    tag: str
    number: int
    who: str
    at: str
    before: int | None = None

    def __str__(self) -> str:
        return f"{self.name}@{self.tag}"

    @property
    def version(self) -> str:
        """The version at which it stands, as a reference."""
        return f"{self.name}@{self.number}"


def tags_in(connection: Connection, name: str | None = None) -> list[Tag]:
    """The tags of ``name``, or of every dataset and model, by name and tag."""
    query = select(TAGS).order_by(T.name, T.tag)
    rows = connection.execute(query if name is None else query.where(T.name == name)).mappings()
    return [Tag(**row) for row in rows]


def tags_of(engine: Engine, name: str | None = None) -> list[Tag]:
    """The same, as the catalog has them now."""
    with engine.connect() as connection:
        return tags_in(connection, name)


def tags_at(engine: Engine, version: Version) -> tuple[str, ...]:
    """The tags that ``version`` has."""
    return tuple(tag.tag for tag in tags_of(engine, version.whole) if tag.number == version.number)


def tagged(versions: Sequence[Version], tags: Sequence[Tag], word: str) -> Version:
    """The one of a name's versions that has the tag ``word``; raises UnknownVersion where none has."""
    numbers = {tag.tag: tag.number for tag in tags}
    version = next((version for version in versions if version.number == numbers.get(word)), None)
    if version is None:
        name, near = versions[0].name, meant(word, numbers)
        raise UnknownVersion(
            f"no version of {name!r} has the tag {word!r}{near}: `trimtab tag {name}` lists its tags"
        )
    return version


def put_tag(connection: Connection, tag: Tag) -> None:
    """Record a tag, in place of the one that it had been."""
    drop_tag(connection, tag.name, tag.tag)
    connection.execute(insert(TAGS), tag.model_dump())


def drop_tag(connection: Connection, name: str, tag: str) -> None:
    """Record that there is no such tag any more."""
    connection.execute(delete(TAGS).where(T.name == name, T.tag == tag))
