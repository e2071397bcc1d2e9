"""Many processes may open a new state folder at once, and all find one catalog."""

import multiprocessing
from multiprocessing.synchronize import Barrier
from pathlib import Path

from datasets_registry.registry import Registry
from datasets_registry.state import State


def _open(root: str, ready: Barrier) -> None:
    state = State(Path(root)).prepare()
    ready.wait(timeout=60)
    Registry(state).engine.dispose()


def test_eight_processes_open_a_new_folder_at_the_same_moment(state: State) -> None:
    spawn = multiprocessing.get_context("spawn")
    ready = spawn.Barrier(8)
    openers = [spawn.Process(target=_open, args=(str(state.root / "new"), ready)) for _ in range(8)]
    for one in openers:
        one.start()
    for one in openers:
        one.join()
    assert [one.exitcode for one in openers] == [0] * 8
