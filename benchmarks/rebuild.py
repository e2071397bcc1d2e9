"""What a live daemon trains after each kind of change: python benchmarks/rebuild.py [--json] [--quick]."""

import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

# run as a file, this folder would hide the package of the same name
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.sides.figure import Figure, exactly, run
from benchmarks.sides.training.held_cases import killed_daemon, killed_demo, red_imports, spending
from benchmarks.sides.training.live_dagster import ENDED, messages, wait_for
from benchmarks.sides.training.rebuild_matrix import Matrix
from benchmarks.sides.training.rebuild_scene import MODELS, Scene, running, undisturbed

LONG = "max_steps = 400"


class Changes(Matrix):
    """What a person changes, imports, switches and stops."""

    # -- cases -----------------------------------------------------------------------------------

    def quick(self) -> Iterator[Figure]:
        """One model alone."""
        self.scene.bring("other_demonstrations")
        self.dagster.start()
        by_hand = lambda: self.dagster.launch("base_policy", "apart")  # noqa: E731
        yield self.case("one model materialized by hand", by_hand, "apart")

    def first(self) -> Iterator[Figure]:
        """All is imported, and what was never built waits for a person."""
        for name in self.scene.rows:
            self.scene.bring(name)
        self.dagster.start()
        self.dagster.settle()
        yield self.case("base materialized by hand", lambda: self.dagster.launch("base_policy"))
        by_hand = lambda: self.dagster.launch(*MODELS)  # noqa: E731
        yield self.case("all materialized by hand", by_hand, *MODELS)

    def same(self) -> Iterator[Figure]:
        """Nothing changes."""
        yield self.case("the same file imported again", lambda: self.scene.bring("demonstrations"))
        yield self.case("a model materialized again", lambda: self.dagster.launch("taught"))

    def changed(self) -> Iterator[Figure]:
        """One label, one answer, and an answer that may not be."""
        yield self.case("one label flipped", self.flip, "preferred")
        yield self.case("one answer edited", lambda: self.answer("four"), "taught", "preferred")
        row, statuses = self.scene.rows["human_preferences"][1], list[str]()
        worse, row["rejected"] = row["rejected"], row["chosen"]
        name = "an import whose blocking check fails"
        yield self.case(name, lambda: statuses.append(self.scene.bring("human_preferences")))
        yield exactly(f"{name}: versions that failed", statuses.count("failed"), 1)
        yield exactly(f"{name}: assets marked as stale", len(self.dagster.stale()), 0)
        row["rejected"] = worse
        yield self.case("the rows before it imported again", lambda: self.scene.bring("human_preferences"))

    def meeting(self) -> Iterator[Figure]:
        """Changes that meet one another, and a training at work."""
        self.scene.edit("every_seconds = 5", "every_seconds = 40")
        edited = time.time()
        wait_for(lambda: max(self._looks()) > edited, "a look")
        before, began = len(self.dagster.runs()), time.time()
        ended = list[float]()
        yield self.case(
            "three imports between two looks", lambda: ended.append(self._three()), "taught", "preferred"
        )
        within = [look for look in self._looks() if began < look < ended[0]]
        yield exactly("three imports between two looks: looks in between", len(within), 0)
        yield exactly("three imports between two looks: runs", len(self.dagster.runs()) - before, 1)
        self.scene.edit("every_seconds = 40", "every_seconds = 5")
        yield self.case(
            "an import while a model trains",
            self._import_during_training,
            "taught",
            "preferred",
            "taught",
            "preferred",
        )

    def restarts(self) -> Iterator[Figure]:
        """`dg dev` is stopped and started."""
        before = self._ended()
        yield self.case("dg dev restarted", self._restart)
        yield exactly("dg dev restarted: runs forgotten", len(before - self._ended()), 0)

        yield self.case("an import while dg dev is stopped", self._import_while_stopped, "apart")

    def switched(self) -> Iterator[Figure]:
        """The sensor is stopped in the UI, and started again."""
        self.dagster.switch("rebuild", on=False)
        yield self.case("an import while the sensor is off", lambda: self._other("Off."))
        yield self.case("the sensor on again", lambda: self.dagster.switch("rebuild", on=True), "apart")

    def settings(self) -> Iterator[Figure]:
        """The profile is edited."""
        edit = self.scene.edit
        yield self.case(
            'a setting edited with when = "data"', lambda: edit("beta = 0.1", "beta = 0.3", "preferred")
        )
        yield self.case('when = "automatic" instead', lambda: edit('"data"', '"automatic"', "[rebuild]"))
        yield self.case(
            "one setting of the last model edited",
            lambda: edit("beta = 0.3", "beta = 0.2", "preferred"),
            "preferred",
        )
        yield self.case(
            "one setting of the first model edited",
            lambda: edit("max_steps = 4", "max_steps = 5", "taught"),
            "taught",
            "preferred",
        )

    def cancelled(self) -> Iterator[Figure]:
        """A training is cancelled in the UI, and goes on when it is launched again."""
        with self.scene.watched() as trained:
            self.scene.edit("max_steps = 5", LONG, "taught")
            wait_for(self._has_checkpoint, "a checkpoint")
            began = time.monotonic()
            self.dagster.terminate(self.dagster.runs()[-1]["runId"])
            seconds = time.monotonic() - began
            left, busy = len(running(self.scene.state.runs)), sum(self.dagster.slots().values())
        yield Figure(name="cancel: until the run has ended", value=seconds, unit="s")
        yield exactly("cancel: trainers left", left, 0)
        yield exactly("cancel: pool slots still taken", busy, 0)
        yield exactly("cancel: trainings begun, and none by the daemon after", len(trained.processes), 1)
        yield exactly("cancel: models made", trained.recorded, 0)
        go_on = lambda: self.dagster.launch("taught", "preferred")  # noqa: E731
        yield self.case("launched again after the cancel", go_on, "taught", "preferred")
        lines = messages(self.dagster.logs(self.dagster.runs()[-1]["runId"]))
        resumed = sum("taught: resumed from checkpoint" in line for line in lines)
        yield exactly("launched again after the cancel: runs that go on from a checkpoint", resumed, 1)
        weights = {self.scene.fingerprint("taught"), undisturbed(self.scene, "taught")}
        yield exactly(
            "launched again after the cancel: different weights, an undisturbed run's beside", len(weights), 1
        )

    # -- what a person does ----------------------------------------------------------------------

    def _three(self) -> float:
        self.answer("five")
        self.flip()
        self.answer("ten")
        return time.time()

    def _looks(self) -> list[float]:
        return [float(tick["timestamp"]) for tick in self.dagster.sensors()["imports"]["ticks"]]

    def _import_during_training(self) -> None:
        self.answer("seven")
        at_work = lambda: "taught" in running(self.scene.state.runs).values()  # noqa: E731
        wait_for(at_work, "a training to begin")
        self.answer("eight")

    def _ended(self) -> set[tuple[str, str]]:
        return {
            (record["runId"], record["status"]) for record in self.dagster.runs() if record["status"] in ENDED
        }

    def _restart(self) -> None:
        self.dagster.stop()
        self.dagster.start()

    def _import_while_stopped(self) -> None:
        self.dagster.stop()
        self._other("Stopped.")
        self.dagster.start()

    def _other(self, answer: str) -> None:
        self.scene.rows["other_demonstrations"][0]["completion"] = answer
        self.scene.bring("other_demonstrations")

    def _has_checkpoint(self) -> bool:
        states = self.scene.state.runs.glob("taught-*/checkpoints/*/checkpoint-*/trainer_state.json")
        return any(int(state.parent.name.partition("-")[2]) >= 20 for state in states)


def _waited(waits: Sequence[float]) -> list[Figure]:
    if not waits:
        return []
    name = "from a change to the daemon's run"
    return [Figure(name=name, value=median(waits), unit="s", interval=(min(waits), max(waits)))]


def measure(quick: bool) -> Sequence[Figure]:
    """The matrix; one model by hand with ``quick``."""
    os.environ.pop("TRIMTAB_CATALOG", None)
    # who stops the benchmark stops its daemon too
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory(prefix="trimtab-rebuild-") as folder:
        matrix = Changes(Scene(Path(folder)))
        groups = (
            (matrix.quick,)
            if quick
            else (
                matrix.first,
                matrix.same,
                lambda: red_imports(matrix),
                lambda: spending(matrix),
                lambda: killed_demo(matrix),
                lambda: killed_daemon(matrix),
                matrix.changed,
                matrix.meeting,
                matrix.restarts,
                matrix.switched,
                matrix.settings,
                matrix.cancelled,
            )
        )
        try:
            figures = []
            for group in groups:
                for figure in group():
                    held = {True: "as it should", False: "MISSED", None: ""}[figure.holds]
                    print(
                        f"{time.strftime('%X')} {figure.name}: {figure.value:g} {held}",
                        file=sys.stderr,
                        flush=True,
                    )
                    figures.append(figure)
        finally:
            matrix.dagster.stop()
    return [*figures, *_waited(matrix.waits)]


if __name__ == "__main__":
    run(measure, __doc__)
