"""Cases of the rebuild benchmark in which something is held and goes on: red imports, spent hours, a kill."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator

from benchmarks.sides.figure import Figure, at_most, exactly
from benchmarks.sides.training.live_dagster import messages, wait_for
from benchmarks.sides.training.rebuild_matrix import Matrix
from benchmarks.sides.training.rebuild_scene import running
from datasets_registry.state import REPOSITORY

GUARD = "rebuild.max_hours_a_day is 0: raise it in the profile, or materialize by hand"
MINUTE = 60.0


def red_imports(matrix: Matrix) -> Iterator[Figure]:
    """A red import of one of two datasets while the other changes; renamed files; and many rejected rows."""
    scene, statuses = matrix.scene, list[str]()
    pairs = scene.rows["human_preferences"]
    row, good = pairs[1], dict(pairs[1])
    name = "a red import of one dataset, then a change of another"

    def redden() -> None:
        row["rejected"] = row["chosen"]
        statuses.append(scene.bring("human_preferences"))
        matrix.answer("held")

    yield matrix.case(name, redden, "taught")
    yield exactly(f"{name}: versions that failed", statuses.count("failed"), 1)
    held = [step for step in scene.plan() if step["held"]]
    yield exactly(f"{name}: assets that the plan calls held", len(held), 1)
    row.update(good)
    mend = lambda: scene.bring("human_preferences")  # noqa: E731
    yield matrix.case("the rows before it imported again", mend, "preferred")
    renamed = lambda: scene.bring("human_preferences", file="renamed.jsonl")  # noqa: E731
    yield matrix.case("the same rows in a renamed file", renamed)
    kept = list(pairs)
    scene.rows["human_preferences"] = [
        pair if place % 2 else {"chosen": 7} for place, pair in enumerate(pairs)
    ]
    name, statuses = "half of the rows rejected", []
    yield matrix.case(name, lambda: statuses.append(scene.bring("human_preferences")))
    yield exactly(f"{name}: versions that failed", statuses.count("failed"), 1)
    scene.rows["human_preferences"] = kept
    yield matrix.case("all of the rows imported again", mend)


def spending(matrix: Matrix) -> Iterator[Figure]:
    """The day's hours are spent, and there are hours again."""
    matrix.scene.edit("every_seconds = 5", "every_seconds = 5\nmax_hours_a_day = 0")
    before = {record["runId"] for record in matrix.dagster.runs()}
    yield matrix.case("max_hours_a_day = 0", lambda: matrix.answer("six"))
    failed = [
        record["runId"]
        for record in matrix.dagster.runs()
        if record["status"] == "FAILURE" and record["runId"] not in before
    ]
    guarded = [
        record for record in failed if any(GUARD in line for line in messages(matrix.dagster.logs(record)))
    ]
    yield exactly("max_hours_a_day = 0: runs that fail with the remedy", len(guarded), 1)
    by_hand = "max_hours_a_day = 0, materialized by hand"
    yield matrix.case(by_hand, lambda: matrix.dagster.launch("taught", "preferred"), "taught", "preferred")
    yield matrix.case("max_hours_a_day = 0, changed again", lambda: matrix.answer("sixteen"))
    give_back = lambda: matrix.scene.edit("max_hours_a_day = 0\n", "", "[rebuild]")  # noqa: E731
    yield matrix.case("hours given back", give_back, "taught", "preferred")


def killed_demo(matrix: Matrix) -> Iterator[Figure]:
    """A demo is killed while it holds the pool's slot, and then something is materialized in the UI."""
    dagster = matrix.dagster
    demo = subprocess.Popen(
        [sys.executable, "-m", "assets.demo"],
        cwd=REPOSITORY,
        env=dagster.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(lambda: sum(dagster.slots().values()) > 0, "the demo to take a slot")
    finally:
        demo.send_signal(signal.SIGKILL)
        demo.wait()
    yield exactly("a demo killed by SIGKILL: slots that it still holds", sum(dagster.slots().values()), 1)
    launched = time.time()
    run = dagster.launch("apart")

    def begun() -> bool:
        events = dagster.logs(run)
        return any(event["__typename"] == "ExecutionStepStartEvent" for event in events)

    wait_for(begun, "the run after the killed demo")
    starts = [
        float(event["timestamp"]) / 1000
        for event in dagster.logs(run)
        if event["__typename"] == "ExecutionStepStartEvent"
    ]
    yield at_most("a demo killed by SIGKILL: until a run of the UI begins", starts[0] - launched, "s", MINUTE)
    dagster.settle()
    yield exactly("a demo killed by SIGKILL: slots held after that", sum(dagster.slots().values()), 0)


def killed_daemon(matrix: Matrix) -> Iterator[Figure]:
    """`dg dev` and all that it started is killed while a model trains for it, and is started again."""
    dagster, name = matrix.dagster, "dg dev killed while a model trains, then started"
    at_work = lambda: "taught" in running(matrix.scene.state.runs).values()  # noqa: E731
    with matrix.scene.watched() as trained:
        matrix.answer("killed")
        wait_for(at_work, "a training to begin")
        dagster.kill()
        dagster.start()
    after = trained.processes[1:] == ["taught", "preferred"]
    yield exactly(f"{name}: trains taught → preferred once more, and no third time", int(after), 1)
    yield exactly(f"{name}: models made", trained.recorded, 2)
    yield exactly(f"{name}: slots held after that", sum(dagster.slots().values()), 0)
