"""Answers items until it is killed: python -m tests.quality.review.killed_reviewer STATE NAME."""

import sys
from pathlib import Path

from datasets_registry.registry import Registry
from datasets_registry.state import State
from quality.review.desk import Desk

if __name__ == "__main__":
    desk, name = Desk(Registry(State(Path(sys.argv[1])))), sys.argv[2]
    while task := desk.next_item(name):
        desk.record(name, task.item_id, "left")
        print(task.item_id, flush=True)
