"""Which bucket a catalog keeps its files in: one for good, which belongs to no other catalog."""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import Engine, insert, select

from datasets_registry.catalog.records import Records
from datasets_registry.catalog.tables import BUCKET, CATALOG, VERSIONS
from datasets_registry.errors import BadInput, BrokenCatalog, BrokenObject, TrimtabError
from datasets_registry.stores.bucket import BucketStore
from datasets_registry.stores.store import Store, scratch

OWNER = "catalog.id"


def require_shared(store: Store, url: str | None, environment: Mapping[str, str] = os.environ) -> None:
    """Raise BadInput where files would go to a bucket, and which there are stay in this folder."""
    if store.url is not None and not (url or environment.get("TRIMTAB_CATALOG")):
        raise BadInput(
            f"{store.url} is shared by machines, and SQLite's catalog is not: set TRIMTAB_CATALOG to "
            "postgresql+psycopg://HOST/DATABASE, or unset TRIMTAB_STORE"
        )


def bind(store: Store, engine: Engine, *, reads_only: bool) -> None:
    """Make ``store`` that of the catalog, for good; later it is only compared, and the bucket not asked.

    Who ``reads_only`` binds nothing, and is refused another catalog's bucket all the same. Raises BadInput
    where it is not the catalog's, or does not refuse to write a file twice; BrokenCatalog where a bucket is
    another catalog's. The engine is closed then.
    """
    try:
        _bind(store, engine, reads_only)
    except TrimtabError:
        engine.dispose()
        raise


def _bind(store: Store, engine: Engine, reads_only: bool) -> None:
    bound = _bound(engine)
    if bound == store.url:
        return
    if bound is not None:
        raise BadInput(
            f"the catalog's files are in {bound}, and TRIMTAB_STORE is {store.url or 'not set'}: set "
            f"TRIMTAB_STORE={bound}, or TRIMTAB_CATALOG to another database"
        )
    if isinstance(store, BucketStore) and reads_only:
        _require_ours(store, _owner(store), _identity(engine))
    elif isinstance(store, BucketStore):
        store.require_conditional()
        _own(store, engine)
        with Records(engine).writing() as connection:
            if connection.execute(select(BUCKET.c.url)).first() is None:
                connection.execute(insert(BUCKET).values(one=1, url=store.url))


def require_bound(store: Store, engine: Engine) -> None:
    """Raise BadInput where a bucket was never made the catalog's, which thus knows of none of its files."""
    if _bound(engine) != store.url:
        raise BadInput(
            f"{store.url} is not this catalog's bucket: nothing was removed; set TRIMTAB_CATALOG to the "
            "catalog whose files lie there"
        )


def _bound(engine: Engine) -> str | None:
    with engine.connect() as connection:
        return connection.execute(select(BUCKET.c.url)).scalar()


def _identity(engine: Engine) -> str:
    with engine.connect() as connection:
        return str(connection.execute(select(CATALOG.c.id)).scalar_one())


def _own(store: Store, engine: Engine) -> None:
    """Put the catalog's id into the bucket, or find it there."""
    identity = _identity(engine)
    with engine.connect() as connection:
        has_versions = connection.execute(select(VERSIONS.c.name).limit(1)).first() is not None
    owner = _owner(store)
    if owner is None and has_versions:
        raise BadInput(
            f"the catalog has versions whose files are not in {store.url}: copy {OWNER} and the folders "
            "objects, models and ledger of its state there, or set TRIMTAB_CATALOG to an empty database"
        )
    if owner is None:
        with scratch(store, OWNER) as file:
            file.write_text(identity)
            owner = identity if store.put(OWNER, file) else _owner(store)
    _require_ours(store, owner, identity)


def _require_ours(store: Store, owner: str | None, identity: str) -> None:
    if owner not in (None, identity):
        raise BrokenCatalog(
            f"{store.url} belongs to catalog {(owner or '')[:8]}, and the opened one is {identity[:8]}: set "
            "TRIMTAB_CATALOG to that catalog, or TRIMTAB_STORE to another bucket or folder in it"
        )


def _owner(store: Store) -> str | None:
    # not beside the state's own id, which is of the same name: that may be on a full disk
    with tempfile.TemporaryDirectory() as folder:
        try:
            return store.fetch(OWNER, Path(folder) / OWNER).read_text().strip()
        except BrokenObject:
            return None
