"""What a bucket lost stops nobody but who needs it."""

import obstore
from obstore.store import MemoryStore

from datasets_registry.manifest import FILE
from datasets_registry.rows.evaluation import SuiteFigure
from datasets_registry.store.model_files import file_name
from tests.datasets_registry.committing import rows_of
from tests.datasets_registry.stores.conftest import Machines
from tests.datasets_registry.stores.test_registry import HOW, commit


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
