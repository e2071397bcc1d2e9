"""Online trainers sample by a vLLM engine, which serves the adapter of each step, and resume to the same."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

import pytest
import torch

from datasets_registry.errors import ModelFailed
from datasets_registry.registry import Registry
from datasets_registry.rows.imported import Problem
from datasets_registry.rows.rft import GoldSolution
from datasets_registry.state import REPOSITORY
from generation.models.folder import fingerprint
from generation.transformers_local.decoding import end_tokens
from generation.vllm_offline.job import Drawn, Job
from tests.rows import make
from tests.tiny_model import write_ending_model
from tests.training.conftest import Started, given
from tests.training.online_runs import SETTINGS, SMALL, VERIFIER, Trainer, curve, run, token_logps
from tests.training.runs import NOTHING, commit, gold, manifest, resumed_to_the_same, write
from training.data.rows import prompt_ids, prompt_messages
from training.grpo import grpo
from training.online.draw_engine import DrawEngine
from training.online.sampler import DIFFERENCE, open_sampler, sample_keys
from training.ppo.__main__ import ppo
from training.rloo import rloo
from training.running.protocols import TrainableModel
from training.running.run import Run, open_run
from training.running.trainer import load_model, lora
from training.settings.grpo import GrpoSettings
from training.settings.run import RunConfig
from training.sft import sft

pytestmark = [
    pytest.mark.skipif(find_spec("vllm") is None, reason="vllm is not installed: run `make vllm`"),
    pytest.mark.vllm,
]
BY_ENGINE: dict[str, Any] = {"sampler": "vllm", "lora_rank": 4}
DRAWN: dict[str, Any] = BY_ENGINE | {
    "batch_size": 24,
    "num_draws": 4,
    "max_length": 96,
    "max_completion_length": 16,
    "temperature": 0.8,
}
# nats of a token in float32: sums are taken in another order, and the tiny model has logits of a hundred
TOLERANCE = 1e-3


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let engines use one thread: a model this tiny is not worth two, which fight on a busy machine."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("VLLM_CPU_OMP_THREADS_BIND", "nobind")


def adapted(model: TrainableModel, settings: GrpoSettings) -> TrainableModel:
    """The model under a new adapter."""
    from peft import get_peft_model

    return cast(TrainableModel, get_peft_model(model, lora(settings)).eval())


def take_a_step(model: TrainableModel, seed: int) -> None:
    """Move the adapter as a step of a trainer does, only further."""
    torch.manual_seed(seed)
    with torch.no_grad():
        for key, weight in model.named_parameters():
            if "lora_" in key:
                weight.add_(torch.randn_like(weight) * 0.03)


def furthest(model: TrainableModel, prompts: Sequence[list[int]], drawn: Sequence[Drawn]) -> float:
    """The greatest difference of any token's log-probability by transformers from that of the engine."""
    return max(
        float((token_logps(model, prompt, sample.tokens, 0.8) - torch.tensor(sample.logps)).abs().max())
        for prompt, sample in zip(prompts, drawn, strict=True)
    )


def opened(folder: Path, base: str) -> Run[GrpoSettings]:
    """A run of GRPO that samples by vLLM."""
    settings = SETTINGS | DRAWN
    path = write(folder, "problems@1", settings=settings, base=base, verifier=VERIFIER, system_text=None)
    return open_run("grpo", RunConfig[GrpoSettings], path, lambda _: None)


def check_two_steps(run: Run[GrpoSettings]) -> None:
    """Draw under an adapter, move it, and draw again: the engine's figures are transformers' each time."""
    model, tokenizer = load_model(run)
    policy, ends = adapted(model, run.settings), end_tokens(model, tokenizer)
    rows = [{"prompt": f"Tell me story {number % 6}: q"} for number in range(24)]
    prompts = [prompt_ids(tokenizer, prompt_messages(row, None)) for row in rows]  # type: ignore[arg-type]
    texts, earlier = set(), None
    with open_sampler(run, tokenizer) as sampler:
        assert sampler is not None
        for step in range(2):
            take_a_step(policy, step)
            keys = sample_keys(run, step, len(prompts))
            drawn = sampler.draw(policy, prompts, keys, step)
            assert furthest(policy, prompts, drawn) < TOLERANCE
            assert sampler.draw(policy, prompts, keys, step) == drawn
            texts.add(tuple(sample.tokens for sample in drawn))
            if earlier is not None:
                assert furthest(policy, prompts, earlier) > 0.05
            earlier = drawn
            for sample in drawn:
                is_cut = sample.tokens[-1] not in ends
                assert len(sample.tokens) == 16 if is_cut else not ends.intersection(sample.tokens[:-1])
        assert len(texts) == 2 and len({sample.tokens for sample in drawn}) > 12
    assert not list(run.config.output.glob(".sampled*"))


@pytest.fixture
def ending(registry: Registry) -> Path:
    """A tiny model of a shape that vLLM runs on a CPU as base_policy@1, and problems@1."""
    commit(registry, Problem, [make(Problem, f"q{number}") for number in range(8)])
    return given(registry, write_ending_model(registry.state.models / "ending"))


def test_the_engine_samples_from_the_adapter_of_each_step(ending: Path, tmp_path: Path) -> None:
    check_two_steps(opened(tmp_path / "run", "base_policy@1"))


def test_the_engine_samples_from_an_adapter_over_a_trained_adapter(
    ending: Path, registry: Registry, tmp_path: Path
) -> None:
    rows = [gold(f"{number}+1=?", f"{number}+1={number + 1}") for number in range(8)]
    settings = {"learning_rate": 3e-3, "max_steps": 8, "batch_size": 4, "max_length": 96, "lora_rank": 2}
    sft(write(tmp_path / "sft", commit(registry, GoldSolution, rows), settings=settings), lambda _: None)
    folder = shutil.copytree(tmp_path / "sft" / "model", registry.state.models / "trained")
    version = registry.commit_model("trained", folder, fingerprint(folder), NOTHING)
    check_two_steps(opened(tmp_path / "run", str(registry.record_checks(version, []))))


def resumed(trainer: Trainer, folder: Path, settings: dict[str, Any]) -> dict[str, Any]:
    """The manifest of a run by the engine's samples, which cut short and resumed has the same weights."""
    told = {"verifier": VERIFIER, "system_text": None, "checkpoint_minutes": 0}
    assert resumed_to_the_same(trainer, write(folder, "problems@1", settings=settings, **told))
    said = manifest(folder)
    assert said["settings"]["sampler"] == "vllm" and max(curve(said, DIFFERENCE)) < TOLERANCE
    return said


def test_grpo_learns_from_samples_of_the_engine_and_resumes_to_the_same(
    started: Started, tmp_path: Path
) -> None:
    settings = SETTINGS | BY_ENGINE | {"lora_rank": 16, "learning_rate": 4e-3, "max_steps": 12}
    rewards = curve(resumed(grpo, tmp_path, settings), "reward")
    # 192 draws each: three standard errors of the difference are 0.15
    assert sum(rewards[-3:]) / 3 > sum(rewards[:3]) / 3 + 0.15


def test_rloo_resumes_to_the_same_by_samples_of_the_engine(started: Started, tmp_path: Path) -> None:
    resumed(rloo, tmp_path, SMALL | BY_ENGINE | {"max_steps": 3})


def test_a_run_whose_engine_dies_twice_fails_and_resumes_to_the_same_weights(
    started: Started, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = SMALL | BY_ENGINE | {"max_steps": 4, "num_draws": 2}
    whole = run(ppo, tmp_path / "whole", settings=few)
    asked = DrawEngine._asked

    def killed(engine: DrawEngine, job: Job) -> Sequence[Drawn]:
        if job.adapter and job.adapter.number == 3:
            os.kill(engine.start().pid, signal.SIGKILL)
        return asked(engine, job)

    with monkeypatch.context() as patch:
        patch.setattr(DrawEngine, "_asked", killed)
        with pytest.raises(ModelFailed, match="died twice in one step: its process was killed by signal 9"):
            run(ppo, tmp_path / "broken", settings=few, checkpoint_minutes=0)
    lines: list[str] = []
    ppo(tmp_path / "broken" / "run.json", lines.append)
    assert lines[0] == "policy: resumed from checkpoint-2"
    resumed = manifest(tmp_path / "broken")
    assert resumed["fingerprint"] == whole["fingerprint"] and resumed["curves"] == whole["curves"]
    assert max(curve(resumed, DIFFERENCE)) < TOLERANCE


def test_each_of_two_processes_has_an_engine_of_its_own(started: Started, tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "problems@1",
        settings=SMALL | BY_ENGINE | {"max_steps": 2},
        verifier=VERIFIER,
        system_text=None,
        launch={"processes": 2},
    )
    command = [sys.executable, "-m", "training.launch", "training.grpo", "--config", str(path)]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    said = manifest(tmp_path)
    assert said["processes"] == 2 and max(curve(said, DIFFERENCE)) < TOLERANCE
