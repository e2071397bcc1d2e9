"""Cases of the rebuild benchmark, one after another on one scene, and how long the daemon took to ask."""

import sys
import time
from collections.abc import Callable, Sequence

from benchmarks.sides.figure import Figure
from benchmarks.sides.training.rebuild_scene import Scene


class Matrix:
    """What is trained after each of several changes."""

    def __init__(self, scene: Scene) -> None:
        self.scene, self.dagster = scene, scene.dagster
        self.waits: list[float] = []

    def case(self, name: str, change: Callable[[], object], *expected: str) -> Figure:
        """What is trained after ``change``: exactly ``expected``, where a chain's order counts."""
        before = {record["runId"] for record in self.dagster.runs()}
        with self.scene.watched() as trained:
            change()
            changed = time.time()
        new = [record["creationTime"] for record in self.dagster.runs() if record["runId"] not in before]
        self.waits += [min(new) - changed] if new and min(new) > changed else []
        happened = (_by_chain(trained.processes), _by_chain(trained.logged), trained.recorded)
        holds = happened == (_by_chain(expected), _by_chain(expected), len(expected))
        if not holds:
            print(f"{name}: expected {expected}, found {trained}", file=sys.stderr)
        what = " → ".join(expected) or "nothing"
        return Figure(
            name=f"{name}: trains {what}",
            value=len(trained.processes),
            unit="trainings",
            goal=f"== {len(expected)}",
            holds=holds,
        )

    def flip(self) -> str:
        """Flip the first label and import; the version's status."""
        row = self.scene.rows["human_preferences"][0]
        row["chosen"], row["rejected"] = row["rejected"], row["chosen"]
        return self.scene.bring("human_preferences")

    def answer(self, word: str) -> str:
        """Edit the first answer and import; the version's status."""
        self.scene.rows["demonstrations"][0]["completion"] = f"The answer is {word}."
        return self.scene.bring("demonstrations")


def _by_chain(models: Sequence[str]) -> tuple[list[str], int]:
    """The chain's models in order, and how many stand apart, whose place says nothing."""
    return [model for model in models if model != "apart"], list(models).count("apart")
