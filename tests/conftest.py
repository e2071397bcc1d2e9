"""Fixtures: a temporary state, a tiny real model, SmolLM2, and rows to start from."""

import gc
import os
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path

# tiny models are quicker on one thread, and two spinning ones slow down whatever runs beside them
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "1")

import pytest
from hypothesis import settings

from datasets_registry.registry import Registry
from datasets_registry.state import REPOSITORY, State
from datasets_registry.version import Derivation
from generation.models.smollm2 import convert
from generation.models.sources import SMOLLM2
from tests.postgres import PostgresServer, served
from tests.tiny_model import write_tiny_model
from tests.traced import Traced

# a busy machine is no failure
settings.register_profile("trimtab", deadline=None)
settings.load_profile("trimtab")

# half of all time in the order of their length: who begins one of them last is waited for by all
LONGEST = (
    "assets/test_demo.py",
    "assets/lines/test_lines.py",
    "assets/test_poison.py",
    "pages/test_readme.py",
    "training/launch/test_precision.py",
    "generation/test_conformance.py",
    "assets/test_fresh_clone.py",
    "assets/building/test_two_daemons.py",
    "training/online/test_online.py",
    "training/launch/test_launch.py",
    "assets/pipelines/hosted/test_dialects.py",
    "training/estimates/test_memory.py",
    "assets/pipelines/test_alignment.py",
    "assets/pipelines/test_reasoning.py",
    "assets/pipelines/test_rounds.py",
    "assets/unrolled/test_rounds.py",
    "assets/unrolled/test_judged_rounds.py",
    "assets/building/test_code_edits.py",
    "assets/building/test_models.py",
    "assets/pipelines/test_gated_build.py",
    "generation/ledger/test_faults.py",
    "training/launch/test_sharded_checkpoints.py",
    "training/running/test_kills.py",
    "assets/building/test_versions.py",
)

# a file system in memory, and what must be free on it: all files of a whole run, three times
MEMORY, ROOM_GB = Path("/dev/shm"), 8

# a tenth of the processors' time went into looking for garbage among what the libraries keep
GARBAGE = (10_000, 10, 20)


def pytest_configure() -> None:
    """Keep the tests' files in memory: they commit thousands of times, and a disk's syncs are waited for."""
    if not os.access(MEMORY, os.W_OK) or os.statvfs(MEMORY).f_flag & os.ST_NOEXEC:
        return
    if shutil.disk_usage(MEMORY).free > ROOM_GB * 1e9:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Keep what is imported and collected from the garbage collector, which would see it again and again."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(*GARBAGE)
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest files."""
    places = {Path(__file__).parent / name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path, len(places)))


@pytest.fixture(autouse=True)
def pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is printed is read by the test, and not laid out for a screen that somebody has."""
    monkeypatch.delenv("COLUMNS", raising=False)


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> State:
    """A state root of the test's own, which subprocesses see too."""
    root = tmp_path / "state"
    monkeypatch.setenv("TRIMTAB_HOME", str(root))
    # a build sets it for its children: no test shall find another's
    monkeypatch.setenv("DAGSTER_HOME", "")
    for name in ("TRIMTAB_CATALOG", "TRIMTAB_STORE"):
        monkeypatch.delenv(name, raising=False)
    return State().prepare()


@pytest.fixture
def registry(state: State) -> Iterator[Registry]:
    """A registry over the temporary state."""
    opened = Registry(state)
    yield opened
    opened.engine.dispose()


@pytest.fixture(scope="session")
def history(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Traced]:
    """A registry with a history, for tests that only read it."""
    registry = Registry(State(tmp_path_factory.mktemp("history") / "state").prepare())
    yield Traced(registry)
    registry.engine.dispose()


@pytest.fixture
def traced(history: Traced, state: State, monkeypatch: pytest.MonkeyPatch) -> Iterator[Traced]:
    """A copy of that history in a state of the test's own, its catalog's file with it."""
    monkeypatch.delenv("TRIMTAB_CATALOG", raising=False)
    copied = history.copied_to(state)
    yield copied
    copied.registry.engine.dispose()


@pytest.fixture
def derivation() -> Derivation:
    """A derivation from nothing."""
    return Derivation(code_version="1", settings={}, inputs=())


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server for the whole run; skipped where PostgreSQL is not installed."""
    yield from served()


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random Llama of two layers with a chat template: real code, small numbers."""
    return write_tiny_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="session")
def opinionated_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model that prefers one response to another, though for no reason."""
    return write_tiny_model(tmp_path_factory.mktemp("models") / "opinionated", initializer_range=0.1)


@pytest.fixture(scope="session")
def smollm2() -> Path:
    """SmolLM2-135M-Instruct, converted once for the checkout."""
    return convert(REPOSITORY / ".trimtab" / "models" / SMOLLM2)
