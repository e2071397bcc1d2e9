"""What a bucket lost stops nobody but who needs it."""

from pathlib import Path

import obstore
import pytest
from obstore.store import MemoryStore

from datasets_registry.catalog.lost import lost_files
from datasets_registry.garbage import collect
from datasets_registry.manifest import FILE
from datasets_registry.registry import Registry
from datasets_registry.rows.evaluation import SuiteFigure
from datasets_registry.store.model_files import file_name
from datasets_registry.upkeep.removing import remove
from datasets_registry.version import Version
from generation.models.folder import fingerprint
from quality.auditing.verify import verify
from tests.datasets_registry.committing import rows_of
from tests.datasets_registry.stores.conftest import Machines
from tests.datasets_registry.stores.test_registry import HOW, NOW, commit, names, verify_objects


def test_a_manifest_that_is_lost_stops_no_other_work(machines: Machines, bucket: MemoryStore) -> None:
    registry = machines("a")
    folder = registry.state.models / "policy" / "0"
    folder.mkdir(parents=True)
    (folder / FILE).write_text("{}")
    version = registry.commit_model("policy", folder, "f" * 32, HOW)
    obstore.delete(bucket, file_name(version.content["files"][FILE]["sha256"]))
    other = machines("b")
    commit(other)
    assert other.rows(SuiteFigure, other.passed("left")) == rows_of("left", 1)


def test_a_copy_that_is_damaged_is_fetched_once_more(machines: Machines) -> None:
    """As a loss of power leaves one: its name is there, and its bytes are not."""
    commit(machines("a"))
    other = machines("b")
    version = other.passed("left")
    copy = other.files(version)[0]
    copy.write_bytes(b"")
    assert other.rows(SuiteFigure, version) == rows_of("left", 1) and copy.stat().st_size


@pytest.fixture
def policy(machines: Machines, tiny_model: Path) -> Version:
    """A passed model of machine ``a``."""
    return commit_policy(machines("a"), tiny_model)


def commit_policy(registry: Registry, model: Path) -> Version:
    """The model as ``registry`` trains it."""
    identity = fingerprint(model)
    folder = registry.state.models / "policy" / identity[:16]
    folder.mkdir(parents=True, exist_ok=True)
    for path in model.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    (folder / FILE).write_text("{}")
    return registry.record_checks(registry.commit_model("policy", folder, identity, HOW), [])


def harm(bucket: MemoryStore, key: str, what: str) -> None:
    """Let the bucket lose a file, or have other bytes under its name."""
    obstore.delete(bucket, key) if what == "missing" else obstore.put(bucket, key, b"x")


HARMS = pytest.mark.parametrize("what", ["missing", "changed"])
WEIGHTS = "model.safetensors"


def name_of(version: Version, part: str) -> str:
    """What a model's file is called in the bucket."""
    return file_name(version.content["files"][part]["sha256"])


@HARMS
def test_a_models_file_is_restored_where_a_copy_is(
    machines: Machines, bucket: MemoryStore, policy: Version, what: str
) -> None:
    harm(bucket, name_of(policy, WEIGHTS), what)
    (damage,) = verify(machines("a"), policy)
    assert damage.restored and "restored from the copy on this machine" in damage.what
    assert verify(machines("b"), policy) == [] and machines("b").is_whole(policy)


@HARMS
def test_a_models_file_of_which_no_copy_is_here_is_made_again(
    machines: Machines, bucket: MemoryStore, policy: Version, tiny_model: Path, what: str
) -> None:
    registry, other = machines("a"), machines("b")
    harm(bucket, name_of(policy, WEIGHTS), what)
    # a copy that is damaged itself restores nothing
    (registry.place(policy) / WEIGHTS).write_bytes(b"y")
    for machine in (registry, other):
        (damage,) = verify(machine, policy)
        assert not damage.restored and "materialize it again" in damage.what
    assert not registry.is_whole(policy) and registry.find("policy", HOW.recipe) is None
    assert commit_policy(other, tiny_model) == policy
    assert registry.is_whole(policy) and verify(machines("c"), policy) == []


def test_a_file_that_came_back_or_went_for_good_is_no_longer_lost(
    machines: Machines, bucket: MemoryStore, policy: Version
) -> None:
    other, key = machines("b"), name_of(policy, WEIGHTS)
    whole = bytes(obstore.get(bucket, key).bytes())
    harm(bucket, key, "changed")
    assert verify(other, policy) and not other.is_whole(policy)
    obstore.put(bucket, key, whole)
    assert verify(other, policy) == [] and other.is_whole(policy)
    verify(machines("a"), policy)
    (other.place(policy) / WEIGHTS).unlink()
    harm(bucket, key, "changed")
    assert verify(other, policy) and lost_files(other.engine) == {key}
    remove(other, [policy])
    collect(other, NOW, dry_run=False)
    assert lost_files(other.engine) == set() == names(bucket, "files")


@HARMS
def test_an_object_is_restored_where_a_copy_is(machines: Machines, bucket: MemoryStore, what: str) -> None:
    commit(machines("a"))
    version = machines("a").passed("left")
    for key in names(bucket):
        harm(bucket, key, what)
    # which takes them off the record
    assert not any(damage.restored for damage in verify(machines("b"), version))
    assert not machines("a").is_whole(version)
    assert sum(damage.restored for damage in verify(machines("a"), version)) == len(version.shas)
    assert machines("a").is_whole(version) and verify_objects(machines("c"), version) == []
