"""The catalog: which versions exist, how each was derived, and which checks it passed."""

import os
from pathlib import Path

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Engine,
    Float,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    create_engine,
    event,
)
from sqlalchemy.engine.base import Connection
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

METADATA = MetaData()

VERSIONS = Table(
    "version",
    METADATA,
    Column("name", String, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("kind", String, nullable=False),
    Column("data_version", String, nullable=False),
    Column("status", String, nullable=False),
    Column("num_rows", Integer),
    Column("content", JSON, nullable=False),
    Column("created_at", String, nullable=False),
    UniqueConstraint("name", "data_version"),
)

DERIVATIONS = Table(
    "derivation",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", String, nullable=False, index=True),
    Column("number", Integer, nullable=False),
    Column("recipe", String, nullable=False, index=True),
    Column("code_version", String, nullable=False),
    Column("settings", JSON, nullable=False),
    Column("run_id", String),
    Column("at", String, nullable=False),
)

INPUTS = Table(
    "input",
    METADATA,
    Column("derivation_id", Integer, primary_key=True),
    Column("name", String, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("data_version", String, nullable=False),
)

CHECKS = Table(
    "check_result",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", String, nullable=False, index=True),
    Column("number", Integer, nullable=False),
    Column("check", String, nullable=False),
    Column("passed", Boolean, nullable=False),
    Column("severity", String, nullable=False),
    Column("value", Float),
    Column("threshold", Float),
    Column("description", String, nullable=False),
    Column("at", String, nullable=False),
)


def _configure(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    # SQLAlchemy must not open transactions of its own: ours start IMMEDIATE, in _begin
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _queue(connection: Connection) -> None:
    connection.exec_driver_sql("SELECT pg_advisory_xact_lock(4)")


def open_catalog(path: Path, url: str | None = None) -> Engine:
    """The catalog at ``url`` or ``TRIMTAB_CATALOG``, else SQLite at ``path``; created where absent."""
    url = url or os.environ.get("TRIMTAB_CATALOG")
    if url:
        engine = create_engine(url)
        event.listen(engine, "begin", _queue)
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 60})
        event.listen(engine, "connect", _configure)
        event.listen(engine, "begin", _begin)
    METADATA.create_all(engine)
    return engine
