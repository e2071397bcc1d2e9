"""Trials: a stage killed at a random moment and then completed, half of them beside another process."""

import os
import random
import shutil
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.kills.inspecting import looked_at, stored_keys
from benchmarks.kills.neighbour import work_beside
from benchmarks.kills.processes import answer, ended, start, wait
from benchmarks.kills.stages import STAGES, Place, Stage

SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
TRIES = 8
# what must not come of a kill, by kind
WRONG = {
    "not killed": "stages that ended before their kill",
    "does not end": "processes that went on after a signal",
    "not completed": "completions that failed",
    "other than undisturbed": "outcomes other than an undisturbed run's",
    "made again": "flushed completions that were made again",
    "stored twice": "trials with a completion that is stored twice",
    "damaged": "faults that verify finds",
    "left": "temporary files that stay",
    "neighbour failed": "second processes that failed",
}


@dataclass
class Trial:
    """A kill and its completion: what was wrong, a sentence each, by kind."""

    stage: str
    signal: str
    beside: bool
    seconds_to_end: float = 0.0
    kept: int = 0
    wrong: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, stage: Stage, turn: int) -> "Trial":
        """The trial whose ``turn`` in its stage decides its signal, and whether another process works."""
        return cls(stage.name, SIGNALS[turn % len(SIGNALS)].name, beside=turn // len(SIGNALS) % 2 == 1)

    def note(self, kind: str, *sentences: str) -> None:
        """Note what is wrong."""
        if sentences:
            self.wrong.setdefault(kind, []).extend(sentences)


def compare(whole: dict[str, Any], found: dict[str, Any], trial: Trial) -> None:
    """Note where what is found after a trial is not what an undisturbed run leaves."""
    for kind in ("versions", "keys", "trained"):
        if found[kind] != whole[kind]:
            trial.note("other than undisturbed", f"{kind}: {found[kind]} instead of {whole[kind]}")
    trial.note("stored twice", *[f"{found['twice']} keys"] * bool(found["twice"]))
    trial.note("damaged", *found["damage"])
    trial.note("left", *found["left"])


class Lane:
    """Trials one after the other in one folder; each begins on a copy of what an earlier stage left."""

    def __init__(self, folder: Path, fresh: Path, seed: int) -> None:
        folder.mkdir()
        self.folder, self.random = folder, random.Random(seed)
        self.place = Place(folder / "trial")
        self.begins: dict[str, Path] = {"nothing": fresh}
        self.whole: dict[str, dict[str, Any]] = {}
        self.seconds: dict[str, float] = {}
        os.environ["TRIMTAB_HOME"] = str(self.place.state.root)
        os.environ["DAGSTER_HOME"] = str(self.place.folder / "dagster")

    def prepare(self, *, apart: bool = True) -> None:
        """Run each stage undisturbed, and keep what it began on, what came of it and how long it took.

        All in processes of their own, or else in this one, which then has imported what they import.
        """
        for stage in STAGES:
            self._copy(self.begins[stage.after], self.place.folder)
            self._do(partial(stage.prepare, self.place), apart)
            self._keep(f"before {stage.name}")
            begun = time.monotonic()
            self._do(partial(stage.work, self.place), apart)
            self.seconds[stage.name] = time.monotonic() - begun
            self._keep(stage.name)
            self.whole[stage.name] = self._do(partial(looked_at, self.place), apart)

    def kill(self, stage: Stage, turn: int) -> Trial:
        """Kill the stage once, complete it and look; it must not have ended before."""
        trial = Trial.of(stage, turn)
        longest = self.seconds[stage.name]
        for _ in range(TRIES):
            self._copy(self.folder / f"before {stage.name}", self.place.folder)
            neighbour = self._start_neighbour() if trial.beside else None
            child = start(partial(stage.work, self.place), self._said("killed"))
            time.sleep(self.random.uniform(0, longest))
            if not ended(child):
                self._end(child, trial)
                try:
                    self._complete(stage, trial, neighbour)
                except RuntimeError as error:
                    trial.note("not completed", str(error))
                return trial
            wait(child)
            self._stop(neighbour, trial)
            longest *= 0.7
        trial.note("not killed", f"{stage.name} ends too soon to be killed")
        return trial

    def _end(self, child: int, trial: Trial) -> None:
        sent = time.monotonic()
        os.kill(child, getattr(signal, trial.signal))
        if wait(child) is None:
            trial.note("does not end", f"{trial.stage} goes on after {trial.signal}")
        trial.seconds_to_end = time.monotonic() - sent

    def _complete(self, stage: Stage, trial: Trial, neighbour: int | None) -> None:
        kept = set(answer(partial(stored_keys, self.place), self._said("keys")))
        asked = len(self._asked())
        if wait(start(partial(stage.work, self.place), self._said("completed"))) != 0:
            trial.note("not completed", self._said("completed").read_text()[-2000:])
        self._stop(neighbour, trial)
        trial.kept = len(kept)
        trial.note("made again", *(kept & set(self._asked()[asked:])))
        found = answer(partial(looked_at, self.place), self._said("look"))
        compare(self.whole[stage.name], found, trial)

    def _start_neighbour(self) -> int:
        self._stop_file.unlink(missing_ok=True)
        return start(partial(work_beside, self.place, self._stop_file), self._said("neighbour"))

    def _stop(self, neighbour: int | None, trial: Trial) -> None:
        if neighbour is None:
            return
        self._stop_file.touch()
        if wait(neighbour) != 0:
            trial.note("neighbour failed", self._said("neighbour").read_text()[-2000:])

    @property
    def _stop_file(self) -> Path:
        return self.folder / "stop"

    def _asked(self) -> Sequence[str]:
        return self.place.asked.read_text().split() if self.place.asked.exists() else []

    def _said(self, name: str) -> Path:
        return self.folder / f"{name}.txt"

    def _do(self, work: Callable[[], Any], apart: bool) -> Any:
        return answer(work, self._said("undisturbed")) if apart else work()

    def _keep(self, name: str) -> None:
        self.begins[name] = self.folder / name
        self._copy(self.place.folder, self.begins[name])

    def _copy(self, source: Path, target: Path) -> None:
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target, symlinks=True)
