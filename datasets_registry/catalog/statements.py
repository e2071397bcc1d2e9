"""The statements of the catalog that are asked again and again, each built once."""

from collections.abc import Sequence

from sqlalchemy import Connection, and_, bindparam, exists, func, select, update

from datasets_registry.catalog import tables as catalog
from datasets_registry.store.objects import Object
from datasets_registry.version import IMPORT

V, D = catalog.VERSIONS.c, catalog.DERIVATIONS.c
INPUT, PART, OBJECT = catalog.INPUTS.c, catalog.PARTS.c, catalog.OBJECTS.c

# the statements of every commit, built once: building one costs more than SQLite takes to answer it
CHANGES = select(catalog.CATALOG.c.changes)
RAISE = update(catalog.CATALOG).values(changes=catalog.CATALOG.c.changes + 1)
NAMED = V.name == bindparam("of")
VERSION = select(catalog.VERSIONS).where(NAMED, V.number == bindparam("no"))
IDENTICAL = select(catalog.VERSIONS).where(NAMED, V.data_version == bindparam("identity"))
LAST = select(func.max(V.number), func.max(V.kind)).where(NAMED)
BUILT_LAST = (
    select(catalog.VERSIONS)
    .join(catalog.DERIVATIONS, and_(V.name == D.name, V.number == D.number))
    .where(D.name == bindparam("of"))
    .order_by(D.id.desc())
    .limit(1)
)
IMPORTED = BUILT_LAST.where(D.code_version.startswith(IMPORT))
OF_RECIPE, PASSED = BUILT_LAST.where(D.recipe == bindparam("by")), BUILT_LAST.where(V.status == "passed")
BUILT_FROM = (
    select(catalog.VERSIONS)
    .where(
        exists()
        .where(D.name == V.name, D.number == V.number, INPUT.derivation_id == D.id)
        .where(INPUT.name == bindparam("of"), INPUT.number == bindparam("no"))
    )
    .order_by(V.name, V.number)
)
BY_RECIPE = select(D.name, D.number).where(D.recipe == bindparam("by")).order_by(D.id.desc())
OBJECTS = select(catalog.OBJECTS).where(OBJECT.sha.in_(bindparam("shas", expanding=True)))
SHAS_AT_ONCE = 500


def objects_in(connection: Connection, shas: Sequence[str]) -> list[Object]:
    """The records of those of the objects that have one."""
    starts = range(0, len(shas), SHAS_AT_ONCE)
    queries = ({"shas": shas[start : start + SHAS_AT_ONCE]} for start in starts)
    return [Object(**row) for query in queries for row in connection.execute(OBJECTS, query).mappings()]
