"""The rows of the catalog, written and read: versions, derivations, check results and objects."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Executable,
    RowMapping,
    and_,
    insert,
    select,
    update,
)

from datasets_registry.catalog import statements
from datasets_registry.catalog import tables as catalog
from datasets_registry.catalog.line import MAIN, Line
from datasets_registry.catalog.removed import free_number, require_there, why_gone
from datasets_registry.catalog.statements import INPUT, OBJECT, PART, D, V, objects_in
from datasets_registry.documents import meant
from datasets_registry.errors import BadInput, UnknownVersion
from datasets_registry.store.objects import Object
from datasets_registry.version import (
    CheckResult,
    Content,
    Derivation,
    Status,
    Version,
    experiment_of,
)


class Records:
    """The catalog's rows by the names of a line; the same statements on SQLite and PostgreSQL."""

    def __init__(self, engine: Engine, line: Line = MAIN) -> None:
        self.engine, self.line = engine, line

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that no other writer's overlaps: each raises the count of changes first."""
        with self.engine.begin() as connection:
            connection.execute(statements.RAISE)
            yield connection

    def changes(self) -> int:
        """How many transactions have written so far."""
        with self.engine.connect() as connection:
            return int(connection.execute(statements.CHANGES).scalar_one())

    # -- writing, inside a transaction -----------------------------------------------------------

    def add_version(
        self,
        connection: Connection,
        name: str,
        kind: Literal["dataset", "model"],
        identity: str,
        num_rows: int | None,
        content: Content,
    ) -> Version:
        """The version with this content, inserted where it is new; a model lies where it was found last.

        Raises BadInput where a dataset would have the name of a model, or the reverse.
        """
        stored = self.line.stored(name)
        same = (
            connection.execute(statements.IDENTICAL, {"of": stored, "identity": identity}).mappings().first()
        )
        if same:
            return self._moved(connection, self._seen(same), content)
        last, named = connection.execute(statements.LAST, {"of": stored}).one()
        if named not in (None, kind):
            raise BadInput(f"{name!r} is a {named}, and so cannot be a {kind} too: choose another name")
        new = {
            "name": stored,
            "number": free_number(connection, stored, identity, last or 0),
            "kind": kind,
            "data_version": identity,
            "status": "candidate",
            "num_rows": num_rows,
            "content": content,
            "created_at": now(),
        }
        connection.execute(insert(catalog.VERSIONS), new)
        return self._seen(new)

    def _seen(self, row: Mapping[Any, Any]) -> Version:
        """The catalog's row as the line calls it."""
        stored = row["name"]
        return Version(**{**row, "name": self.line.called(stored), "experiment": experiment_of(stored)})

    def _is(self, version: Version) -> ColumnElement[bool]:
        return and_(V.name == self.line.stored(version.name), V.number == version.number)

    def _moved(self, connection: Connection, version: Version, content: Content) -> Version:
        """``version`` at its place: a dataset's objects are content, and a model's folder is not."""
        if version.kind == "dataset" or version.content == content:
            return version
        connection.execute(update(catalog.VERSIONS).where(self._is(version)).values(content=content))
        return version.model_copy(update={"content": content})

    def add_objects(self, connection: Connection, objects: Sequence[Object]) -> None:
        """Record objects that are not recorded yet, and what their files are now."""
        shas = list({stored.sha for stored in objects})
        recorded = {stored.sha: stored for stored in objects_in(connection, shas)}
        new = {stored.sha: asdict(stored) for stored in objects if stored.sha not in recorded}
        if new:
            connection.execute(insert(catalog.OBJECTS), list(new.values()))
        for stored in objects:
            if stored.sha in recorded and stored != recorded[stored.sha]:
                file = {"num_bytes": stored.num_bytes, "file_sha": stored.file_sha}
                connection.execute(update(catalog.OBJECTS).where(OBJECT.sha == stored.sha).values(**file))

    def add_derivation(self, connection: Connection, version: Version, derivation: Derivation) -> None:
        """Record how ``version`` was made, which makes it the newest of its name.

        Raises UnknownVersion where it, or an input, was removed meanwhile.
        """
        require_there(connection, (version, *derivation.inputs))
        result = connection.execute(
            insert(catalog.DERIVATIONS).values(
                name=self.line.stored(version.name),
                number=version.number,
                recipe=derivation.recipe,
                code_version=derivation.code_version,
                settings=dict(derivation.settings),
                run_id=derivation.run_id,
                at=now(),
            )
        )
        assert result.inserted_primary_key is not None
        derivation_id = result.inserted_primary_key[0]
        if derivation.parts:
            parts = [
                {"derivation_id": derivation_id, "name": name, "digest": digest}
                for name, digest in derivation.parts.items()
            ]
            connection.execute(insert(catalog.PARTS), parts)
        for used in derivation.inputs:
            connection.execute(
                insert(catalog.INPUTS).values(
                    derivation_id=derivation_id,
                    name=self.line.stored(used.name),
                    number=used.number,
                    data_version=used.data_version,
                )
            )

    def add_checks(self, version: Version, results: Sequence[CheckResult], status: Status) -> None:
        """Record check results, and the status that they decide; raises as ``add_derivation`` does."""
        with self.writing() as connection:
            require_there(connection, [version])
            checked = {"name": self.line.stored(version.name), "number": version.number, "at": now()}
            if results:
                rows = [result.model_dump() | checked for result in results]
                connection.execute(insert(catalog.CHECKS), rows)
            connection.execute(update(catalog.VERSIONS).where(self._is(version)).values(status=status))

    # -- reading ---------------------------------------------------------------------------------

    def names(self, kind: Literal["dataset", "model"], *, everywhere: bool = False) -> list[str]:
        """Every dataset's or model's name, sorted: those of the line, or those ``everywhere``."""
        stored = self._stored_names(V.kind == kind)
        return sorted(self.line.called(name) for name in stored if everywhere or self.line.has(name))

    def _stored_names(self, *where: ColumnElement[bool]) -> list[str]:
        with self.engine.connect() as connection:
            return list(connection.scalars(select(V.name).where(*where).distinct()))

    def versions(self, name: str) -> list[Version]:
        """All versions of ``name``, oldest first; raises UnknownVersion where there is none."""
        query = select(catalog.VERSIONS).where(statements.NAMED).order_by(V.number)
        versions = self._versions(query, of=name)
        if not versions:
            near = meant(name, [*self.names("dataset"), *self.names("model")], most=3)
            gone = why_gone(self.engine, self.line.stored(name))
            raise UnknownVersion(
                f"no dataset or model {name!r}{f' any more ({gone})' if gone else near}: "
                "`trimtab datasets` and `trimtab models` list them"
            )
        return versions

    def _versions(self, query: Executable, of: str | None = None, **values: object) -> list[Version]:
        named = {} if of is None else {"of": self.line.stored(of)}
        with self.engine.connect() as connection:
            return [self._seen(row) for row in connection.execute(query, named | values).mappings()]

    def version(self, name: str, number: int) -> Version:
        """Version ``number`` of ``name``, whatever its status; raises UnknownVersion where there is none."""
        versions = self._versions(statements.VERSION, of=name, no=number)
        if not versions:
            newest = self.versions(name)[-1]
            gone = why_gone(self.engine, self.line.stored(name), number) or f"no {name}@{number}"
            raise UnknownVersion(f"{gone}: the newest is {newest}")
        return versions[0]

    def models(self, identity: str) -> list[Version]:
        """Every version of a model with this content, whatever its name."""
        query = select(catalog.VERSIONS).where(V.kind == "model", V.data_version == identity)
        return self._versions(query.order_by(V.name, V.number))

    def newest(self, name: str, recipe: str | None = None) -> Version | None:
        """The last build of ``name``, passed or not; where ``recipe`` is given, the last one by it."""
        if recipe is None:
            return next(iter(self._versions(statements.BUILT_LAST, of=name)), None)
        return next(iter(self._versions(statements.OF_RECIPE, of=name, by=recipe)), None)

    def latest(self, name: str) -> Version | None:
        """The passed version of ``name`` that was built last."""
        return next(iter(self._versions(statements.PASSED, of=name)), None)

    def imported(self, name: str) -> Version | None:
        """The version of ``name`` that a person imported last, passed or not."""
        return next(iter(self._versions(statements.IMPORTED, of=name)), None)

    def made_by(self, recipe: str) -> list[Version]:
        """The versions of every line that a recipe made, the last first."""
        with self.engine.connect() as connection:
            made = connection.execute(statements.BY_RECIPE, {"by": recipe}).all()
        return [
            self.version(self.line.called(name), number) for name, number in dict.fromkeys(map(tuple, made))
        ]

    def derivations(self, name: str) -> list[tuple[Version, Derivation]]:
        """How each version of ``name`` was made, every time that it was, the last first."""
        query = select(catalog.DERIVATIONS).where(D.name == self.line.stored(name)).order_by(D.id.desc())
        with self.engine.connect() as connection:
            rows = connection.execute(query).mappings().all()
        return [(self.version(name, row["number"]), self._derivation(row)) for row in rows]

    def settings(self, name: str) -> list[Mapping[str, object]]:
        """The settings of the derivations of ``name``, the last first: one query, whatever their number."""
        query = select(catalog.DERIVATIONS).where(D.name == self.line.stored(name)).order_by(D.id.desc())
        with self.engine.connect() as connection:
            return [row["settings"] for row in connection.execute(query).mappings()]

    def derivation(self, version: Version) -> Derivation:
        """How ``version`` was last made."""
        stored = self.line.stored(version.name)
        query = select(catalog.DERIVATIONS).where(D.name == stored, D.number == version.number)
        with self.engine.connect() as connection:
            row = connection.execute(query.order_by(D.id.desc()).limit(1)).mappings().one()
        return self._derivation(row)

    def _derivation(self, row: RowMapping) -> Derivation:
        with self.engine.connect() as connection:
            inputs = connection.execute(
                select(INPUT.name, INPUT.number).where(INPUT.derivation_id == row["id"])
            ).all()
            parts = connection.execute(
                select(PART.name, PART.digest).where(PART.derivation_id == row["id"])
            ).all()
        return Derivation(
            code_version=row["code_version"],
            settings=row["settings"],
            run_id=row["run_id"],
            inputs=tuple(self.version(self.line.called(name), number) for name, number in inputs),
            parts={name: digest for name, digest in parts},
        )

    def built_from(self, version: Version) -> list[Version]:
        """Every version that was ever made from ``version`` directly, by name and number."""
        return self._versions(statements.BUILT_FROM, of=version.name, no=version.number)

    def checks(self, version: Version) -> list[CheckResult]:
        """The newest result of every check of ``version``."""
        c = catalog.CHECKS.c
        query = select(catalog.CHECKS).where(
            c.name == self.line.stored(version.name), c.number == version.number
        )
        with self.engine.connect() as connection:
            rows = connection.execute(query.order_by(c.id)).mappings().all()
        newest = {row["check"]: row for row in rows}
        fields = CheckResult.model_fields
        return [CheckResult(**{name: row[name] for name in fields}) for row in newest.values()]

    def object(self, sha: str) -> Object | None:
        """The record of an object; None where there is none."""
        return next(iter(self.objects([sha])), None)

    def objects(self, shas: Sequence[str]) -> list[Object]:
        """The records of those of the objects that have one."""
        with self.engine.connect() as connection:
            return objects_in(connection, shas)


def now() -> str:
    """The time as the catalog writes it: ISO 8601, UTC, milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
