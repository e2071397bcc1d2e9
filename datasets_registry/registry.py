"""The registry: commit rows or a model, judge it by its checks, find and read exact versions."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TypeVar

import pyarrow as pa
from sqlalchemy import Connection, and_, func, insert, select, update

from datasets_registry import catalog, views
from datasets_registry.errors import BadInput, BrokenObject, UnknownVersion, UnpassedVersion
from datasets_registry.objects import (
    Object,
    data_version,
    normalise,
    object_path,
    put_table,
    read_objects,
)
from datasets_registry.row import Row, arrow_schema, from_table, to_table
from datasets_registry.state import State
from datasets_registry.version import CheckResult, Derivation, Version, validated_name

R = TypeVar("R", bound=Row)
V, D = catalog.VERSIONS.c, catalog.DERIVATIONS.c


class Registry:
    """Versioned datasets and models under one state root; safe for many processes at once."""

    def __init__(self, state: State, url: str | None = None) -> None:
        self.state = state
        self.engine = catalog.open_catalog(state.catalog, url)

    # -- writing -------------------------------------------------------------------------------

    def commit(
        self, row: type[R], rows: Sequence[R], derivation: Derivation, name: str | None = None
    ) -> Version:
        """Store rows as a candidate version; identical rows are the same version, written once.

        ``name`` is the row type's dataset unless another is given.
        """
        table = normalise(to_table(row, rows), arrow_schema(row), row.key)
        objects = put_table(self.state.objects, table)
        content = {
            "objects": [[one.sha, one.rows] for one in objects],
            "key": list(row.key),
            "row": row.dataset,
        }
        return self._record(
            name or row.dataset, "dataset", data_version(objects), table.num_rows, content, derivation
        )

    def commit_model(self, name: str, folder: Path, fingerprint: str, derivation: Derivation) -> Version:
        """Record a finished model directory under the state root as a candidate version."""
        inside = folder.is_relative_to(self.state.root)
        content = {"path": str(folder.relative_to(self.state.root) if inside else folder)}
        return self._record(name, "model", fingerprint, None, content, derivation)

    def _record(
        self,
        name: str,
        kind: Literal["dataset", "model"],
        identity: str,
        num_rows: int | None,
        content: dict[str, Any],
        derivation: Derivation,
    ) -> Version:
        validated_name(name)
        self._require_objects(content)
        with self.engine.begin() as connection:
            same = and_(V.name == name, V.data_version == identity)
            number = connection.scalar(select(V.number).where(same))
            if number is None:
                last = connection.scalar(select(func.max(V.number)).where(V.name == name)) or 0
                number = last + 1
                connection.execute(
                    insert(catalog.VERSIONS).values(
                        name=name, number=number, kind=kind, data_version=identity,
                        status="candidate", num_rows=num_rows, content=content, created_at=_now(),
                    )
                )  # fmt: skip
            self._derive(connection, name, number, derivation)
        return self.version(name, number)

    def _require_objects(self, content: dict[str, Any]) -> None:
        for sha, _ in content.get("objects", []):
            if not object_path(self.state.objects, sha).exists():
                raise BrokenObject(f"object {sha} vanished before its commit: run the asset again")

    def _derive(self, connection: Connection, name: str, number: int, how: Derivation) -> None:
        result = connection.execute(
            insert(catalog.DERIVATIONS).values(
                name=name, number=number, recipe=how.recipe, code_version=how.code_version,
                settings=dict(how.settings), run_id=how.run_id, at=_now(),
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

    def record_checks(self, version: Version, results: Sequence[CheckResult]) -> Version:
        """Store check results and let them decide: passed, or failed where a blocking one is red."""
        red = any(not one.passed and one.severity == "error" for one in results)
        with self.engine.begin() as connection:
            for one in results:
                values = one.model_dump() | {"name": version.name, "number": version.number}
                connection.execute(insert(catalog.CHECKS).values(**values, at=_now()))
            connection.execute(
                update(catalog.VERSIONS)
                .where(V.name == version.name, V.number == version.number)
                .values(status="failed" if red else "passed")
            )
        self.refresh_views()
        return self.version(version.name, version.number)

    def reuse(self, version: Version, derivation: Derivation) -> Version:
        """Make an existing version the newest of its name again, without writing data."""
        if self.newest(version.name) != version:
            with self.engine.begin() as connection:
                self._derive(connection, version.name, version.number, derivation)
            self.refresh_views()
        return version

    # -- finding -------------------------------------------------------------------------------

    def names(self, kind: Literal["dataset", "model"]) -> list[str]:
        """Every dataset's or model's name, sorted."""
        query = select(V.name).where(V.kind == kind).distinct().order_by(V.name)
        with self.engine.connect() as connection:
            return list(connection.scalars(query))

    def versions(self, name: str) -> list[Version]:
        """All versions of ``name``, oldest first; raises UnknownVersion where there is none."""
        query = select(catalog.VERSIONS).where(V.name == name).order_by(V.number)
        with self.engine.connect() as connection:
            found = [Version(**one) for one in connection.execute(query).mappings()]
        if not found:
            raise UnknownVersion(f"no dataset or model {name!r}: `trimtab datasets` shows those there are")
        return found

    def version(self, name: str, number: int) -> Version:
        """Version ``number`` of ``name``, whatever its status."""
        versions = self.versions(name)
        for one in versions:
            if one.number == number:
                return one
        raise UnknownVersion(f"no {name}@{number}: the newest is {versions[-1]}")

    def resolve(self, reference: str) -> Version:
        """The version that ``cai_sft@3`` names; ``cai_sft`` alone is the newest that passed."""
        name, _, number = reference.partition("@")
        if not number:
            return self.passed(name)
        if not number.isdecimal():
            raise BadInput(f"{reference!r} names no version: write {name}@1, or {name} for the latest")
        return self.version(name, int(number))

    def newest(self, name: str) -> Version | None:
        """The version that ``name`` was last built to, passed or not; None before the first."""
        query = select(D.number).where(D.name == name).order_by(D.id.desc()).limit(1)
        with self.engine.connect() as connection:
            number = connection.scalar(query)
        return None if number is None else self.version(name, number)

    def passed(self, name: str) -> Version:
        """The newest version of ``name``, which must have passed its blocking checks.

        Raises UnknownVersion before the first build and UnpassedVersion with the failing check.
        """
        version = self.newest(name)
        if version is None:
            raise UnknownVersion(f"{name!r} has no version yet: materialize it first")
        return self.require_passed(version)

    def require_passed(self, version: Version) -> Version:
        """``version`` itself; raises UnpassedVersion with the failing check where it is not passed."""
        if version.status != "passed":
            red = [one for one in self.checks(version) if not one.passed and one.severity == "error"]
            why = f"check {red[0].check} failed: {red[0].description}" if red else "it was never checked"
            raise UnpassedVersion(f"{version} is not passed ({why}); mend its inputs and build it again")
        return version

    def find(self, name: str, recipe: str) -> Version | None:
        """The passed version of ``name`` that this recipe made before, if any."""
        query = select(D.number).where(D.name == name, D.recipe == recipe).order_by(D.id.desc()).limit(1)
        with self.engine.connect() as connection:
            number = connection.scalar(query)
        if number is None:
            return None
        version = self.version(name, number)
        return version if version.status == "passed" and self._is_whole(version) else None

    def _is_whole(self, version: Version) -> bool:
        if version.kind == "model":
            return (self.folder(version) / "config.json").exists()
        shas = [sha for sha, _ in version.content["objects"]]
        return all(object_path(self.state.objects, sha).exists() for sha in shas)

    def derived(self, name: str) -> tuple[str, dict[str, str]] | None:
        """The code version and the inputs' data versions of the newest build of ``name``."""
        newest = select(catalog.DERIVATIONS).where(D.name == name).order_by(D.id.desc()).limit(1)
        inputs = catalog.INPUTS.c
        with self.engine.connect() as connection:
            how = connection.execute(newest).mappings().first()
            if how is None:
                return None
            query = select(inputs.name, inputs.data_version).where(inputs.derivation_id == how["id"])
            return how["code_version"], {name: data for name, data in connection.execute(query)}

    def derivation(self, version: Version) -> Derivation:
        """How ``version`` was made, the last time that it was."""
        query = select(catalog.DERIVATIONS).where(D.name == version.name, D.number == version.number)
        inputs = catalog.INPUTS.c
        with self.engine.connect() as connection:
            how = connection.execute(query.order_by(D.id.desc()).limit(1)).mappings().one()
            given = connection.execute(
                select(inputs.name, inputs.number).where(inputs.derivation_id == how["id"])
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

    # -- reading -------------------------------------------------------------------------------

    def table(self, version: Version) -> pa.Table:
        """The rows of a dataset version as Arrow."""
        objects = [Object(sha, rows) for sha, rows in version.content["objects"]]
        return read_objects(self.state.objects, objects)

    def files(self, version: Version) -> list[Path]:
        """The Parquet files of a dataset version, in key order; raises BrokenObject where one is missing."""
        paths = [object_path(self.state.objects, one[0]) for one in version.content["objects"]]
        for path in paths:
            if not path.exists():
                raise BrokenObject(f"object {path} of {version} is missing: run `trimtab verify {version}`")
        return paths

    def rows(self, row: type[R], version: Version) -> list[R]:
        """The rows of a dataset version as typed rows, in key order."""
        return from_table(row, self.table(version))

    def folder(self, version: Version) -> Path:
        """The directory of a model version."""
        return self.state.root / str(version.content["path"])

    def refresh_views(self) -> None:
        """Write ``catalog.duckdb`` anew from the catalog, beside its open readers."""
        views.write_views(self.state, self.engine)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
