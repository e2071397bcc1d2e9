"""The registry: commit rows or a model, judge it by its checks, find and read exact versions."""

from collections.abc import Iterator, Sequence
from copy import copy
from pathlib import Path
from typing import Literal, TypeVar

import pyarrow as pa

from datasets_registry.agreement.locks import Held
from datasets_registry.catalog.binding import bind, require_shared
from datasets_registry.catalog.filed import Filed
from datasets_registry.catalog.kept import Keeping
from datasets_registry.catalog.line import Line
from datasets_registry.catalog.records import Records
from datasets_registry.catalog.tables import open_catalog
from datasets_registry.catalog.tags import Tag, tagged, tags_of
from datasets_registry.errors import UnknownVersion, UnpassedVersion
from datasets_registry.rows.row import Row, from_table
from datasets_registry.state import State
from datasets_registry.store.evolution import require_compatible
from datasets_registry.store.objects import object_name, read_stored
from datasets_registry.store.staging import Rows, Staged, stage
from datasets_registry.stores.bucket import BucketStore
from datasets_registry.stores.opening import store_of
from datasets_registry.version import (
    MAIN_LINE,
    CheckResult,
    Content,
    Derivation,
    Status,
    Version,
    parsed_reference,
    plain_name,
    validated_name,
)
from datasets_registry.views import views

R = TypeVar("R", bound=Row)


class Registry(Keeping, Filed):
    """Versioned datasets and models of one line, by its names; safe for many processes at once."""

    def __init__(self, state: State, url: str | None = None, *, reads_only: bool = False) -> None:
        """``url`` is the catalog's; without one it is TRIMTAB_CATALOG, or SQLite in the state root.

        One that ``reads_only`` shows the versions of now and writes nothing, so that a full disk will do.
        """
        self.state, self.url = state, url
        self.store = store_of(state)
        require_shared(self.store, url)
        self.engine = open_catalog(state, url, reads_only=reads_only)
        bind(self.store, self.engine, reads_only=reads_only)
        self.records = Records(self.engine)

    def of(self, line: Line) -> "Registry":
        """The same versions by the names of another line."""
        other = copy(self)
        other.records = Records(self.engine, line)
        return other

    # -- writing -------------------------------------------------------------------------------

    def commit(self, row: type[R], rows: Rows, derivation: Derivation, name: str | None = None) -> Version:
        """Store rows as a candidate version; identical rows are the same version, written once.

        ``rows`` are typed rows, Arrow batches or Polars frames, of any number; the row type gives the name
        where there is no ``name``. Raises BadInput where the name cannot be used or the rows do not fit.
        """
        with self.adding() as held:
            staged = self._put(row, rows, name or row.dataset)
            return self._committed(held, [staged], derivation)[0]

    def stage(self, row: type[R], rows: Rows, name: str | None = None) -> Staged:
        """Make the objects of a version durable, which nobody sees yet; raises as ``commit`` does."""
        with self.adding() as held:
            staged = self._put(row, rows, name or row.dataset)
            if self.store.url is not None:
                # what is recorded is there, until collection takes the record first
                with self.naming(held) as connection:
                    self.records.add_objects(connection, staged.objects)
            return staged

    def _put(self, row: type[R], rows: Rows, name: str) -> Staged:
        validated_name(plain_name(name))
        require_compatible(row, self.newest(name))
        return stage(name, row, rows, self.store, self.state.cache / "spill", self.records.object)

    def commit_staged(self, staged: Sequence[Staged], derivation: Derivation) -> list[Version]:
        """Make versions of all staged datasets or, whatever happens, of none.

        Raises BrokenObject where an object of theirs is gone.
        """
        with self.adding() as held:
            self.require_objects([stored.sha for dataset in staged for stored in dataset.objects])
            return self._committed(held, staged, derivation)

    def _committed(self, held: Held, staged: Sequence[Staged], derivation: Derivation) -> list[Version]:
        versions = []
        with self.naming(held) as connection:
            for dataset in staged:
                self.records.add_objects(connection, dataset.objects)
                # what people import is of no experiment
                shared = f"{MAIN_LINE}/{plain_name(dataset.name)}" if derivation.is_import else None
                version = self.records.add_version(
                    connection,
                    shared or dataset.name,
                    "dataset",
                    dataset.data_version,
                    dataset.num_rows,
                    dataset.content,
                )
                self.records.add_derivation(connection, version, derivation)
                versions.append(version)
        return versions

    def commit_model(self, name: str, folder: Path, fingerprint: str, derivation: Derivation) -> Version:
        """Record a finished model directory as a candidate version; raises BadInput for an unusable name."""
        inside = folder.is_relative_to(self.state.root)
        content: Content = {"path": str(folder.relative_to(self.state.root) if inside else folder)}
        validated_name(plain_name(name))
        with self.adding() as held:
            if inside and isinstance(self.store, BucketStore):
                content["files"] = self.send(self.store, folder)
            with self.naming(held) as connection:
                version = self.records.add_version(connection, name, "model", fingerprint, None, content)
                self.records.add_derivation(connection, version, derivation)
        return version

    def record_checks(self, version: Version, results: Sequence[CheckResult]) -> Version:
        """Store check results, which decide the status: failed where a blocking check failed, else passed."""
        status: Status = "failed" if any(map(is_red, results)) else "passed"
        self.records.add_checks(version, results, status)
        self.refresh_views()
        return version.model_copy(update={"status": status})

    def reuse(self, version: Version, derivation: Derivation) -> Version:
        """Make an existing version, perhaps another line's, the newest; and record inputs that are others."""
        if version.experiment != self.records.line.experiment:
            return self._taken_over(version, derivation)
        if self.newest(version.name) != version or self.derivation(version).inputs != derivation.inputs:
            with self.records.writing() as connection:
                self.records.add_derivation(connection, version, derivation)
            self.refresh_views()
        return version

    def _taken_over(self, version: Version, derivation: Derivation) -> Version:
        content = version.kind, version.data_version, version.num_rows, version.content
        with self.records.writing() as connection:
            own = self.records.add_version(connection, version.plain, *content)
            self.records.add_derivation(connection, own, derivation)
        return self.record_checks(own, self.checks(version))

    def record(self, version: Version, derivation: Derivation) -> None:
        """Record that ``version`` was made, or checked again, as ``derivation`` says."""
        with self.records.writing() as connection:
            self.records.add_derivation(connection, version, derivation)

    # -- finding -------------------------------------------------------------------------------

    def names(self, kind: Literal["dataset", "model"], *, everywhere: bool = False) -> list[str]:
        """Every dataset's or model's name, sorted: those of its line, or those ``everywhere``."""
        return self.records.names(kind, everywhere=everywhere)

    def versions(self, name: str) -> list[Version]:
        """All versions of ``name``, oldest first; raises UnknownVersion where there is none."""
        return self.records.versions(name)

    def version(self, name: str, number: int) -> Version:
        """Version ``number`` of ``name``, whatever its status; raises UnknownVersion where there is none."""
        return self.records.version(name, number)

    def resolve(self, reference: str) -> Version:
        """The version that ``cai_sft@3`` or ``cai_sft@paper`` names; ``cai_sft`` alone is the latest passed.

        Raises UnknownVersion where there is none, UnpassedVersion where none has passed, and BadInput for
        another form of reference.
        """
        name, which = parsed_reference(reference)
        if isinstance(which, int):
            return self.version(name, which)
        if which is not None:
            return tagged(self.versions(name), self.tags(name), which)
        if latest := self.latest(name):
            return latest
        newest = self.newest(name) or self.versions(name)[-1]
        raise UnpassedVersion(
            f"no version of {name!r} has passed; {newest} is not passed ({self._why_not(newest)}): "
            f"`trimtab show {newest}` looks into it"
        )

    def tags(self, name: str | None = None) -> list[Tag]:
        """The tags of ``name``, or of every dataset and model, by name and tag."""
        return tags_of(self.engine, None if name is None else self.records.line.stored(name))

    def newest(self, name: str, recipe: str | None = None) -> Version | None:
        """The last build of ``name``, passed or not; by ``recipe`` where one is given."""
        return self.records.newest(name, recipe)

    def latest(self, name: str) -> Version | None:
        """The passed version of ``name`` that was built last; None before the first."""
        return self.records.latest(name)

    def passed(self, name: str) -> Version:
        """The newest version of ``name``, which must have passed its blocking checks.

        Raises UnknownVersion before the first build and UnpassedVersion with the failing check.
        """
        version = self.newest(name)
        if version is None:
            raise UnknownVersion(f"{name!r} has no version yet: materialize it first, or `trimtab import` it")
        return self.require_passed(version)

    def require_passed(self, version: Version) -> Version:
        """``version`` itself; raises UnpassedVersion with the failing check where it is not passed."""
        if version.status != "passed":
            why = self._why_not(version)
            brief = f"{version} is not passed"
            raise UnpassedVersion(f"{brief} ({why}): fix its inputs and build it again", brief)
        return version

    def _why_not(self, version: Version) -> str:
        red = next((check for check in self.checks(version) if is_red(check)), None)
        return f"check {red.check} failed: {red.description}" if red else "it was never checked"

    def find(self, name: str, recipe: str) -> Version | None:
        """The passed version of ``name`` that this recipe made before, if any."""
        version = self.records.newest(name, recipe)
        return version if version and version.status == "passed" and self.is_whole(version) else None

    def made(self, name: str, how: Derivation) -> tuple[Version, Derivation] | None:
        """The passed version, of this line or another, that ``how`` made or that a person lets count so."""
        earlier = [
            how.model_copy(update={"code_version": code}) for code in self.earlier(name, how.code_version)
        ]
        for find in (self.find, self._find_elsewhere):
            for made in (how, *earlier):
                version = find(name, made.recipe)
                if version is not None:
                    return version, made
        return None

    def _find_elsewhere(self, name: str, recipe: str) -> Version | None:
        same = (version for version in self.records.made_by(recipe) if version.plain == name)
        return next((each for each in same if each.status == "passed" and self.is_whole(each)), None)

    def imported(self, name: str) -> Version | None:
        """The version of ``name`` that a person imported last, passed or not; None where nobody did."""
        return self.records.imported(name)

    def derivation(self, version: Version) -> Derivation:
        """How ``version`` was last made."""
        return self.records.derivation(version)

    def built_from(self, version: Version) -> list[Version]:
        """Every version that was ever made from ``version`` directly, by name and number."""
        return self.records.built_from(version)

    def checks(self, version: Version) -> list[CheckResult]:
        """The newest result of every check of ``version``."""
        return self.records.checks(version)

    # -- reading -------------------------------------------------------------------------------

    def batches(self, version: Version) -> Iterator[pa.Table]:
        """The rows of a dataset version in key order, by object; BrokenObject where a file was changed."""
        known = self.file_shas(version)
        shas = [path.stem for path in self.files(version)]
        return (read_stored(self.store, sha, known.get(object_name(sha))) for sha in shas)

    def table(self, version: Version) -> pa.Table:
        """The rows of a dataset version as Arrow."""
        return pa.concat_tables(self.batches(version))

    def rows(self, row: type[R], version: Version) -> list[R]:
        """The rows of a dataset version as typed rows, in key order."""
        return from_table(row, self.table(version))

    def refresh_views(self, *, anew: bool = False) -> None:
        """Bring ``catalog.duckdb`` up to date with the catalog, beside its open readers.

        It shows what of a bucket was fetched, and of all models their manifests; ``anew`` where more was
        fetched since.
        """
        if self.store.url is not None:
            self.fetch_manifests()
        if anew:
            views.forget(self.state)
        views.write_views(self.state, self.records)


def is_red(check: CheckResult) -> bool:
    """Whether a blocking check failed."""
    return not check.passed and check.severity == "error"
