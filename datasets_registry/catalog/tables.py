"""The catalog's tables, and how it is opened: SQLite in the state folder, or the database at a URL."""

import os
import sqlite3
import time
import uuid
from pathlib import Path

from sqlalchemy import (
    JSON,
    URL,
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
    insert,
    make_url,
    select,
)
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoResultFound
from sqlalchemy.pool import ConnectionPoolEntry

from datasets_registry.catalog.patience import patient
from datasets_registry.catalog.snapshot import forbid_writes, in_memory
from datasets_registry.errors import BadInput, BrokenCatalog, first_line
from datasets_registry.state import State, durable

METADATA = MetaData()
LOCK_SECONDS = 60
_REMEDY = "check that its server runs and that TRIMTAB_CATALOG names it, or restore its file from a backup"

# one row: which catalog this is, and a count of changes that every writer raises first
CATALOG = Table(
    "catalog",
    METADATA,
    Column("one", Integer, primary_key=True),
    Column("id", String, nullable=False),
    Column("changes", Integer, nullable=False),
)

# one row, where files are in a bucket: which one, that refused to write a file twice when it was asked
BUCKET = Table(
    "bucket",
    METADATA,
    Column("one", Integer, primary_key=True),
    Column("url", String, nullable=False),
)

OBJECTS = Table(
    "object",
    METADATA,
    Column("sha", String, primary_key=True),
    Column("num_rows", Integer, nullable=False),
    Column("num_bytes", Integer, nullable=False),
    Column("file_sha", String, nullable=False),
)

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

# the digest of each prompt text and module behind a derivation's code version, by name
PARTS = Table(
    "part",
    METADATA,
    Column("derivation_id", Integer, primary_key=True),
    Column("name", String, primary_key=True),
    Column("digest", String, nullable=False),
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

# what a person let count as made by newer code: versions of `name` whose code was `before`, for `after`
KEPT = Table(
    "kept",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", String, nullable=False, index=True),
    Column("before", String, nullable=False),
    Column("after", String, nullable=False),
    Column("modules", JSON, nullable=False),
    Column("who", String, nullable=False),
    Column("because", String, nullable=False),
    Column("at", String, nullable=False),
    Column("undone_by", String),
    Column("undone_at", String),
)

# names that people gave versions: each stands at one version of `name`, and stood at `before` until it moved
TAGS = Table(
    "tag",
    METADATA,
    Column("name", String, primary_key=True),
    Column("tag", String, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("before", Integer),
    Column("who", String, nullable=False),
    Column("at", String, nullable=False),
)

# files of models, by their names in the bucket, that were found to be lost there or damaged
LOST = Table("lost", METADATA, Column("key", String, primary_key=True))

# versions that were removed: their numbers name nothing else, and their files go a grace later
REMOVED = Table(
    "removed",
    METADATA,
    Column("name", String, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("kind", String, nullable=False),
    Column("data_version", String, nullable=False),
    Column("content", JSON, nullable=False),
    Column("who", String, nullable=False),
    Column("at", String, nullable=False),
)


def open_catalog(state: State, url: str | None = None, *, reads_only: bool = False) -> Engine:
    """The catalog of ``state``: at ``url``, else at TRIMTAB_CATALOG, else SQLite; created where absent.

    One that ``reads_only`` writes nothing into the folder, and shows SQLite's catalog as it is now.

    Raises BrokenCatalog where it cannot be opened or belongs to another state folder, and BadInput where the
    URL or its driver cannot be used.
    """
    url = url or os.environ.get("TRIMTAB_CATALOG")
    expected = state.catalog_id.read_text().strip() if state.catalog_id.exists() else None
    if expected and not url and not state.catalog.exists():
        raise _lost(state, f"{state.catalog} is gone")
    engine = engine_at(url) if url else in_memory(state.catalog) if reads_only else _sqlite(state.catalog)
    try:
        identity = _identity(engine)
    except DBAPIError as error:
        engine.dispose()
        why = first_line(error.orig or error)
        raise BrokenCatalog(f"the catalog cannot be opened ({why}): {_REMEDY}") from error
    if expected not in (None, identity):
        engine.dispose()
        raise _lost(state, f"the opened catalog is {identity[:8]}, and the folder's is {expected[:8]}")
    if reads_only and not url:
        forbid_writes(engine)
    if expected is None and not reads_only:
        with durable(state.catalog_id) as temporary:
            temporary.write_text(identity)
    return engine


def _lost(state: State, what: str) -> BrokenCatalog:
    return BrokenCatalog(
        f"{what}: restore the catalog from a backup, or set TRIMTAB_CATALOG to where it is. The data is "
        f"whole and readable with `duckdb -readonly {state.views}`; to begin an empty catalog beside it, "
        f"remove {state.catalog_id}"
    )


def shared_engine() -> Engine | None:
    """The database at TRIMTAB_CATALOG; None where the catalog is a file of the state folder."""
    url = os.environ.get("TRIMTAB_CATALOG")
    return engine_at(url) if url else None


def engine_at(url: str) -> Engine:
    """The database at ``url``, which is not asked yet; raises BadInput where it cannot be one of ours."""
    try:
        backend = make_url(url).get_backend_name()
    # a port that is no number is a ValueError
    except (ArgumentError, ValueError) as error:
        raise BadInput("TRIMTAB_CATALOG is not a URL: write postgresql+psycopg://host/database") from error
    if backend != "postgresql":
        raise BadInput(
            f"TRIMTAB_CATALOG is for PostgreSQL, not {backend}: write postgresql+psycopg://host/database"
        )
    try:
        # each connection is tried before it is used: after a restart of the server all are stale
        return patient(create_engine(url, pool_pre_ping=True))
    except ModuleNotFoundError as error:
        raise BadInput(f"PostgreSQL needs its driver: `pip install -e '.[postgres]'` ({error})") from error


def _sqlite(path: Path) -> Engine:
    path.parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(URL.create("sqlite", database=str(path)), connect_args={"timeout": LOCK_SECONDS})
    event.listen(engine, "connect", _durable_and_concurrent)
    return engine


def _durable_and_concurrent(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    _keep_a_log(cursor)
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()


def _keep_a_log(cursor: DBAPICursor) -> None:
    """Turn a new catalog to its write-ahead log; two that do so at once are not made to wait by SQLite."""
    deadline = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def _identity(engine: Engine) -> str:
    """The catalog's id; creates the tables that are missing, as in a new catalog or in an older release's."""
    for patience in (0.05, 0.1, 0.2, 0.4, 0.8, 1.6, None):
        try:
            return _read_identity(engine)
        except (DBAPIError, NoResultFound):
            # another process may be creating the same tables, and then ours fail
            try:
                METADATA.create_all(engine)
                with engine.begin() as connection:
                    connection.execute(insert(CATALOG).values(one=1, id=uuid.uuid4().hex, changes=0))
            except DBAPIError as error:
                raced = isinstance(error, IntegrityError) or "already exists" in str(error.orig)
                if patience is None or not raced:
                    raise
                time.sleep(patience)
    return _read_identity(engine)


def _read_identity(engine: Engine) -> str:
    with engine.connect() as connection:
        for table in (PARTS, KEPT, TAGS, REMOVED, BUCKET, LOST):
            connection.execute(select(table).limit(1))
        return str(connection.execute(select(CATALOG.c.id)).scalar_one())
