"""The stages that are killed: each begins on a state that an earlier one left, and can be run again."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from benchmarks.kills.pipeline import build_pipeline
from datasets_registry.registry import Registry
from datasets_registry.state import State, run_name
from datasets_registry.version import Derivation

GRACE = timedelta(hours=1)
ROWS_IMPORTED, SEGMENTS, ORPHANS = 600, 60, 400
MODEL, TRAINING = "sft_policy", {"learning_rate": 5e-3, "batch_size": 2, "max_steps": 6, "max_length": 128}
HOW = Derivation(code_version="1", settings={}, inputs=())
TRAINED = HOW.model_copy(update={"settings": {"trained": MODEL}})


@dataclass(frozen=True)
class Place:
    """The folder of a trial: its state, its profile and what was asked of the scripted model."""

    folder: Path

    @property
    def state(self) -> State:
        """The state folder."""
        return State(self.folder / "state")

    @property
    def asked(self) -> Path:
        """The keys that were asked for, a line each."""
        return self.folder / "asked"

    @property
    def run(self) -> Path:
        """The folder of the training run."""
        return self.state.runs / run_name(MODEL, TRAINED.recipe)


@dataclass(frozen=True)
class Stage:
    """``work`` on the state that the stage ``after`` left, and how many of all kills fall on it."""

    name: str
    kills: int
    after: str
    work: Callable[[Place], None]
    prepare: Callable[[Place], None] = lambda place: None


def generate(place: Place) -> None:
    """Build the pipeline as the demo does."""
    build_pipeline(place.folder / "profile" / "kills.toml", place.asked)


def write_import(place: Place) -> None:
    """A file of problems, of which some cannot be imported."""
    rows = (
        {"question": f"What is {number} + 1?", "answer": f"{number}+1 = {number + 1}\n#### {number + 1}"}
        if number % 50
        else {"question": "", "answer": ""}
        for number in range(ROWS_IMPORTED)
    )
    (place.folder / "problems.jsonl").write_text("\n".join(map(json.dumps, rows)))


def import_file(place: Place) -> None:
    """`trimtab import`."""
    from assets.cli.commands import app

    arguments = ["import", str(place.folder / "problems.jsonl"), "--as", "gsm8k", "--licence", "MIT"]
    app(arguments, standalone_mode=False)


def commit(place: Place) -> None:
    """Two transactions over three datasets, one of which arrives in no order, and their checks."""
    from datasets_registry.rows.evaluation import SuiteFigure
    from quality.auditing.publishing import check_candidate
    from tests.datasets_registry.committing import PAIR, STREAM, batches_of, cut_small, rows_of

    cut_small()
    registry = Registry(place.state.prepare())
    for step in (1, 2):
        how = HOW.model_copy(update={"settings": {"step": step}})
        staged = [registry.stage(SuiteFigure, rows_of(name, step), name) for name in PAIR]
        staged.append(registry.stage(SuiteFigure, batches_of(STREAM, step), STREAM))
        for version in registry.commit_staged(staged, how):
            check_candidate(registry, SuiteFigure, version, ())


def write_segments(place: Place) -> None:
    """Many small segments."""
    from generation.completer import Completer
    from generation.ledger.ledger import Ledger
    from generation.request import Message, Request
    from generation.scripted import ScriptedBackend

    complete = Completer(
        ScriptedBackend(lambda request: "yes"), Ledger(place.state.ledger), asset="x", report=lambda _: None
    )
    for number in range(SEGMENTS):
        asked = Message(role="user", content=f"segment {number}")
        complete("x", [Request(messages=(asked,), sample=sample) for sample in range(20)])


def compact_ledger(place: Place) -> None:
    """Merge the segments."""
    from generation.ledger.compaction import compact
    from generation.ledger.ledger import Ledger

    compact(Ledger(place.state.ledger))


def leave_orphans(place: Place) -> None:
    """Old objects that no version names."""
    import os

    for number in range(ORPHANS):
        path = place.state.objects / f"{number % 256:02x}" / f"{number:064x}.parquet"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"left by nobody" * 100)
        os.utime(path, (0, 0))


def collect_garbage(place: Place) -> None:
    """Remove what nobody needs."""
    from datasets_registry.garbage import collect

    collect(Registry(place.state, reads_only=True), GRACE, dry_run=False)


def write_run(place: Place) -> None:
    """The config of a training run on the pipeline's rows."""
    config = {
        "name": MODEL,
        "base": "base_policy@1",
        "dataset": "cai_sft@1",
        "output": str(place.run),
        "settings": TRAINING | {"min_steps": 1},
        "checkpoint_minutes": 0,
    }
    place.run.mkdir(parents=True)
    (place.run / "run.json").write_text(json.dumps(config))


def train(place: Place) -> None:
    """`python -m training.sft`."""
    from training.running.run import main
    from training.sft import sft

    sys.argv = ["sft", "--config", str(place.run / "run.json")]
    main(sft, None)


def publish(place: Place) -> None:
    """Register what was trained; as an asset does, train what a kill took away."""
    from assets.building.model import register
    from quality.checks.models import model_checks

    registry = Registry(place.state.prepare())
    if registry.made(MODEL, TRAINED):
        return
    if not (place.run / "model").exists():
        if not place.run.exists():
            write_run(place)
        train(place)
    register(registry, MODEL, place.run, TRAINED, model_checks("supervised"))


STAGES = (
    Stage("generation", 30, "nothing", generate),
    Stage("imports", 40, "generation", import_file, write_import),
    Stage("commits", 45, "generation", commit),
    Stage("compaction", 35, "generation", compact_ledger, write_segments),
    Stage("gc", 20, "generation", collect_garbage, leave_orphans),
    Stage("training", 15, "generation", train, write_run),
    Stage("publishing", 15, "training", publish),
)
