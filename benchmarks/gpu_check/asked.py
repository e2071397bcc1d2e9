"""What engines are asked in a check, and what a model answers when it is read in float32."""

import random
from collections.abc import Sequence
from math import sqrt
from pathlib import Path

from benchmarks.gpu_check.models import device
from benchmarks.gpu_check.rows import words
from benchmarks.gpu_check.sizes import Size
from generation.request import Backend, Completion, Message, Request, SamplingParams

LETTERS = (" A", " B")


def judged(number: int, length: int) -> list[Request]:
    """Choices between two letters after prompts of about ``length`` characters that share nothing."""
    return [Request(messages=(_said(place, length),), choices=LETTERS) for place in range(number)]


def likelihoods(number: int, length: int) -> list[Request]:
    """Given continuations of 48 characters, whose log-probability is wanted."""
    return [
        Request(messages=(_said(place, length),), continuation=words(random.Random(-place), 48))
        for place in range(number)
    ]


def drawn(size: Size) -> list[Request]:
    """Samples at T = 1, each of another prompt."""
    params = SamplingParams(temperature=1.0, max_tokens=size.new_tokens)
    return [
        Request(messages=(_said(place, 64),), params=params, seed=place, sample=place)
        for place in range(size.requests)
    ]


def _said(place: int, length: int) -> Message:
    return Message(role="user", content=f"{place} {words(random.Random(place), length)}")


def answers(backend: Backend, requests: Sequence[Request]) -> list[Completion]:
    """The completions in the order of the requests."""
    found = dict(backend.complete(requests))
    return [found[place] for place in range(len(requests))]


def logprobs(completions: Sequence[Completion]) -> list[float]:
    """The log-probabilities of given continuations; raises ValueError for one that has none."""
    found = [completion.continuation_logprob for completion in completions]
    if None in found:
        raise ValueError(f"no log-probability: {completions[found.index(None)]}")
    return [logprob for logprob in found if logprob is not None]


def in_float32(folder: Path, base: Path | None, requests: Sequence[Request]) -> list[float]:
    """The log-probabilities by the model in ``folder``, as an adapter over ``base`` or whole, in float32."""
    import torch
    from transformers import AutoTokenizer

    from generation.models.loading import load
    from generation.prompts import Prompt, PromptReader
    from generation.transformers_local.likelihood import score_continuations

    model = load("AutoModelForCausalLM", folder, base, torch.float32).to(device()).eval()
    reader = PromptReader(AutoTokenizer.from_pretrained(folder, trust_remote_code=False))
    prompts = [prompt for request in requests if isinstance(prompt := reader.read(request), Prompt)]
    return logprobs([completion for _, completion in score_continuations(model, prompts)])


def kept_share(base: Sequence[float], trained: Sequence[float], served: Sequence[float]) -> float:
    """The share of an update that is served: 1 less the error's size over the update's, both in outputs."""
    update = sqrt(sum((after - before) ** 2 for before, after in zip(base, trained, strict=True)))
    error = sqrt(sum((got - wanted) ** 2 for wanted, got in zip(trained, served, strict=True)))
    return 1 - error / update
