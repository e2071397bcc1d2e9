"""Files of models that a bucket lost, or has damaged: no version that needs one is whole until it is back."""

from collections.abc import Collection

from sqlalchemy import Connection, Engine, delete, insert, select

from datasets_registry.catalog.records import Records
from datasets_registry.catalog.tables import LOST


def lost_files(engine: Engine) -> set[str]:
    """The names in the bucket of the files that are lost."""
    with engine.connect() as connection:
        return _lost(connection)


def count_lost(records: Records, keys: Collection[str]) -> None:
    """Let these files count as lost."""
    if set(keys) - lost_files(records.engine):
        with records.writing() as connection:
            if new := sorted(set(keys) - _lost(connection)):
                connection.execute(insert(LOST), [{"key": key} for key in new])


def count_found(records: Records, keys: Collection[str]) -> None:
    """Let these files not count as lost any longer."""
    if found := lost_files(records.engine).intersection(keys):
        with records.writing() as connection:
            connection.execute(delete(LOST).where(LOST.c.key.in_(found)))


def _lost(connection: Connection) -> set[str]:
    return set(connection.scalars(select(LOST.c.key)))
