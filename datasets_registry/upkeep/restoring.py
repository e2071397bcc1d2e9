"""What a bucket lost, or has damaged, sent again from a whole copy on this machine."""

from pathlib import Path

from datasets_registry.catalog.lost import count_found
from datasets_registry.errors import BrokenObject
from datasets_registry.hashing import file_digest
from datasets_registry.registry import Registry
from datasets_registry.store.model_files import file_name, light_folder
from datasets_registry.store.objects import Object, object_name, read_object
from datasets_registry.stores.bucket import BucketStore
from datasets_registry.version import Version


def restore_object(registry: Registry, sha: str, file_sha: str | None = None) -> bool:
    """Send an object of a dataset again, and record it; False where no copy here has its rows."""
    key, store = object_name(sha), registry.store
    copy = store.place(key)
    try:
        num_rows = len(read_object(copy, file_sha))
    except BrokenObject:
        return False
    with registry.adding() as held:
        if not _sent(registry, key, copy):
            return False
        found = Object(sha, num_rows, copy.stat().st_size, file_digest(copy))
        with registry.naming(held) as connection:
            registry.records.add_objects(connection, [found])
    return True


def restore_file(registry: Registry, version: Version, part: str) -> bool:
    """Send a model's file again; False where no copy here has the SHA-256 that is recorded."""
    sha256 = registry.sent(version)[part]["sha256"]
    folders = registry.place(version), light_folder(registry.state, str(version.content["path"]))
    copies = (folder / part for folder in folders if (folder / part).is_file())
    copy = next((copy for copy in copies if file_digest(copy) == sha256), None)
    if copy is None:
        return False
    with registry.adding():
        is_sent = _sent(registry, file_name(sha256), copy)
        if is_sent:
            count_found(registry.records, [file_name(sha256)])
    return is_sent


def _sent(registry: Registry, key: str, copy: Path) -> bool:
    return isinstance(registry.store, BucketStore) and registry.store.send(key, copy, replace=True)
