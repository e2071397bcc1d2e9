"""Online trainers take an engine's samples and log-probabilities; without one they say what is missing."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from assets.preflight.ready import require_ready
from assets.profile.profile import Profile
from datasets_registry.errors import BadInput
from datasets_registry.state import State
from generation.request import SamplingParams
from generation.tokenizer import Tokenizer
from generation.transformers_local.decoding import end_tokens
from generation.vllm_offline.job import Drawn
from tests.training.conftest import Started
from tests.training.online_runs import SMALL, VERIFIER, Trainer, curve, run, token_logps
from tests.training.runs import write
from training.data.prompts import OnlineRun
from training.grpo import grpo
from training.online import trainer
from training.online.sampler import DIFFERENCE, logp_difference, sample_keys
from training.ppo import __main__ as ppo_main
from training.ppo.__main__ import ppo
from training.ppo.samples import sample
from training.rloo import rloo
from training.running import ranks
from training.running.protocols import TrainableModel
from training.settings import sampler as sampler_settings
from training.settings.grpo import GrpoSettings
from training.settings.online import OnlineSettings
from training.settings.sampler import SamplerEngine

BY_ENGINE: dict[str, Any] = {"sampler": "vllm", "lora_rank": 4}
LITTLE = SMALL | BY_ENGINE | {"max_steps": 2}


@dataclass
class Script:
    """What a stand-in for the engine was asked, and by how much its log-probabilities are wrong."""

    error: float = 0.0
    steps: list[int] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)


@dataclass
class ScriptedSampler:
    """Draws by transformers from the policy as it is, in place of an engine."""

    run: OnlineRun
    tokenizer: Tokenizer
    script: Script

    def draw(
        self, model: TrainableModel, prompts: Sequence[list[int]], keys: Sequence[str], step: int
    ) -> list[Drawn]:
        """One sample each; the first one's first token is told to be less probable than it is."""
        self.script.steps.append(step)
        self.script.keys += keys
        was_training = model.training  # type: ignore[attr-defined]
        model.eval()
        params = SamplingParams(temperature=1.0, max_tokens=self.run.settings.max_completion_length)
        tokens = sample(model, prompts, params, keys, end_tokens(model, self.tokenizer))
        pairs = zip(prompts, tokens, strict=True)
        told = [token_logps(model, prompt, ids, 1.0).tolist() for prompt, ids in pairs]
        model.train(was_training)
        told[0][0] -= self.script.error
        return [Drawn(tokens=tuple(ids), logps=tuple(row)) for ids, row in zip(tokens, told, strict=True)]


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Script:
    """The stand-in in place of vLLM in all three trainers."""
    script = Script()

    @contextmanager
    def opened(run: OnlineRun, tokenizer: Tokenizer) -> Iterator[ScriptedSampler]:
        yield ScriptedSampler(run, tokenizer, script)

    monkeypatch.setattr(sampler_settings, "find_spec", lambda _: object())
    for module in (trainer, ppo_main):
        monkeypatch.setattr(module, "open_sampler", opened)
    return script


@pytest.mark.parametrize("kind", [grpo, rloo, ppo])
def test_each_step_samples_from_the_policy_as_it_is(
    started: Started, tmp_path: Path, script: Script, kind: Trainer
) -> None:
    said = run(kind, tmp_path, settings=LITTLE)
    assert script.steps == [0, 1] and len(set(script.keys)) == 16
    # the first step moves the adapter: under the one before, the second would be far off
    assert len(curve(said, DIFFERENCE)) == 2 and max(curve(said, DIFFERENCE)) < 1e-5
    assert said["settings"]["sampler"] == "vllm"


def test_grpo_leaves_out_a_sample_that_the_engine_thought_far_less_probable(
    started: Started, tmp_path: Path, script: Script
) -> None:
    settings = LITTLE | {"max_steps": 1, "warmup_share": 0.0, "beta": 0.0}
    gradients = {}
    for error in (0.0, 0.5, 2.0):
        script.error = error
        said = run(grpo, tmp_path / str(error), settings=settings)
        ratios = said["metrics"]["sampling/importance_sampling_ratio/max"]
        gradients[error] = said["metrics"]["grad_norm"]
        # one sample of eight is off by the error, whatever its length
        assert (curve(said, DIFFERENCE)[0] > 1e-3) == (error > 0)
        assert ratios == pytest.approx({0.0: 1.0, 0.5: 2.718281828**0.5, 2.0: 1.0}[error], abs=1e-3)
        assert (said["metrics"]["sampling/importance_sampling_ratio/min"] == 0) == (error == 2.0)
    assert len({round(norm, 6) for norm in gradients.values()}) >= 2


def test_differences_are_by_token_of_whole_samples() -> None:
    drawn = [Drawn(tokens=(1, 2), logps=(-1.0, -2.0)), Drawn(tokens=(3,), logps=(-1.0,))]
    assert logp_difference([(-3.5, drawn[0]), (-1.0, drawn[1])]) == pytest.approx(0.125)


def test_keys_differ_by_step_process_and_sample_and_come_again(
    started: Started, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from training.running.run import open_run
    from training.settings.run import RunConfig

    path = write(tmp_path, "problems@1", settings=LITTLE, verifier=VERIFIER, system_text=None)
    opened = open_run("grpo", RunConfig[GrpoSettings], path, lambda _: None)
    keys = [*sample_keys(opened, 0, 4), *sample_keys(opened, 1, 4)]
    monkeypatch.setattr(ranks, "number", lambda: 1)
    keys += sample_keys(opened, 0, 4)
    assert len(set(keys)) == 12 and sample_keys(opened, 0, 4) == keys[8:]


def test_the_samplers_engine_fits_the_step_and_is_no_part_of_the_model() -> None:
    engine = SamplerEngine(gpu_memory_utilization=0.4)
    assert engine.settings(128, 768).batch_size == 128 and engine.settings(128, 768).max_model_len == 2048
    assert engine.settings(8, 4096).max_model_len == 4096
    assert engine.settings(8, 768).gpu_memory_utilization == 0.4
    assert SamplerEngine(batch_size=16).settings(128, 768).batch_size == 16


def test_without_vllm_nothing_is_loaded_and_the_sentence_says_what_to_do(
    started: Started, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sampler_settings, "find_spec", lambda _: None)
    for kind in (grpo, rloo, ppo):
        with pytest.raises(
            BadInput, match=r"policy: sampler = 'vllm' needs vLLM, .* run `make vllm`, or take"
        ):
            run(kind, tmp_path, settings=LITTLE)
    assert not (tmp_path / "rows.json").exists()


def test_without_vllm_the_first_asset_of_a_profile_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sampler_settings, "find_spec", lambda _: None)
    training = BY_ENGINE | {"rewards": {"verifier": 0.0, "reward_models": 1.0}}
    policy = {"trainer": "rloo", "base": "lab_policy", "dataset": "asked", "reward_models": ["lab_policy"]}
    models = {"lab_policy": {"model": "lab"}, "learner": policy | {"training": training}}
    with pytest.raises(BadInput, match="learner: sampler = 'vllm' needs vLLM"):
        profile = Profile.model_validate({"description": "", "models": models})
        require_ready(profile, State(tmp_path), {"learner": ("asked", "lab_policy")})
    assert not list(tmp_path.iterdir())


def test_an_adapter_that_is_sharded_cannot_be_served(
    started: Started, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sampler_settings, "find_spec", lambda _: object())
    # as a process of a launch
    for variable in ("LOCAL_RANK", "RANK"):
        monkeypatch.setenv(variable, "0")
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(BadInput, match="strategy 'fsdp' shards it: take strategy = 'ddp'"):
        run(grpo, tmp_path, settings=LITTLE, launch={"processes": 2, "strategy": "fsdp"})


def test_settings_that_no_engine_can_serve_are_refused() -> None:
    with pytest.raises(ValidationError, match="lora_rank = 'none' trains all weights: set lora_rank"):
        OnlineSettings(sampler="vllm", lora_rank=None)
    with pytest.raises(ValidationError, match="less than 1"):
        SamplerEngine(gpu_memory_utilization=1.0)
    content = {"trainer": "sft", "base": "base", "dataset": "rows", "sampler_engine": {}}
    with pytest.raises(ValidationError, match="models.tuned.sampler_engine: sft samples nothing: leave it"):
        Profile.model_validate({"description": "", "models": {"base": {"model": "lab"}, "tuned": content}})
