"""Imported data, a chain of two models, one that stands apart, and a live daemon: what was really trained."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import text

from benchmarks.sides.training.live_dagster import LiveDagster, messages
from datasets_registry.registry import Registry
from datasets_registry.state import REPOSITORY, State
from tests.assets.small import write_profile
from tests.tiny_model import write_tiny_model

MODELS = ("taught", "preferred", "apart")
SETTINGS = (
    "learning_rate = 1e-3, min_steps = 1, batch_size = 4, max_length = 256, lora_rank = 'none', seed = 0"
)
SECTIONS = f"""
[tracking]
checkpoint_minutes = 0.01

[models.taught]
trainer = "sft"
base = "base_policy"
dataset = "demonstrations"
training = {{ max_steps = 4, {SETTINGS} }}

[models.preferred]
trainer = "dpo"
base = "taught"
dataset = "human_preferences"
training = {{ max_steps = 3, beta = 0.1, {SETTINGS} }}

[models.apart]
trainer = "sft"
base = "base_policy"
dataset = "other_demonstrations"
training = {{ max_steps = 2, {SETTINGS} }}

[rebuild]
when = "data"
every_seconds = 5
"""
NUM_ROWS = 8


@dataclass
class Trained:
    """What a case trained: by processes, by the runs' logs, and by the registry's new recipes."""

    processes: list[str] = field(default_factory=list)
    logged: list[str] = field(default_factory=list)
    recorded: int = 0


class Scene:
    """A profile, files to import and a live Dagster under one folder."""

    def __init__(self, folder: Path) -> None:
        """Write the profile and the files; nothing is imported, and nothing runs yet."""
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.state = folder, State(folder / "state").prepare()
        self.profile = write_profile(folder / "profile", write_tiny_model(folder / "model", 0.1))
        self.profile.write_text(self.profile.read_text() + SECTIONS)
        self.rows: dict[str, list[dict[str, Any]]] = {
            "demonstrations": [_demonstration(number, "demonstrations") for number in range(NUM_ROWS)],
            "other_demonstrations": [_demonstration(number, "other") for number in range(NUM_ROWS)],
            "human_preferences": [_preference(number) for number in range(NUM_ROWS)],
        }
        chosen = {"TRIMTAB_HOME": str(self.state.root), "TRIMTAB_PROFILE": str(self.profile)}
        self.dagster = LiveDagster(folder / "dagster", chosen)

    # -- what a person does ----------------------------------------------------------------------

    def bring(self, name: str, file: str | None = None) -> str:
        """`trimtab import` of the rows of ``name`` as they are now, from ``file``; the version's status."""
        path = self.folder / (file or f"{name}.jsonl")
        path.write_text("".join(json.dumps(row) + "\n" for row in self.rows[name]))
        like = name.removeprefix("other_")
        imported = json.loads(self.trimtab("import", str(path), "--as", name, "--like", like, "--json"))
        return str(imported["status"])

    def plan(self) -> list[dict[str, Any]]:
        """What `trimtab plan` says of the scene's models."""
        steps = json.loads(self.trimtab("plan", "--json"))
        return [step for step in steps if step["asset"] in MODELS]

    def trimtab(self, *arguments: str) -> str:
        """What a command of Trimtab prints; a red import, whose exit code is 1, too."""
        done = subprocess.run(
            [sys.executable, "-m", "assets.cli", *arguments],
            cwd=REPOSITORY,
            env=self.dagster.environment,
            check=False,
            capture_output=True,
            text=True,
        )
        if done.returncode > 1:
            raise RuntimeError(done.stderr)
        return done.stdout

    def edit(self, old: str, new: str, section: str = "[models.taught]") -> None:
        """Edit the profile after the head of ``section``, and reload definitions where Dagster runs."""
        head, mark, rest = self.profile.read_text().partition(section)
        assert old in rest, f"{old!r} does not stand after {section!r}"
        self.profile.write_text(head + mark + rest.replace(old, new, 1))
        if self.dagster.process:
            self.dagster.reload()

    # -- what came of it -------------------------------------------------------------------------

    @contextmanager
    def watched(self) -> Iterator[Trained]:
        """What is trained until the block ends, settled."""
        trained, runs = Trained(), {run["runId"] for run in self.dagster.runs()}
        before = self.recipes()
        with trainers(self.state.runs) as processes:
            yield trained
            self.dagster.settle()
        new = [run for run in self.dagster.runs() if run["runId"] not in runs]
        trained.processes = list(processes.values())
        trained.logged = [model for run in new for model in self.said_to_train(run["runId"])]
        trained.recorded = self.recipes() - before

    def said_to_train(self, run: str) -> list[str]:
        """The models that a run's log says are trained, in order."""
        lines = messages(self.dagster.logs(run))
        return [line.partition(":")[0] for line in lines if ": training on " in line]

    def recipes(self) -> int:
        """How many recipes have made a trained model so far."""
        registry = Registry(self.state)
        names = ", ".join(f"'{model}'" for model in MODELS)
        counted = text(
            f"SELECT count(*) FROM (SELECT DISTINCT name, recipe FROM derivation WHERE name IN ({names}))"
        )
        with registry.engine.connect() as connection:
            number = int(connection.execute(counted).scalar_one())
        registry.engine.dispose()
        return number

    def fingerprint(self, model: str) -> str:
        """The weights of the newest version of ``model``."""
        registry = Registry(self.state)
        version = registry.passed(model)
        registry.engine.dispose()
        return version.data_version


@contextmanager
def trainers(runs: Path) -> Iterator[Mapping[tuple[int, float], str]]:
    """The models whose trainers ran within the block, one entry for each process, in order."""
    seen: dict[tuple[int, float], str] = {}
    ended = threading.Event()

    def watch() -> None:
        while not ended.is_set():
            seen.update(running(runs))
            time.sleep(0.2)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield seen
    finally:
        ended.set()
        watcher.join()


def running(runs: Path) -> dict[tuple[int, float], str]:
    """The trainers at work on configs under ``runs``, by process."""
    at_work = {}
    for process in psutil.process_iter(["cmdline", "create_time"]):
        line = process.info["cmdline"] or []
        if len(line) == 5 and line[2].startswith("training.") and line[4].startswith(str(runs)):
            model = Path(line[4]).parent.name.rpartition("-")[0]
            at_work[process.pid, process.info["create_time"]] = model
    return dict(sorted(at_work.items(), key=lambda item: item[0][1]))


def _demonstration(number: int, kind: str) -> dict[str, Any]:
    question = f"Question {number} of {kind}?"
    return {
        "id": f"{kind}-{number}",
        "messages": [{"role": "user", "content": question}],
        "prompt": question,
        "completion": f"The answer is {number}.",
        "source": "bench",
        "licence": "Apache-2.0",
    }


def _preference(number: int) -> dict[str, Any]:
    question = f"Is {number} a number?"
    return {
        "pair_id": f"pair-{number}",
        "messages": [{"role": "user", "content": question}],
        "prompt": question,
        "chosen": f"Yes, {number} is.",
        "rejected": "No.",
        "score_chosen": None,
        "score_rejected": None,
        "source": "bench",
        "licence": "Apache-2.0",
    }


def undisturbed(scene: Scene, model: str) -> str:
    """The weights of ``model`` when the same files are built by one undisturbed run in a new state."""
    other = scene.folder / "undisturbed"
    environment = scene.dagster.environment | {
        "TRIMTAB_HOME": str(other / "state"),
        "DAGSTER_HOME": str(other / "dagster"),
    }
    (other / "dagster").mkdir(parents=True)
    (other / "dagster" / "dagster.yaml").write_text("telemetry: {enabled: false}")
    for name in scene.rows:
        path = scene.folder / f"{name}.jsonl"
        like = name.removeprefix("other_")
        command = [sys.executable, "-m", "assets.cli", "import", str(path), "--as", name, "--like", like]
        subprocess.run(command, cwd=REPOSITORY, env=environment, check=True, stdout=subprocess.DEVNULL)
    launch = [str(Path(sys.executable).with_name("dg")), "launch", "--assets", f"base_policy,{model}"]
    subprocess.run(launch, cwd=REPOSITORY, env=environment, check=True, stdout=sys.stderr)
    registry = Registry(State(other / "state"))
    version = registry.passed(model)
    registry.engine.dispose()
    return version.data_version
