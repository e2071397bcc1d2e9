"""The models of a PPO run: the policy, the critic, and the reference that the policy is held to."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

import torch

from datasets_registry.errors import BadInput
from generation.language_model import Classifier
from generation.request import SamplingParams
from generation.scoring.ensembles import Scale, read_scale
from generation.templates.opening import read_tokenizer
from generation.tokenizer import Tokenizer
from generation.transformers_local.decoding import end_tokens
from generation.vllm_offline.job import Drawn
from training.online.sampler import EngineSampler
from training.ppo.samples import Samples, fuse_head, log_probabilities, sample, side_by_side
from training.running.card import in_bfloat16, recomputes_activations
from training.running.movement import train_in_float32
from training.running.protocols import AdaptedModel, TrainableModel
from training.running.run import AnyRun, Run
from training.running.trainer import load_weights, lora, require_start
from training.settings.ppo import PpoSettings


@dataclass
class Models:
    """``frozen`` is the base once more where all weights are trained; else the adapter is switched off.

    No model has dropout, which would make the policy another one at each pass (Huang et al. 2024, detail 12).
    While they learn, backward passes may make activations once more.
    """

    policy: TrainableModel
    critic: TrainableModel
    frozen: TrainableModel | None
    tokenizer: Tokenizer
    params: SamplingParams
    bfloat16: bool
    # the samples that a pass takes at once
    size: int = 32
    engine: EngineSampler | None = None

    @property
    def device(self) -> torch.device:
        """The device of all of them."""
        return self.policy.device

    @property
    def ends(self) -> set[int]:
        """The tokens that end a sample."""
        return end_tokens(self.policy, self.tokenizer)

    def sample(
        self, prompts: Sequence[list[int]], keys: Sequence[str], iteration: int
    ) -> tuple[list[list[int]], Sequence[Drawn]]:
        """One completion of the policy for each prompt, and where an engine drew them all it says of them."""
        if self.engine is not None:
            drawn = self.engine.draw(self.policy, prompts, keys, iteration)
            return [list(one.tokens) for one in drawn], drawn
        completions: list[list[int]] = []
        with self._precision():
            for start in range(0, len(prompts), self.size):
                some = slice(start, start + self.size)
                completions += sample(self.policy, prompts[some], self.params, keys[some], self.ends)
        return completions, ()

    def side_by_side(self, prompts: Sequence[list[int]], completions: Sequence[list[int]]) -> Samples:
        """The samples as one batch."""
        return side_by_side(prompts, completions, self.tokenizer.pad_token_id or 0, self.device)

    def logps(self, samples: Samples) -> tuple[torch.Tensor, torch.Tensor]:
        """Log-probabilities by the policy, and its entropies."""
        with self._precision():
            return log_probabilities(self.policy, samples)

    def reference_logps(self, samples: Samples) -> torch.Tensor:
        """Log-probabilities by the reference."""
        with self._precision(), self._without_adapter():
            return log_probabilities(self.frozen or self.policy, samples)[0]

    def values(self, samples: Samples) -> torch.Tensor:
        """The critic's value before each token."""
        with self._precision():
            return values(self.critic, samples)

    @contextmanager
    def learning(self) -> Iterator[None]:
        """Let backward passes make activations once more within, as transformers does in training mode."""
        for model in (self.policy, self.critic):
            model.train()
        try:
            yield
        finally:
            for model in (self.policy, self.critic):
                model.eval()

    def _without_adapter(self) -> AbstractContextManager[object]:
        return nullcontext() if self.frozen else cast(AdaptedModel, self.policy).disable_adapter()

    def _precision(self) -> AbstractContextManager[object]:
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.bfloat16)


def load_models(run: Run[PpoSettings], tokenizer: Tokenizer, engine: EngineSampler | None = None) -> Models:
    """All of them, from the base; the critic from the first reward model where the settings say so.

    Raises BadInput where that reward model reads other tokens than the policy writes, and as
    ``require_start`` does.
    """
    require_start(run)
    settings = run.settings
    device = "cuda" if torch.cuda.is_available() else "cpu"
    policy = _with_adapter(run, _load_policy(run), "CAUSAL_LM")
    frozen = None if settings.lora_rank is not None else _load_policy(run)
    critic = load_critic(run, tokenizer)
    params = SamplingParams(temperature=settings.temperature, max_tokens=settings.max_completion_length)
    for model in (policy, critic, frozen):
        if model is not None:
            without_dropout(model.to(device).eval())
    if recomputes_activations():
        for model in (policy, critic):
            recompute_activations(model)
    size = run.micro_batch.size
    return Models(policy, critic, frozen, tokenizer, params, in_bfloat16(settings), size, engine)


def _load_policy(run: Run[PpoSettings]) -> TrainableModel:
    model = load_weights(run, run.base_folder, "AutoModelForCausalLM")
    fuse_head(model, run.settings.temperature)
    return model


def without_dropout(model: TrainableModel) -> TrainableModel:
    """Set every share that the model drops to 0, so that training mode computes what evaluation does."""
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
        for share in [name for name, value in vars(module).items() if isinstance(value, float)]:
            if "drop" in share:
                setattr(module, share, 0.0)
    return model


def recompute_activations(model: TrainableModel) -> None:
    """In training mode keep only the states between layers, and make the rest again (Chen et al. 2016)."""
    model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})


def load_critic(run: Run[PpoSettings], tokenizer: Tokenizer) -> TrainableModel:
    """A sequence classifier with one output, to be trained as the policy is: as an adapter or whole.

    Over the base, its head is new and all zeros, so that no state has a value until it is learned (the
    code of Ziegler et al. 2019). Over the first reward model (Ouyang et al. 2022, section 3.5), the head
    gives that model's score on the scale and by the weight that it has in the reward. Raises BadInput where
    the reward model reads other tokens than the policy writes.
    """
    settings = run.settings
    is_scorer = settings.critic == "reward_model"
    folder = run.registry.folder(run.reward_models[0]) if is_scorer else run.base_folder
    _require_same_tokens(run, folder, tokenizer)
    critic = load_weights(run, folder, "AutoModelForSequenceClassification", num_labels=1)
    headed = cast(_Headed, critic)
    scale = read_scale(folder) if is_scorer else None
    headed.score = _head(headed.score, scale, settings.rewards.reward_models)
    return _with_adapter(run, critic, "SEQ_CLS")


def _with_adapter(run: AnyRun, model: TrainableModel, task: str) -> TrainableModel:
    adapter = lora(run.settings, task)
    if adapter is None:
        return model
    from peft import get_peft_model

    adapted: TrainableModel = get_peft_model(model, adapter)
    train_in_float32(run, adapted)
    return adapted


class _Headed(Protocol):
    """A sequence classifier, by its head."""

    score: torch.nn.Linear


def _head(score: torch.nn.Linear, scale: Scale | None, weight: float) -> torch.nn.Linear:
    """A head with a bias, in float32, since it is trained whole also beside an adapter."""
    head = torch.nn.Linear(score.in_features, 1)
    with torch.no_grad():
        if scale is None:
            head.weight.zero_()
            head.bias.zero_()
        else:
            head.weight.copy_(score.weight * (weight / scale.deviation))
            head.bias.fill_(-scale.mean * weight / scale.deviation)
    return head


def _require_same_tokens(run: AnyRun, folder: Path, tokenizer: Tokenizer) -> None:
    """Raise BadInput unless the model in ``folder`` has the policy's token ids."""
    if read_tokenizer(folder).get_vocab() != tokenizer.get_vocab():
        raise BadInput(
            f"the critic cannot start from the reward model, whose vocabulary is not that of {run.base}: "
            "take critic = 'base', or a reward model of the same family"
        )


def values(critic: TrainableModel, samples: Samples) -> torch.Tensor:
    """The rewards to come before each sampled token, by ``critic`` (samples × longest completion).

    The value stands at the token before, so the first one is that of the prompt. ``critic`` is a sequence
    classifier with one output, or an adapter on one.
    """
    is_adapted = hasattr(critic, "get_base_model")
    inner = cast(Classifier, cast(AdaptedModel, critic).get_base_model() if is_adapted else critic)
    hidden = inner.base_model(**samples.inputs).last_hidden_state
    return inner.score(hidden[:, samples.begins - 1 : -1])[..., 0].float()
