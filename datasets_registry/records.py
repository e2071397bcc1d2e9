"""What the catalog records, read and written: versions, derivations, check results and objects."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import Connection, Engine, Select, and_, func, insert, select, update

from datasets_registry import catalog
from datasets_registry.errors import UnknownVersion
from datasets_registry.objects import Object
from datasets_registry.version import CheckResult, Derivation, Status, Version

V, D = catalog.VERSIONS.c, catalog.DERIVATIONS.c
INPUT, OBJECT = catalog.INPUTS.c, catalog.OBJECTS.c
SHAS_AT_ONCE = 500


class Records:
    """The catalog's rows; the same statements on SQLite and PostgreSQL."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that no other writer's overlaps: each raises the count of changes first."""
        with self.engine.begin() as connection:
            changes = catalog.CATALOG.c.changes
            connection.execute(update(catalog.CATALOG).values(changes=changes + 1))
            yield connection

    def changes(self) -> int:
        """How many transactions have written so far."""
        with self.engine.connect() as connection:
            return int(connection.execute(select(catalog.CATALOG.c.changes)).scalar_one())

    # -- writing, inside a transaction -----------------------------------------------------------

    def add_version(
        self, connection: Connection, name: str, kind: Literal["dataset", "model"], identity: str,
        num_rows: int | None, content: dict[str, Any],
    ) -> int:  # fmt: skip
        """The number of the version with this content, inserted where it is new."""
        number = connection.scalar(select(V.number).where(V.name == name, V.data_version == identity))
        if number is None:
            last = connection.scalar(select(func.max(V.number)).where(V.name == name)) or 0
            number = last + 1
            connection.execute(
                insert(catalog.VERSIONS).values(
                    name=name, number=number, kind=kind, data_version=identity, status="candidate",
                    num_rows=num_rows, content=content, created_at=now(),
                )
            )  # fmt: skip
        return int(number)

    def add_objects(self, connection: Connection, objects: Sequence[Object]) -> None:
        """Record objects that are not recorded yet, and what their files are now."""
        for one in objects:
            values = {"num_rows": one.num_rows, "num_bytes": one.num_bytes, "file_sha": one.file_sha}
            there = connection.execute(
                select(OBJECT.num_bytes, OBJECT.file_sha).where(OBJECT.sha == one.sha)
            ).first()
            if there is None:
                connection.execute(insert(catalog.OBJECTS).values(sha=one.sha, **values))
            elif tuple(there) != (one.num_bytes, one.file_sha):
                connection.execute(update(catalog.OBJECTS).where(OBJECT.sha == one.sha).values(**values))

    def add_derivation(self, connection: Connection, name: str, number: int, how: Derivation) -> None:
        """Record that ``name@number`` was made so, which makes it the newest of its name."""
        result = connection.execute(
            insert(catalog.DERIVATIONS).values(
                name=name, number=number, recipe=how.recipe, code_version=how.code_version,
                settings=dict(how.settings), run_id=how.run_id, at=now(),
            )
        )  # fmt: skip
        assert result.inserted_primary_key is not None
        for one in how.inputs:
            connection.execute(
                insert(catalog.INPUTS).values(
                    derivation_id=result.inserted_primary_key[0],
                    name=one.name, number=one.number, data_version=one.data_version,
                )
            )  # fmt: skip

    def add_checks(self, version: Version, results: Sequence[CheckResult], status: Status) -> None:
        """Record check results, and the status that they decide."""
        with self.writing() as connection:
            for one in results:
                values = one.model_dump() | {"name": version.name, "number": version.number}
                connection.execute(insert(catalog.CHECKS).values(**values, at=now()))
            same = and_(V.name == version.name, V.number == version.number)
            connection.execute(update(catalog.VERSIONS).where(same).values(status=status))

    # -- reading ---------------------------------------------------------------------------------

    def names(self, kind: Literal["dataset", "model"]) -> list[str]:
        """Every dataset's or model's name, sorted."""
        query = select(V.name).where(V.kind == kind).distinct().order_by(V.name)
        with self.engine.connect() as connection:
            return list(connection.scalars(query))

    def versions(self, name: str) -> list[Version]:
        """All versions of ``name``, oldest first; raises UnknownVersion where there is none."""
        found = self._versions(select(catalog.VERSIONS).where(V.name == name).order_by(V.number))
        if not found:
            raise UnknownVersion(f"no dataset or model {name!r}: `trimtab datasets` shows those there are")
        return found

    def _versions(self, query: Select[Any]) -> list[Version]:
        with self.engine.connect() as connection:
            return [Version(**one) for one in connection.execute(query).mappings()]

    def version(self, name: str, number: int) -> Version:
        """Version ``number`` of ``name``, whatever its status."""
        found = self._versions(select(catalog.VERSIONS).where(V.name == name, V.number == number))
        if not found:
            raise UnknownVersion(f"no {name}@{number}: the newest is {self.versions(name)[-1]}")
        return found[0]

    def newest(self, name: str, recipe: str | None = None) -> Version | None:
        """The version that ``name`` was last built to, passed or not; by ``recipe`` where one is given."""
        query = select(D.number).where(D.name == name).order_by(D.id.desc()).limit(1)
        with self.engine.connect() as connection:
            number = connection.scalar(query if recipe is None else query.where(D.recipe == recipe))
        return None if number is None else self.version(name, number)

    def latest(self, name: str) -> Version | None:
        """The passed version of ``name`` that was built last."""
        passed = and_(V.name == D.name, V.number == D.number, V.status == "passed")
        query = select(D.number).join(catalog.VERSIONS, passed).where(D.name == name)
        with self.engine.connect() as connection:
            number = connection.scalar(query.order_by(D.id.desc()).limit(1))
        return None if number is None else self.version(name, number)

    def derivation(self, version: Version) -> Derivation:
        """How ``version`` was made, the last time that it was."""
        query = select(catalog.DERIVATIONS).where(D.name == version.name, D.number == version.number)
        with self.engine.connect() as connection:
            how = connection.execute(query.order_by(D.id.desc()).limit(1)).mappings().one()
            given = connection.execute(
                select(INPUT.name, INPUT.number).where(INPUT.derivation_id == how["id"])
            ).all()
        return Derivation(
            code_version=how["code_version"], settings=how["settings"], run_id=how["run_id"],
            inputs=tuple(self.version(name, number) for name, number in given),
        )  # fmt: skip

    def checks(self, version: Version) -> list[CheckResult]:
        """The newest result of every check of ``version``."""
        c = catalog.CHECKS.c
        query = select(catalog.CHECKS).where(c.name == version.name, c.number == version.number)
        with self.engine.connect() as connection:
            rows = connection.execute(query.order_by(c.id)).mappings().all()
        newest = {one["check"]: one for one in rows}
        fields = CheckResult.model_fields
        return [CheckResult(**{name: one[name] for name in fields}) for one in newest.values()]

    def object(self, sha: str) -> Object | None:
        """What is recorded of one object."""
        return next(iter(self.objects([sha])), None)

    def objects(self, shas: Sequence[str]) -> list[Object]:
        """What is recorded of these objects."""
        parts = [shas[start : start + SHAS_AT_ONCE] for start in range(0, len(shas), SHAS_AT_ONCE)]
        queries = [select(catalog.OBJECTS).where(OBJECT.sha.in_(part)) for part in parts]
        with self.engine.connect() as connection:
            return [Object(**row) for query in queries for row in connection.execute(query).mappings()]


def now() -> str:
    """The time as the catalog writes it: ISO 8601, UTC, milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
