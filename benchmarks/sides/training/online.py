"""Learning from a verifier on lab problems: PPO, RLOO and GRPO, and RFT on as many sampled tokens."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.sides.lab import MATHS, Lab, full, gold
from datasets_registry.rows.imported import Problem
from datasets_registry.rows.rft import GoldSolution, RftSelection
from datasets_registry.version import Version
from methods.problems.families import FamilySettings, ProblemSettings, make_problems
from methods.rft.selections import SelectionSettings, select
from methods.rft.stopping import StoppingRule
from training.grpo import grpo
from training.ppo.__main__ import ppo
from training.rloo import rloo
from training.settings.grpo import GrpoSettings
from training.settings.online import OnlineSettings
from training.settings.ppo import PpoSettings
from training.settings.rloo import RlooSettings

TRAINERS: dict[str, tuple[Any, type[OnlineSettings]]] = {
    "PPO": (ppo, PpoSettings),
    "RLOO": (rloo, RlooSettings),
    "GRPO": (grpo, GrpoSettings),
}
RFT = "RFT on as many samples"
PARTS = 4


@dataclass(frozen=True)
class Size:
    """How much of everything; a step samples ``num_draws`` answers for each of ``prompts`` problems."""

    gold: int
    base_steps: int
    prompts: int
    num_draws: int
    steps: int
    rft_steps: int
    held_out: int
    sizes: tuple[int, ...] = (3,)
    rate: float = 3e-4
    max_completion_length: int = 48
    rft_batch_size: int = 32


@dataclass
class Learned:
    """What one seed gives: held-out problems solved at T = 1, and the samples accepted by part of a run."""

    right: dict[str, list[bool]] = field(default_factory=dict)
    by_step: dict[str, list[float]] = field(default_factory=dict)
    tokens: dict[str, float] = field(default_factory=dict)


def learned(folder: Path, size: Size, seed: int) -> Learned:
    """Each way from the same base policy."""
    lab, result = Lab(folder), Learned()
    family = FamilySettings(
        family="sums",
        sizes=size.sizes,
        greatest=20,
        style="symbols",
        evaluation=size.held_out,
        train=size.gold + size.prompts * size.steps,
    )
    problems = make_problems(ProblemSettings(families=(family,), seed=seed))
    training = [problem for problem in problems if problem.split == "train"]
    held_out = [problem for problem in problems if problem.split == "evaluation"]
    prompts = training[size.gold :]
    solutions = lab.commit(GoldSolution, gold(training[: size.gold]))
    base = lab.train(lab.given("lab"), solutions, full(size.base_steps, seed=seed))
    result.right["base"] = lab.right(base, held_out, 1.0, seed=seed)
    dataset = lab.commit(Problem, prompts)
    for name, (trainer, settings) in TRAINERS.items():
        section = _settings(settings, size, seed)
        trained = lab.train(
            base, dataset, section, trainer, verifier=MATHS.model_dump(mode="json", exclude_unset=True)
        )
        result.right[name] = lab.right(trained, held_out, 1.0, seed=seed)
        curves = _manifest(lab, trained)["curves"]
        result.by_step[name] = _parts([value for _, value in curves["rewards/verifier"]])
        lengths = [value for _, value in curves["completions/mean_length"]]
        result.tokens[name] = sum(lengths) * size.prompts * size.num_draws
    trained, result.tokens[RFT] = _rft(lab, base, prompts, size, seed)
    result.right[RFT] = lab.right(trained, held_out, 1.0, seed=seed)
    return result


def _settings(kind: type[OnlineSettings], size: Size, seed: int) -> OnlineSettings:
    shared = full(size.steps, rate=size.rate, batch_size=size.prompts * size.num_draws, seed=seed)
    more = {"num_draws": size.num_draws, "max_completion_length": size.max_completion_length}
    return kind.model_validate(shared.model_dump() | more | {"max_length": 128})


def _rft(
    lab: Lab, base: Version, problems: Sequence[Problem], size: Size, seed: int
) -> tuple[Version, float]:
    """One round of rejection sampling on as many samples for the same problems."""
    rule = StoppingRule(max_draws=size.num_draws)
    drawn = lab.samples(base, problems, rule, seed=seed, max_tokens=size.max_completion_length)
    chosen = list(select(drawn, [], SelectionSettings(top_k=4, with_gold=False)))
    dataset = lab.commit(RftSelection, chosen)
    trained = lab.train(
        base, dataset, full(size.rft_steps, rate=1e-3, batch_size=size.rft_batch_size, seed=seed)
    )
    return trained, float(sum(sample.num_tokens for sample in drawn))


def _manifest(lab: Lab, version: Version) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads((lab.registry.folder(version) / "manifest.json").read_text())
    return manifest


def _parts(values: Sequence[float]) -> list[float]:
    """The means of as many parts of the run."""
    size = max(1, len(values) // PARTS)
    some = [values[start : start + size] for start in range(0, len(values), size)][:PARTS]
    return [sum(part) / len(part) for part in some]
