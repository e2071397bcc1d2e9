"""A large file is hashed once for all processes, and what changed in it is seen, however that was done."""

import hashlib
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from datasets_registry.hashing import file_digest
from datasets_registry.state import State
from datasets_registry.store import kept_digests
from datasets_registry.store.kept_digests import LARGE, kept_digest

HOUR = 3600


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that are hashed."""
    paths: list[Path] = []

    def counting(path: Path) -> str:
        paths.append(path)
        return file_digest(path)

    monkeypatch.setattr(kept_digests, "file_digest", counting)
    # a test's files are new; what that means has a test of its own
    monkeypatch.setattr(kept_digests, "SETTLED_SECONDS", -HOUR)
    return paths


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """A file that is worth an entry."""
    path = tmp_path / "model.safetensors"
    with path.open("wb") as file:
        file.truncate(LARGE)
    return path


def entries(state: State) -> list[Path]:
    """The files of what is kept."""
    return sorted((state.cache / "digests").iterdir()) if (state.cache / "digests").is_dir() else []


def test_a_large_file_is_hashed_once(state: State, weights: Path, hashed: list[Path]) -> None:
    expected = hashlib.sha256(b"\0" * LARGE).hexdigest()
    assert [kept_digest(weights) for _ in range(3)] == [expected] * 3
    assert hashed == [weights]
    (entry,) = entries(state)
    assert entry.stat().st_size < 1000


def test_a_change_is_seen_whatever_it_leaves_as_it_was(
    state: State, weights: Path, hashed: list[Path]
) -> None:
    before = kept_digest(weights)
    status = weights.stat()
    with weights.open("r+b") as file:
        file.write(b"x")
    # the same size and the same time
    os.utime(weights, ns=(status.st_atime_ns, status.st_mtime_ns))
    edited = kept_digest(weights)
    assert edited == file_digest(weights) != before
    other = weights.with_name("other")
    other.write_bytes(b"y" + b"\0" * (LARGE - 1))
    os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
    other.replace(weights)
    assert kept_digest(weights) == file_digest(weights) not in (before, edited)
    assert len(hashed) == 3 and len(entries(state)) == 1


@pytest.mark.parametrize("content", ["", "{", "[]", '{"stamp": 1}', '{"stamp": [1], "sha256": "ab"}'])
def test_a_broken_entry_is_passed_over(content: str, state: State, weights: Path, hashed: list[Path]) -> None:
    expected = kept_digest(weights)
    entries(state)[0].write_text(content)
    assert kept_digest(weights) == expected and len(hashed) == 2
    assert kept_digest(weights) == expected and len(hashed) == 2


def test_a_digest_that_is_none_is_passed_over(state: State, weights: Path, hashed: list[Path]) -> None:
    expected = kept_digest(weights)
    (entry,) = entries(state)
    entry.write_text(entry.read_text().replace(expected, "0"))
    assert kept_digest(weights) == expected and len(hashed) == 2


def test_many_writers_leave_a_whole_entry(state: State, weights: Path, hashed: list[Path]) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(kept_digest, [weights] * 16))) == 1
    number = len(hashed)
    kept_digest(weights)
    assert len(hashed) == number and len(entries(state)) == 1


def test_small_and_unsettled_files_are_not_kept(
    state: State, weights: Path, tmp_path: Path, hashed: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config.json").write_text("{}")
    kept_digest(tmp_path / "config.json")
    monkeypatch.setattr(kept_digests, "SETTLED_SECONDS", HOUR)
    kept_digest(weights)
    assert entries(state) == [] and time.time() - weights.stat().st_mtime < HOUR


def test_a_state_that_is_not_there_is_not_made(
    tmp_path: Path, weights: Path, hashed: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIMTAB_HOME", str(tmp_path / "none"))
    assert kept_digest(weights) == file_digest(weights)
    assert not (tmp_path / "none").exists()
    # nor is one that cannot be written an error
    (tmp_path / "none" / "cache").mkdir(parents=True)
    (tmp_path / "none" / "cache" / "digests").write_text("a file")
    assert kept_digest(weights) == file_digest(weights)
