"""Garbage collection: files that no version, model, open reader or recent writer can need."""

import re
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from datasets_registry.agreement.locks import Held, agreed
from datasets_registry.catalog import tables as catalog
from datasets_registry.catalog.binding import require_bound
from datasets_registry.catalog.filed import LOCK, names_of
from datasets_registry.catalog.removed import removed_of
from datasets_registry.errors import BadInput, NoSpace, StoreFailed
from datasets_registry.inspecting.origins import HUB
from datasets_registry.manifest import FILE
from datasets_registry.registry import Registry
from datasets_registry.state import run_name
from datasets_registry.store.model_files import FOLDER as FILES
from datasets_registry.store.objects import FOLDER as OBJECTS
from datasets_registry.store.objects import object_path
from datasets_registry.stores.bucket import PROBES
from datasets_registry.version import Version
from datasets_registry.views.asking import open_views
from datasets_registry.views.scanning import SPILL

GRACE = timedelta(hours=24)
# how many files of a bucket one request removes
AT_ONCE = 1_000
# what writers that were killed leave: files half written, sorted runs, and downloads that broke off
ABANDONED = (
    ".tmp-*",
    "*/.tmp-*",
    "objects/??/.tmp-*",
    "cache/*/.tmp-*",
    "runs/*/.tmp-*",
    "reports/*/.tmp-*",
    "models/*/.tmp-*",
    "cache/spill/sort-*",
    f"cache/{SPILL}*",
    "ledger/.spill-*",
    f"models/{HUB}/*/.partial-*",
)
# a trained model's folder is named by its fingerprint
TRAINED = re.compile(r"[0-9a-f]{16}")
# a run's folder is named by its model and recipe
RUN = re.compile(r".+-[0-9a-f]{16}")


@dataclass(frozen=True)
class Collected:
    """The files that were, or would be, removed; ``waiting`` counts unneeded files within their grace.

    ``names`` are those in the bucket, where there is one; their bytes are counted too.
    """

    paths: tuple[Path, ...]
    num_bytes: int
    waiting: int
    names: tuple[str, ...] = ()


def collect(registry: Registry, grace: timedelta = GRACE, dry_run: bool = True) -> Collected:
    """Remove unneeded files that nobody has touched for ``grace``; in a dry run only name them.

    Writers hold a shared lock while they add objects and name them, and collection waits for them, so that no
    object disappears under a commit. It reaches all machines where the catalog is PostgreSQL; with SQLite and
    a folder that machines share, the grace must be longer than the longest commit. It must always be longer
    than readers keep ``catalog.duckdb`` open. How old a file in a bucket is, its server's clock says.

    Nothing else has to be written, so that a full disk can be freed. Raises BadInput, and removes nothing,
    where the bucket is not the catalog's.
    """
    oldest = time.time() - grace.total_seconds()
    if dry_run:
        return _and_in_bucket(registry, _found(registry, oldest), grace)
    with agreed(registry.engine, registry.state.root / LOCK) as held:
        # what was committed before the lock was ours
        now = Registry(registry.state, registry.url, reads_only=True)
        try:
            require_bound(now.store, now.engine)
            return _removed(now, held, oldest, grace)
        finally:
            now.engine.dispose()


def _removed(registry: Registry, held: Held, oldest: float, grace: timedelta) -> Collected:
    _show_what_is_there(registry)
    collected = _and_in_bucket(registry, _found(registry, oldest), grace)
    for path in collected.paths:
        held.require()
        _remove(path)
    gone = list(_removed_names(registry, held, collected.names))
    _show_what_is_there(registry)
    return replace(collected, names=tuple(gone))


def _removed_names(registry: Registry, held: Held, names: Sequence[str]) -> Iterator[str]:
    """Remove files in the bucket, but for what a version needs by now, as the lock may be lost."""
    for start in range(0, len(names), AT_ONCE):
        going = registry.forget_unneeded(held, names[start : start + AT_ONCE])
        registry.store.delete(going)
        yield from going


def _and_in_bucket(registry: Registry, here: Collected, grace: timedelta) -> Collected:
    """``here`` and the unneeded files in the bucket that are older than ``grace`` by its own clock."""
    if registry.store.url is None:
        return here
    now = registry.store.now()
    needed, removed = registry.needed_names(), _removed_at(registry)
    unneeded = [
        (stored, max(stored.changed, removed.get(stored.name, 0.0)))
        for folder in (OBJECTS, FILES, PROBES)
        for stored in registry.store.list(folder)
        if stored.name not in needed
    ]
    old = [stored for stored, changed in unneeded if changed <= now - grace.total_seconds()]
    return replace(
        here,
        num_bytes=here.num_bytes + sum(stored.num_bytes for stored in old),
        waiting=here.waiting + len(unneeded) - len(old),
        names=tuple(stored.name for stored in old),
    )


def _show_what_is_there(registry: Registry) -> None:
    """Let no view name files that go, where a removal was killed before its views were written.

    On a full disk, and where the bucket does not answer, that can wait until the next time.
    """
    if registry.state.views.exists():
        with suppress(BadInput, NoSpace, StoreFailed):
            registry.refresh_views()


def _found(registry: Registry, oldest: float) -> Collected:
    """The unneeded files that were last changed before ``oldest``, and how many are younger.

    Files of a version that a person removed count as changed then, as somebody may still read them.
    """
    root = registry.state.root
    removed = {(root / name).resolve(): at for name, at in _removed_at(registry).items()}
    sizes_and_times = ((path, *_size_and_time(path)) for path in _unneeded(registry))
    unneeded = [
        (path, size, max(changed, removed.get(path.resolve(), 0.0)))
        for path, size, changed in sizes_and_times
    ]
    old = [(path, size) for path, size, changed in unneeded if changed <= oldest]
    sizes = sum(size for _, size in old)
    return Collected(tuple(path for path, _ in old), sizes, len(unneeded) - len(old))


def freed_bytes(registry: Registry, versions: Sequence[Version]) -> int:
    """The bytes of the files that no other versions than these need."""
    if registry.store.url is not None:
        needed = registry.needed_names(without=versions)
        sizes = {key: size for each in versions for key, size in registry.bytes_by_name(each).items()}
        return sum(size for key, size in sizes.items() if key not in needed)
    objects, folders = _needed(registry, without=versions)
    return sum(
        _size_and_time(path)[0]
        for path in {path for version in versions for path in _files_of(registry, version)}
        if path.stem not in objects and path not in folders
    )


def stored_bytes(registry: Registry, version: Version) -> int:
    """The bytes of a version's files in the state, or in its bucket, whoever else needs them."""
    if registry.store.url is not None:
        return sum(registry.bytes_by_name(version).values())
    return sum(_size_and_time(path)[0] for path in {*_files_of(registry, version)})


def _files_of(registry: Registry, version: Version) -> Iterator[Path]:
    """The objects of a dataset's version, or the folder of a model that was trained here."""
    if version.kind == "dataset":
        yield from (object_path(registry.state.objects, sha).resolve() for sha in version.shas)
        return
    folder = registry.place(version).resolve()
    if folder.is_relative_to(registry.state.models.resolve()) and _is_trained(folder):
        yield folder


def _is_trained(folder: Path) -> bool:
    return TRAINED.fullmatch(folder.name) is not None and (folder / FILE).exists()


def _removed_at(registry: Registry) -> dict[str, float]:
    """When the version was removed of each file, by its name in a store, and of each model's folder."""
    times: dict[str, float] = {}
    for removed in removed_of(registry.engine):
        at = datetime.fromisoformat(removed.at).timestamp()
        folders = [removed.content["path"]] if "path" in removed.content else []
        times |= {name: max(at, times.get(name, 0.0)) for name in (*names_of(removed.content), *folders)}
    return times


def _unneeded(registry: Registry) -> Iterator[Path]:
    state = registry.state
    needed, models = _needed(registry)
    yield from (path for path in state.objects.glob("??/*.parquet") if path.stem not in needed)
    for pattern in ABANDONED:
        yield from state.root.glob(pattern)
    if state.views.exists():
        used = _tables_in_use(registry)
        yield from (path for path in state.tables.glob("*.parquet") if path.name not in used)
    yield from _registered_runs(registry)
    # only folders that training made
    trained = (path.parent for path in state.models.rglob(FILE) if _is_trained(path.parent))
    yield from (folder for folder in trained if folder.resolve() not in models)


def _registered_runs(registry: Registry) -> Iterator[Path]:
    """The folders of runs whose model is registered, which a kill just after that left."""
    derivation = catalog.DERIVATIONS.c
    with registry.engine.connect() as connection:
        made = connection.execute(select(derivation.name, derivation.recipe).distinct()).all()
    registered = {run_name(name, recipe) for name, recipe in made}
    for folder in registry.state.runs.glob("*-*"):
        if (run := RUN.match(folder.name)) and run.group() in registered:
            yield folder


def _needed(registry: Registry, without: Sequence[Version] = ()) -> tuple[set[str], set[Path]]:
    """The objects and the model folders that versions name, but for those ``without``."""
    version, left_out = catalog.VERSIONS.c, {(gone.whole, gone.number) for gone in without}
    with registry.engine.connect() as connection:
        named = connection.execute(select(version.name, version.number, version.kind, version.content)).all()
    rows = [(kind, content) for name, number, kind, content in named if (name, number) not in left_out]
    objects = {sha for kind, parts in rows if kind == "dataset" for sha, _ in parts["objects"]}
    folders = {registry.state.root / parts["path"] for kind, parts in rows if kind == "model"}
    return objects, {folder.resolve() for folder in folders}


def _tables_in_use(registry: Registry) -> str:
    """The SQL of all views, which names the tables that they read."""
    with open_views(registry.state) as connection:
        rows = connection.execute("SELECT sql FROM duckdb_views() WHERE NOT internal").fetchall()
    return "\n".join(sql for (sql,) in rows)


def _size_and_time(path: Path) -> tuple[int, float]:
    files = [file for file in path.rglob("*") if file.is_file()] if path.is_dir() else [path]
    try:
        changed = [file.stat().st_mtime for file in (path, *files)]
        return sum(file.stat().st_size for file in files), max(changed)
    except FileNotFoundError:
        return 0, time.time()


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
