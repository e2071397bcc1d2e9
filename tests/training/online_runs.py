"""Runs of online trainers on the started lab policy, and how often a policy's draws are right."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from datasets_registry.manifest import Manifest
from datasets_registry.registry import Registry
from datasets_registry.rows.imported import Problem
from generation.engine import EngineSettings
from generation.models.folder import fingerprint
from generation.request import Message, Request, SamplingParams
from generation.transformers_local.backend import TransformersBackend
from methods.verifiers.contract import VerifierSettings
from methods.verifiers.verifier import verifier
from quality.checks.models import check_manifest, model_checks
from tests.loaded import base_of
from tests.training.runs import NOTHING, manifest, write
from training.trainers import TRAINERS

VERIFIER = {"kind": "maths"}
# about 0.5 s of a core for each step of 64 draws
SETTINGS: dict[str, Any] = {
    "learning_rate": 5e-4,
    "max_steps": 14,
    "min_steps": 1,
    "batch_size": 64,
    "num_draws": 8,
    "max_length": 40,
    "max_completion_length": 16,
    "lora_rank": None,
    "number": 8,
}
# of the held-out scores of the reward model below
MEAN, DEVIATION = 0.5, 2.0
SMALL = SETTINGS | {"batch_size": 8, "num_draws": 4, "max_steps": 5}

Trainer = Callable[[Path, Callable[[str], None]], None]


def run(trainer: Trainer, folder: Path, *, dataset: str = "problems@1", **changes: Any) -> dict[str, Any]:
    """The manifest of a run with a verifier, unless ``changes`` say otherwise."""
    told = {"verifier": VERIFIER, "settings": SETTINGS, "system_text": None} | changes
    trainer(write(folder, dataset, **told), lambda _: None)
    return manifest(folder)


def curve(said: dict[str, Any], name: str) -> list[float]:
    """A figure of each step."""
    return [value for _, value in said["curves"][name]]


def warned(said: dict[str, Any]) -> set[str]:
    """The checks that this run did not pass."""
    return {
        check.name
        for check in model_checks(TRAINERS[said["trainer"]].kind)
        if not check_manifest(check, Manifest.model_validate(said)).passed
    }


def draws(
    folder: Path, problems: Sequence[Problem], count: int, temperature: float = 1.0
) -> list[list[bool]]:
    """Of ``count`` draws for each problem, which are right."""
    verify = verifier(VerifierSettings.model_validate(VERIFIER))
    params = SamplingParams(temperature=temperature, max_tokens=16)
    asked = [
        Request(
            messages=(Message(role="user", content=problem.prompt),), params=params, seed=place, sample=place
        )
        for problem in problems
        for place in range(count)
    ]
    found = dict(TransformersBackend(folder, EngineSettings(batch_size=256), base_of(folder)).complete(asked))
    right = []
    for place in range(len(asked)):
        accepted = verify(found[place].text, problems[place // count].answer).accepted
        right.append(accepted and found[place].finish_reason == "stop")
    return [right[start : start + count] for start in range(0, len(right), count)]


def token_logps(model: Any, prompt: Sequence[int], completion: Sequence[int], temperature: float) -> Any:
    """The log-probability of each token of a completion by transformers, at a temperature."""
    with torch.no_grad():
        logits = model(input_ids=torch.tensor([[*prompt, *completion]])).logits[0].float()
    logps = (logits / temperature).log_softmax(-1)[len(prompt) - 1 : -1]
    return logps.gather(1, torch.tensor(completion)[:, None])[:, 0]


def accuracy(folder: Path, problems: Sequence[Problem], count: int) -> float:
    """The share of right draws at T=1."""
    verdicts = [right for group in draws(folder, problems, count) for right in group]
    return sum(verdicts) / len(verdicts)


def scorer(registry: Registry, source: Path) -> str:
    """A reward model over the model in ``source``, whose head is drawn; its name and version."""
    folder = registry.state.models / "scorer"
    torch.manual_seed(0)
    AutoModelForSequenceClassification.from_pretrained(source, num_labels=1).save_pretrained(folder)
    AutoTokenizer.from_pretrained(source).save_pretrained(folder)
    spread = {"held_out_score_mean": MEAN, "held_out_score_deviation": DEVIATION}
    (folder / "manifest.json").write_text(json.dumps({"metrics": spread}))
    version = registry.commit_model("reward_model", folder, fingerprint(folder), NOTHING)
    return str(registry.record_checks(version, []))
