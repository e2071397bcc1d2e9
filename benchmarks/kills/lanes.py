"""Trials in several lanes, each a forked process of one that has imported everything."""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

from benchmarks.kills.pipeline import write_profile
from benchmarks.kills.processes import answer, import_all, modules_of, start, wait
from benchmarks.kills.stages import STAGES, Stage
from benchmarks.kills.trials import Lane, Trial

SEED, LANES, HOURS = 0, 2, 7_200.0
QUIET = {"OMP_NUM_THREADS": "1", "DAGSTER_DISABLE_TELEMETRY": "1", "HF_HUB_OFFLINE": "1"}


def trials_of(folder: Path, *, quick: bool) -> list[Trial]:
    """All trials, or one of each stage; raises RuntimeError where one cannot be made."""
    os.environ |= QUIET
    fresh = _write_fresh(folder)
    warm = Lane(folder / "imports", fresh, SEED)
    import_all(modules_of(partial(warm.prepare, apart=False), folder / "imports.txt"))
    trials = planned(quick=quick)
    lanes = 1 if quick else LANES
    works = [
        partial(_run, folder / f"lane-{lane}", fresh, SEED + lane, trials[lane::lanes])
        for lane in range(lanes)
    ]
    children = [start(work, folder / f"lane-{lane}.txt") for lane, work in enumerate(works)]
    for lane, child in enumerate(children):
        if wait(child, HOURS) != 0:
            raise RuntimeError((folder / f"lane-{lane}.txt").read_text()[-4_000:])
    lines = [line for lane in range(lanes) for line in (folder / f"lane-{lane}" / "trials").open()]
    return [Trial(**json.loads(line)) for line in lines]


def planned(*, quick: bool) -> Sequence[tuple[Stage, int]]:
    """Each kill's stage, and the number that decides its signal and whether another process works beside."""
    if quick:
        return [(stage, number) for number, stage in enumerate(STAGES)]
    return [(stage, number) for stage in STAGES for number in range(stage.kills)]


def _write_fresh(folder: Path) -> Path:
    """What a trial's folder has before anything is built."""
    from tests.tiny_model import write_tiny_model

    fresh, model = folder / "fresh", folder / "tiny"
    (fresh / "dagster").mkdir(parents=True)
    (fresh / "dagster" / "dagster.yaml").write_text("telemetry: {enabled: false}")
    answer(lambda: str(write_tiny_model(model)), folder / "tiny.txt")
    write_profile(fresh / "profile", model)
    return fresh


def _run(folder: Path, fresh: Path, seed: int, planned: Sequence[tuple[Stage, int]]) -> None:
    """A lane's trials, each a line of JSON when it is over."""
    lane = Lane(folder, fresh, seed)
    lane.prepare()
    with (folder / "trials").open("w") as file:
        for stage, number in planned:
            print(json.dumps(asdict(lane.kill(stage, number))), file=file, flush=True)
