"""The files of versions, as a registry has them: in the state folder, or in a bucket and copied."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial
from pathlib import Path

from sqlalchemy import Connection, Engine, delete, select

from datasets_registry.agreement.locks import Held, agreed
from datasets_registry.catalog import tables
from datasets_registry.catalog.lost import count_found, lost_files
from datasets_registry.catalog.records import Records
from datasets_registry.catalog.statements import OBJECT, SHAS_AT_ONCE, V
from datasets_registry.errors import BrokenObject
from datasets_registry.hosted import FILE as HOSTED_FILE
from datasets_registry.manifest import FILE
from datasets_registry.state import State
from datasets_registry.store.copies import copies
from datasets_registry.store.kept_digests import LARGE
from datasets_registry.store.model_files import fetch_folder, file_name, light_folder, send_folder
from datasets_registry.store.objects import FOLDER as OBJECTS
from datasets_registry.store.objects import object_name, object_path
from datasets_registry.stores.bucket import BucketStore
from datasets_registry.stores.store import Store
from datasets_registry.version import Content, Version

# held by who adds files, shared, and by who collects those that nothing needs
LOCK = ".gc.lock"


class Filed:
    """What versions of ``records`` are made of, in ``store``."""

    state: State
    store: Store
    engine: Engine
    records: Records

    def adding(self) -> AbstractContextManager[Held]:
        """Hold off garbage collection, of any machine, while files are written and named."""
        return agreed(self.engine, self.state.root / LOCK, shared=True)

    @contextmanager
    def naming(self, held: Held) -> Iterator[Connection]:
        """A transaction that names, or forgets, files, while the lock that keeps them is surely held."""
        with self.records.writing() as connection:
            # to get here may have taken as long as a server's restart, which ends its locks
            held.require()
            yield connection

    def require_objects(self, shas: Sequence[str]) -> None:
        """Raise BrokenObject where one of these objects is gone."""
        missing = self._not_there(shas)
        if missing:
            raise BrokenObject(f"object {missing[0]} disappeared before its commit: run the asset again")

    def _not_there(self, shas: Sequence[str]) -> list[str]:
        """The objects that are missing; a bucket is not asked, as what is recorded is there."""
        if self.store.url is None:
            return [sha for sha in shas if not self.store.holds(object_name(sha))]
        recorded = {stored.sha for stored in self.records.objects(shas)}
        return [sha for sha in shas if sha not in recorded]

    def is_whole(self, version: Version) -> bool:
        """Whether the version's files are there."""
        if version.kind == "dataset":
            return not self._not_there(version.shas)
        names = {"config.json", HOSTED_FILE}
        if sent := self.sent(version):
            lost = lost_files(self.engine)
            return bool(names & sent.keys()) and not any(key in lost for key in names_of(version.content))
        return any((self.place(version) / part).exists() for part in names)

    def _paths(self, version: Version) -> list[Path]:
        return [object_path(self.state.objects, sha) for sha in version.shas]

    def files(self, version: Version) -> list[Path]:
        """The Parquet files of a dataset version, in key order; raises BrokenObject where one is missing."""
        paths = self._paths(version)
        if self.store.url is not None:
            known = partial(self.file_shas, version)
            return copies(self.store, [object_name(sha) for sha in version.shas], known)
        for path in paths:
            if not path.exists():
                raise BrokenObject(
                    f"object {path} of {version} is missing: `trimtab verify {version}` says what is left; "
                    "materialize it again to restore it"
                )
        return paths

    def file_shas(self, version: Version) -> dict[str, str]:
        """The SHA-256 of the files of a dataset version that is recorded, by the names of the store."""
        recorded = self.records.objects(version.shas)
        return {object_name(stored.sha): stored.file_sha for stored in recorded}

    def place(self, version: Version) -> Path:
        """Where a model version's directory lies on this machine, or would lie once it is fetched."""
        return self.state.root / str(version.content["path"])

    def folder(self, version: Version) -> Path:
        """The directory of a model version; its files are fetched where they are in a bucket."""
        folder = self.place(version)
        if sent := self.sent(version):
            fetch_folder(self.store, folder, sent)
        return folder

    def small_files(self, version: Version) -> Path:
        """The directory of a model version, or one with what is not large of it: its manifest and config."""
        if self.is_here(version):
            return self.place(version)
        folder = light_folder(self.state, str(version.content["path"]))
        files = {part: file for part, file in self.sent(version).items() if file["bytes"] < LARGE}
        fetch_folder(self.store, folder, files)
        return folder

    def fetch_manifests(self) -> None:
        """Bring the manifest of every model that is in a bucket."""
        with self.engine.connect() as connection:
            contents = list(connection.scalars(select(V.content).where(V.kind == "model")))
        for content in contents:
            if FILE in (sent := content.get("files", {})):
                # a view without a manifest is no reason to stop all work: `trimtab verify` names what is lost
                with suppress(BrokenObject):
                    fetch_folder(self.store, light_folder(self.state, content["path"]), {FILE: sent[FILE]})

    def is_here(self, version: Version) -> bool:
        """Whether nothing of the version has to be fetched; without a bucket nothing ever has."""
        if self.store.url is None:
            return True
        if version.kind == "dataset":
            return all(path.exists() for path in self._paths(version))
        return all((self.place(version) / part).exists() for part in self.sent(version))

    def send(self, store: BucketStore, folder: Path) -> Mapping[str, Content]:
        """Put a model's folder into the bucket, also in the place of files that were lost there."""
        lost = lost_files(self.engine)
        files = send_folder(store, folder, lost)
        count_found(self.records, lost.intersection(file_name(file["sha256"]) for file in files.values()))
        return files

    def sent(self, version: Version) -> Mapping[str, Content]:
        """The files of a model version in the bucket; none where it is not in one."""
        return {} if self.store.url is None else version.content.get("files", {})

    def needed_names(self, without: Sequence[Version] = ()) -> set[str]:
        """What all versions need, but for those ``without``, by the names of the store."""
        left_out = {(gone.whole, gone.number) for gone in without}
        with self.engine.connect() as connection:
            rows = connection.execute(select(V.name, V.number, V.content))
            contents = [content for *version, content in rows if tuple(version) not in left_out]
        return {key for content in contents for key in names_of(content)}

    def bytes_by_name(self, version: Version) -> dict[str, int]:
        """The sizes of what a version is made of in a bucket, by the names of the store."""
        if version.kind == "model":
            return {file_name(file["sha256"]): file["bytes"] for file in self.sent(version).values()}
        recorded = self.records.objects(version.shas)
        return {object_name(stored.sha): stored.num_bytes for stored in recorded}

    def forget(self, names: Sequence[str]) -> None:
        """Let objects not count as stored any longer; what is made of the same rows is put again."""
        with self.records.writing() as connection:
            _forget(connection, names)

    def forget_unneeded(self, held: Held, names: Sequence[str]) -> list[str]:
        """Those of ``names`` that no version needs now, which do not count as stored any longer."""
        with self.naming(held) as connection:
            needed = self.needed_names()
            going = [key for key in names if key not in needed]
            _forget(connection, going)
        count_found(self.records, going)
        return going


def _forget(connection: Connection, names: Sequence[str]) -> None:
    shas = [Path(key).stem for key in names if key.startswith(f"{OBJECTS}/")]
    for start in range(0, len(shas), SHAS_AT_ONCE):
        some = shas[start : start + SHAS_AT_ONCE]
        connection.execute(delete(tables.OBJECTS).where(OBJECT.sha.in_(some)))


def names_of(content: Content) -> Iterator[str]:
    """The names in a store of what a version's content is made of."""
    yield from (object_name(sha) for sha, _ in content.get("objects", ()))
    yield from (file_name(file["sha256"]) for file in content.get("files", {}).values())
