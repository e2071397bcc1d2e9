"""The files of models in a bucket: named by their content, so that what models share is sent once."""

import os
from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from datasets_registry.errors import BrokenObject
from datasets_registry.hashing import digest
from datasets_registry.state import State, locked, sync
from datasets_registry.store.kept_digests import kept_digest
from datasets_registry.stores.bucket import BucketStore
from datasets_registry.stores.store import Store, scratch
from datasets_registry.version import Content

FOLDER = "files"
_THREADS = 4


def file_name(sha256: str) -> str:
    """What a file with these bytes is called in a store."""
    return f"{FOLDER}/{sha256[:2]}/{sha256}"


def light_folder(state: State, path: str) -> Path:
    """Where the small files lie of the model at ``path`` in a state, without its weights."""
    return state.cache / "light" / path


def send_folder(store: BucketStore, folder: Path, lost: Collection[str] = ()) -> Mapping[str, Content]:
    """Put every file below ``folder`` into the bucket: by name its SHA-256, bytes and link, if it is one.

    Those of these names that were ``lost`` are sent whatever lies there.
    """
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))

    def send(path: Path) -> Content:
        sha256 = kept_digest(path)
        store.send(key := file_name(sha256), path, replace=key in lost)
        link = {"link": str(path.readlink())} if _is_link_within(path, store.root) else {}
        return {"sha256": sha256, "bytes": path.stat().st_size, **link}

    with ThreadPoolExecutor(_THREADS) as pool:
        names = [path.relative_to(folder).as_posix() for path in paths]
        return dict(zip(names, pool.map(send, paths), strict=True))


def _is_link_within(path: Path, root: Path) -> bool:
    return path.is_symlink() and _target(path, str(path.readlink())).is_relative_to(root)


def _target(path: Path, link: str) -> Path:
    return Path(os.path.normpath(path.parent / link))


def partial_mark(folder: Path) -> Path:
    """The file that is there while ``folder`` has only what other folders' links needed of it."""
    return folder.with_name(f".part-{folder.name}")


def fetch_folder(store: Store, folder: Path, files: Mapping[str, Content]) -> None:
    """Bring the files that are missing in ``folder``, each compared with its SHA-256; one process at a time.

    A folder that is new appears whole. Raises BrokenObject where a file is missing in the bucket, or is
    another one.
    """
    if all((folder / part).exists() for part in files):
        return
    with locked(store.root / "cache" / "fetching" / f"{digest(str(folder))[:16]}.lock"):
        # what a killed process has fetched is there still
        place = folder if folder.exists() else folder.with_name(f".tmp-{folder.name}")
        absent = [part for part in files if not (place / part).exists()]
        linked = {_target(place / part, files[part]["link"]) for part in absent if "link" in files[part]}
        _mark_partial({target.parent for target in linked} - {place})
        with ThreadPoolExecutor(_THREADS) as pool:
            list(pool.map(lambda part: _fetch(store, place / part, files[part]), absent))
        if place != folder:
            place.rename(folder)
        partial_mark(folder).unlink(missing_ok=True)


def _mark_partial(folders: Iterable[Path]) -> None:
    """Mark those that are not there yet, before anything lies in them."""
    for folder in folders:
        if not folder.exists():
            folder.parent.mkdir(parents=True, exist_ok=True)
            partial_mark(folder).touch()
            sync(folder.parent)


def damaged_files(store: Store, files: Mapping[str, Content]) -> dict[str, str]:
    """What is wrong with files in a bucket, by their names in the model: each is fetched anew."""
    damaged = {}
    for part, file in files.items():
        key = file_name(file["sha256"])
        with scratch(store, key) as copy:
            try:
                store.fetch(key, copy, file["sha256"])
            except BrokenObject as error:
                damaged[part] = error.brief
    return damaged


def _fetch(store: Store, path: Path, file: Content) -> None:
    link = file.get("link")
    target = _target(path, link) if link else path
    if not target.exists():
        store.fetch(file_name(file["sha256"]), target, file["sha256"])
    if link:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.symlink_to(link)
