"""Garbage collection: files that no version, model, open reader or recent writer can need."""

import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from datasets_registry.catalog import tables as catalog
from datasets_registry.inspecting.origins import HUB
from datasets_registry.manifest import FILE
from datasets_registry.registry import Registry
from datasets_registry.state import locked, run_name
from datasets_registry.views.asking import open_views
from datasets_registry.views.scanning import SPILL

GRACE = timedelta(hours=24)
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
    """The files that were, or would be, removed; ``waiting`` counts unneeded files within their grace."""

    paths: tuple[Path, ...]
    num_bytes: int
    waiting: int


def collect(registry: Registry, grace: timedelta = GRACE, dry_run: bool = True) -> Collected:
    """Remove unneeded files that nobody has touched for ``grace``; in a dry run only name them.

    Writers hold a shared lock while they add objects and name them, and collection waits for them, so that no
    object disappears under a commit. The lock does not reach other machines that share the folder: there the
    grace must be longer than the longest commit, and than readers keep ``catalog.duckdb`` open.

    Nothing is written, so that a full disk can be freed.
    """
    oldest = time.time() - grace.total_seconds()
    if dry_run:
        return _found(registry, oldest)
    with locked(registry.state.root / ".gc.lock"):
        # what was committed before the lock was ours
        now = Registry(registry.state, registry.url, reads_only=True)
        collected = _found(now, oldest)
        now.engine.dispose()
        for path in collected.paths:
            _remove(path)
        return collected


def _found(registry: Registry, oldest: float) -> Collected:
    """The unneeded files that were last changed before ``oldest``, and how many are younger."""
    unneeded = [(path, *_size_and_time(path)) for path in _unneeded(registry)]
    old = [(path, size) for path, size, changed in unneeded if changed <= oldest]
    sizes = sum(size for _, size in old)
    return Collected(tuple(path for path, _ in old), sizes, len(unneeded) - len(old))


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
    trained = (path.parent for path in state.models.rglob(FILE) if TRAINED.fullmatch(path.parent.name))
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


def _needed(registry: Registry) -> tuple[set[str], set[Path]]:
    """The objects and the model folders that versions name."""
    content = catalog.VERSIONS.c
    with registry.engine.connect() as connection:
        rows = connection.execute(select(content.kind, content.content)).all()
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
