"""The same rows and settings for our trainers and for TRL by hand, each in a process of its own."""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.sides.lab import Lab
from datasets_registry.rows.imported import Problem
from datasets_registry.rows.rft import GoldSolution, VerifiedPair
from datasets_registry.state import REPOSITORY
from datasets_registry.version import Version
from methods.problems.families import FamilySettings, ProblemSettings, make_problems

KINDS = ("sft", "dpo", "reward_model")


@dataclass(frozen=True)
class Timed:
    """One training process: wall and CPU seconds, and the last loss."""

    seconds: float
    cpu_seconds: float
    loss: float


class TrainingWork:
    """Worked word problems as rows, the model in ``base`` as the base, a LoRA adapter of rank 16."""

    def __init__(self, folder: Path, base: Path, *, rows: int, steps: int, batch_size: int) -> None:
        self.lab, self.folder, self.base = Lab(folder / "state"), folder, base
        self._base = self.lab.given(str(base), "base_policy")
        problems = word_problems(rows)
        self._datasets = {
            "sft": self.lab.commit(GoldSolution, [_solution(one) for one in problems]),
            "dpo": self.lab.commit(VerifiedPair, list(_pairs(problems))),
        }
        self._datasets["reward_model"] = self._datasets["dpo"]
        self.settings = {
            "learning_rate": 1e-4,
            "max_steps": steps,
            "min_steps": 1,
            "batch_size": batch_size,
            "max_length": 512,
            "lora_rank": 16,
            "lora_alpha": 32,
            "warmup_share": 0.1,
            "seed": 0,
        }
        self._runs = 0

    def dataset(self, kind: str) -> Version:
        """What that kind of trainer learns from."""
        return self._datasets[kind]

    def ours(self, kind: str) -> Timed:
        """`python -m training.<kind>` on the dataset version."""
        config = {"base": str(self._base), "dataset": str(self._datasets[kind])} | self._config(kind)
        path = self._write(config)
        timed = _run("-m", f"training.{kind}", "--config", str(path), home=self.lab.registry.state.root)
        manifest = json.loads((Path(config["output"]) / "model" / "manifest.json").read_text())
        return Timed(*timed[:2], loss=manifest["metrics"]["loss"])

    def theirs(self, kind: str) -> Timed:
        """TRL by hand on the same rows in the same order."""
        config = {"base": str(self.lab.registry.folder(self._base))} | self._config(kind)
        rows = self.folder / f"{kind}.jsonl"
        table = self.lab.registry.table(self._datasets[kind])
        rows.write_text("\n".join(json.dumps(row) for row in table.to_pylist()))
        path = self._write(config)
        timed = _run("-m", "benchmarks.sides.training.bare_trl", kind, str(path), str(rows), home=self.folder)
        return Timed(*timed[:2], loss=json.loads(timed[2])["loss"])

    def _config(self, kind: str) -> dict[str, Any]:
        self._runs += 1
        more = {"dpo": {"beta": 0.1}, "reward_model": {"held_out_share": 0.0}}.get(kind, {})
        output = self.folder / f"run-{self._runs}"
        output.mkdir()
        return {"name": kind, "output": str(output), "settings": self.settings | more}

    def _write(self, config: dict[str, Any]) -> Path:
        path = Path(config["output"]) / "run.json"
        path.write_text(json.dumps(config))
        return path


def word_problems(count: int) -> list[Problem]:
    """Word problems with worked solutions."""
    family = FamilySettings(family="word_problems", train=count, evaluation=0)
    return make_problems(ProblemSettings(families=(family,)))


def _solution(problem: Problem) -> GoldSolution:
    return GoldSolution(
        problem_id=problem.problem_id,
        prompt=problem.prompt,
        completion=problem.solution or "",
        family=problem.family,
        difficulty=problem.difficulty,
        split_group=problem.split_group,
    )


def _pairs(problems: Sequence[Problem]) -> Iterator[VerifiedPair]:
    """Each problem's solution above the next one's."""
    for problem, other in zip(problems, [*problems[1:], problems[0]], strict=True):
        yield VerifiedPair(
            pair_id=problem.problem_id,
            problem_id=problem.problem_id,
            prompt=problem.prompt,
            chosen=problem.solution or "",
            rejected=other.solution or "",
            reward_chosen=1.0,
            reward_rejected=0.0,
            num_tokens_chosen=0,
            num_tokens_rejected=0,
            propensity=None,
            policy="gold",
            split_group=problem.split_group,
            chosen_key="k",
            rejected_key="k",
        )


def _run(*arguments: str, home: Path) -> tuple[float, float, str]:
    """Wall and CPU seconds of a whole process, start and imports included, and what it printed last."""
    environment = os.environ | {"TRIMTAB_HOME": str(home), "HF_DATASETS_CACHE": str(home / "cache")}
    before, started = _children(), time.perf_counter()
    done = subprocess.run(
        [sys.executable, *arguments], cwd=REPOSITORY, env=environment, capture_output=True, text=True
    )
    seconds = time.perf_counter() - started
    if done.returncode:
        raise SystemExit(f"{arguments}: {done.stderr[-2_000:]}")
    lines = done.stdout.strip().splitlines()
    return seconds, _children() - before, lines[-1] if lines else ""


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
