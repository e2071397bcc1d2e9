"""A lab: a registry of its own, in which lab policies are trained and measured through the product's code."""

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from datasets_registry.bases import base_folder
from datasets_registry.hashing import content_id, derive_seed
from datasets_registry.registry import Registry
from datasets_registry.rows.imported import Problem
from datasets_registry.rows.rft import Candidate, GoldSolution
from datasets_registry.rows.row import Row
from datasets_registry.state import State
from datasets_registry.version import IMPORT, Derivation, Version
from generation.backends import open_backend
from generation.completer import Completer
from generation.engine import EngineSettings
from generation.ledger.ledger import Ledger
from generation.models.folder import fingerprint
from generation.models.sources import resolve_model
from generation.request import SamplingParams
from generation.templates.pinning import steady_folder
from methods.rft.candidates import CandidateSettings
from methods.rft.sampling import sample_candidates
from methods.rft.stopping import StoppingRule
from methods.verifiers.contract import VerifierSettings
from methods.verifiers.verifier import verifier
from training.settings.learning import TrainingSettings
from training.sft import sft

MATHS = VerifierSettings(kind="maths")
MAX_TOKENS = 96
# no asset makes what a lab holds, so a graph over it takes it as imported
IMPORTED = Derivation(code_version=f"{IMPORT}benchmark", settings={}, inputs=())


class Lab:
    """Datasets and policies under one folder; ``TRIMTAB_HOME`` names it for the trainers."""

    def __init__(self, folder: Path, *, batch_size: int = 512) -> None:
        os.environ["TRIMTAB_HOME"] = str(folder)
        self.registry = Registry(State(folder).prepare())
        self.engine = EngineSettings(batch_size=batch_size)

    def given(self, source: str, name: str | None = None) -> Version:
        """A model that is given, such as ``lab``; a folder is given a ``name``."""
        models = self.registry.state.models
        folder = steady_folder(resolve_model(source, models), models).folder
        name = name or source.replace("-", "_")
        version = self.registry.commit_model(name, folder, fingerprint(folder), IMPORTED)
        return self.registry.record_checks(version, [])

    def commit(self, row: type[Row], rows: Iterable[Row], name: str | None = None) -> Version:
        """A passed dataset version."""
        return self.registry.record_checks(self.registry.commit(row, rows, IMPORTED, name), [])

    def train(
        self, base: Version, dataset: Version, settings: BaseModel, trainer: Any = sft, **more: Any
    ) -> Version:
        """The model that ``trainer`` makes of exactly these versions; once made it is found again."""
        config = {
            "base": str(base),
            "dataset": str(dataset),
            "settings": settings.model_dump(mode="json"),
        } | more
        name = f"model_{content_id(trainer.__name__, config)}"
        if made := self.registry.latest(name):
            return made
        output = self.registry.state.runs / name
        output.mkdir(parents=True, exist_ok=True)
        config |= {"name": name, "output": str(output)}
        path = output / "run.json"
        path.write_text(json.dumps(config))
        trainer(path, lambda line: None)
        manifest = json.loads((output / "model" / "manifest.json").read_text())
        how = Derivation(code_version="1", settings={}, inputs=())
        version = self.registry.commit_model(name, output / "model", manifest["fingerprint"], how)
        return self.registry.record_checks(version, [])

    def places(self, model: Version) -> tuple[Path, Path | None]:
        """The model's folder, and its base's where it is stored as an adapter."""
        folder = self.registry.folder(model)
        return folder, base_folder(self.registry, folder)

    @contextmanager
    def completer(self, model: Version) -> Iterator[Completer]:
        """The model behind the lab's ledger."""
        folder, base = self.places(model)
        backend = open_backend("transformers", folder, self.engine, base)
        try:
            yield Completer(
                backend, Ledger(self.registry.state.ledger), asset=model.name, report=lambda line: None
            )
        finally:
            backend.close()

    def samples(
        self,
        model: Version,
        problems: Sequence[Problem],
        rule: StoppingRule,
        *,
        temperature: float = 1.0,
        seed: int = 0,
        max_tokens: int = MAX_TOKENS,
        system_prompt: str | None = None,
    ) -> list[Candidate]:
        """The model's samples for ``problems``, as candidates."""
        settings = CandidateSettings(
            rule=rule,
            answers=SamplingParams(temperature=temperature, max_tokens=max_tokens),
            seed=seed,
            system_prompt=system_prompt,
        )
        with self.completer(model) as complete:
            drawn = sample_candidates(
                sorted(problems, key=lambda problem: problem.problem_id),
                complete,
                complete.backend.fingerprint,
                model.name,
                verifier(MATHS),
                settings,
            )
            return sorted(drawn, key=lambda sample: (sample.problem_id, sample.sample))

    def right(
        self, model: Version, problems: Sequence[Problem], temperature: float, **more: Any
    ) -> list[bool]:
        """Whether one sample for each problem is accepted, in the order of ids."""
        drawn = self.samples(model, problems, StoppingRule(max_draws=1), temperature=temperature, **more)
        return [bool(sample.accepted) for sample in drawn]


def gold(problems: Iterable[Problem]) -> list[GoldSolution]:
    """The problems' written solutions."""
    return [
        GoldSolution(
            problem_id=problem.problem_id,
            prompt=problem.prompt,
            completion=problem.solution or "",
            family=problem.family,
            difficulty=problem.difficulty,
            split_group=problem.split_group,
        )
        for problem in problems
    ]


def full(steps: int, *, rate: float = 2e-3, batch_size: int = 32, seed: int = 0) -> TrainingSettings:
    """Training of all weights for a number of steps."""
    return TrainingSettings(
        learning_rate=rate,
        max_steps=steps,
        min_steps=1,
        batch_size=batch_size,
        lora_rank=None,
        max_length=256,
        seed=derive_seed("training", seed) % 2**31,
    )
