"""Runs of trainers in a temporary registry: their rows, configs and manifests."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import AutoTokenizer

from datasets_registry.registry import Registry
from datasets_registry.rows.prm import StepLabels
from datasets_registry.rows.rft import GoldSolution, VerifiedPair
from datasets_registry.rows.row import Row
from datasets_registry.version import CheckResult, Derivation
from generation.chat import finished, render, token_ids
from generation.models.folder import fingerprint
from generation.request import Message
from tests.loaded import loaded
from training.running.checkpoints import last_checkpoint
from training.running.run import Work

NOTHING = Derivation(code_version="1", settings={}, inputs=())
SETTINGS = {"learning_rate": 5e-3, "num_epochs": 8, "batch_size": 4, "max_length": 128, "min_steps": 1}


def commit(registry: Registry, row: type[Row], rows: Sequence[Row], *checks: CheckResult) -> str:
    """The rows as a checked version; its reference."""
    return str(registry.record_checks(registry.commit(row, rows, NOTHING), checks))


def as_it_is(registry: Registry, folder: Path) -> str:
    """The model in ``folder`` as it is now, as a passed version; its reference."""
    version = registry.commit_model("base_policy", folder, fingerprint(folder), NOTHING)
    return str(registry.record_checks(version, []))


def write(folder: Path, dataset: str, **changes: Any) -> Path:
    """A run's config file."""
    config = {
        "name": "policy",
        "base": "base_policy@1",
        "dataset": dataset,
        "output": str(folder),
        "settings": SETTINGS,
        "system_text": "Be brief.",
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "run.json"
    path.write_text(json.dumps(config | changes))
    return path


def manifest(folder: Path) -> dict[str, Any]:
    """What the run in ``folder`` says of its model."""
    found: dict[str, Any] = json.loads((folder / "model" / "manifest.json").read_text())
    return found


def answer_log_probability(folder: Path, prompt: str, answer: str) -> float:
    """The mean log-probability, by the model in ``folder``, of the ended answer's tokens."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = loaded(folder)
    asked = Message(role="user", content=prompt)
    start = token_ids(tokenizer, render(tokenizer, [asked], continues=False))
    said = Message(role="assistant", content=answer)
    ids = token_ids(tokenizer, finished(tokenizer, [asked, said]))
    assert ids[: len(start)] == start
    with torch.inference_mode():
        scores = model(torch.tensor([ids])).logits[0, :-1].log_softmax(-1)
    chosen = scores.gather(1, torch.tensor(ids[1:])[:, None])[len(start) - 1 :]
    return float(chosen.mean())


def newest_checkpoint(output: Path) -> Path:
    """The last whole checkpoint of the one run in ``output``."""
    (folder,) = (output / "checkpoints").iterdir()
    return Path(str(last_checkpoint(folder)))


def resumed_to_the_same(work: Work, path: Path) -> bool:
    """Whether a run with checkpoints at each step, cut short, comes to the same weights again."""
    work(path, lambda _: None)
    model = path.parent / "model"
    whole = fingerprint(model)
    shutil.rmtree(model)
    shutil.rmtree(newest_checkpoint(path.parent))
    said: list[str] = []
    work(path, said.append)
    assert any("resumed from checkpoint-" in line for line in said)
    return fingerprint(model) == whole


def gold(prompt: str, completion: str) -> GoldSolution:
    """A written solution."""
    return GoldSolution(
        problem_id=prompt,
        prompt=prompt,
        completion=completion,
        family="sum",
        difficulty=2,
        split_group=prompt,
    )


def verified(number: int, chosen: str, rejected: str, *, group: str | None = None) -> VerifiedPair:
    """A right and a wrong answer to a sum."""
    return VerifiedPair(
        pair_id=f"pair {number}",
        problem_id=f"p{number}",
        prompt=f"{number}+{number}=?",
        chosen=chosen,
        rejected=rejected,
        reward_chosen=1.0,
        reward_rejected=0.0,
        num_tokens_chosen=3,
        num_tokens_rejected=3,
        propensity=None,
        policy="sft_policy",
        split_group=group or f"p{number}",
        chosen_key="k",
        rejected_key="k",
    )


def labelled(
    number: int,
    steps: Sequence[str],
    labels: Sequence[bool | None],
    *,
    group: str | None = None,
    implied: Sequence[bool | None] | None = None,
    soft: Sequence[float | None] | None = None,
    method: str = "exhaustive, 8, above 0.1",
) -> StepLabels:
    """A solution with labels of its steps."""
    num = len(steps)
    found = [None if label is None else float(label) for label in labels] if soft is None else list(soft)
    return StepLabels(
        solution_id=f"s{number}",
        problem_id=f"p{number}",
        prompt=f"{number}=?",
        answer="1",
        family=None,
        difficulty=None,
        split_group=group or f"p{number}",
        completions=list(steps),
        separator="\n",
        splitter="lines",
        labels=list(labels),
        implied=list(implied or [None] * num),
        soft=found,
        low=[None] * num,
        high=[None] * num,
        num_accepted=[0] * num,
        num_rollouts=[0] * num,
        num_failed=[0] * num,
        probed=[label is not None for label in labels],
        stops=[None] * num,
        first_error=None,
        confirmed=None,
        judge_first_error=None,
        consensus=None,
        judge_key=None,
        judge_failure=None,
        method=method,
        accepted=None,
        policy="sft_policy",
        num_tokens=0,
        exhaustive_tokens=0,
        failure=None,
    )
