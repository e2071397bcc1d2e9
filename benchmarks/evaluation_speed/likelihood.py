"""The likelihood of given texts against plain forward passes over the same batches, all texts once."""

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import torch

from benchmarks.sides.figure import Figure, at_most
from benchmarks.sides.process import smollm2
from generation.engine import BATCH_SIZE, EngineSettings
from generation.language_model import LanguageModel
from generation.models.loading import load
from generation.prompts import Prompt, PromptReader
from generation.request import Message, Request, SamplingParams
from generation.scoring.padding import padded_ids
from generation.transformers_local.backend import TransformersBackend
from methods.evaluation.suites.capability import items

NUM_TEXTS, QUICK_TEXTS = 1000, 64
# texts that are timed in one go, the plain way and ours by turns, as the machine's speed changes
CHUNK = 128
GOAL = 1.1
_SCORED = SamplingParams(temperature=0.0, max_tokens=1)
_OPENINGS = ("", "Please answer as well as you can.\n\n", "A pupil in the first row asks the class:\n\n")


def likelihood(quick: bool) -> list[Figure]:
    """SmolLM2's likelihoods of choices of our questions."""
    return compared(smollm2(), requests(QUICK_TEXTS if quick else NUM_TEXTS))


def compared(folder: Path, texts: Sequence[Request]) -> list[Figure]:
    """CPU time of likelihoods over that of plain forward passes, and how far their sums are apart at most."""
    backend = TransformersBackend(folder, EngineSettings())
    plain = load("AutoModelForCausalLM", folder, None, torch.float32).eval()
    _ours(backend, texts[:BATCH_SIZE])
    ours, theirs, apart = list[float](), list[float](), 0.0
    for chunk in _chunks(texts):
        expected, seconds = _timed(partial(_plain, plain, _ordered(backend, chunk)))
        theirs.append(seconds)
        given, seconds = _timed(partial(_ours, backend, chunk))
        ours.append(seconds)
        apart = max(apart, *(abs(given[place] - value) for place, value in expected.items()))
    backend.close()
    return [_ratio(len(texts), ours, theirs), at_most("largest difference of a sum", apart, "nats", 0.01)]


def _ratio(number: int, ours: Sequence[float], theirs: Sequence[float]) -> Figure:
    """Of all chunks together, with the least and the greatest of any chunk."""
    ratios = [mine / other for mine, other in zip(ours, theirs, strict=True)]
    name = f"likelihood of {number} texts / plain forward pass, CPU time"
    figure = at_most(name, sum(ours) / sum(theirs), "ratio", GOAL)
    return figure.model_copy(update={"interval": (min(ratios), max(ratios))})


def requests(number: int) -> list[Request]:
    """Choices of our questions, each with several openings, so that prompts differ in length."""
    return [
        Request(
            messages=(Message(role="user", content=opening + item.messages[-1].content),),
            params=_SCORED,
            continuation=choice,
        )
        for opening in _OPENINGS
        for item in items()
        for choice in item.choices
    ][:number]


def _chunks(requests: Sequence[Request]) -> Iterator[Sequence[Request]]:
    for start in range(0, len(requests), CHUNK):
        yield requests[start : start + CHUNK]


def _ordered(backend: TransformersBackend, requests: Sequence[Request]) -> list[tuple[int, Prompt]]:
    """The requests' tokens with their places, in the order in which the backend batches them."""
    reader = PromptReader(backend.prompts.tokenizer)
    prompts = [(place, reader.read(request)) for place, request in enumerate(requests)]
    read = [(place, prompt) for place, prompt in prompts if isinstance(prompt, Prompt)]
    return sorted(read, key=lambda item: (-len(item[1].ids), item[1].ids, item[0]))


def _ours(backend: TransformersBackend, requests: Sequence[Request]) -> dict[int, float]:
    return {place: done.continuation_logprob or 0.0 for place, done in backend.complete(requests)}


@torch.inference_mode()
def _plain(model: LanguageModel, prompts: Sequence[tuple[int, Prompt]]) -> dict[int, float]:
    """Whole texts padded at the right, all logits, and the log probabilities of the last tokens."""
    sums: dict[int, float] = {}
    for start in range(0, len(prompts), BATCH_SIZE):
        batch = prompts[start : start + BATCH_SIZE]
        logits = model(**padded_ids([prompt.read for _, prompt in batch], 0), use_cache=False).logits
        for (place, prompt), row in zip(batch, logits, strict=True):
            before, end = len(prompt.ids) - 1, len(prompt.read) - 1
            tokens = torch.tensor(prompt.continuation)[:, None]
            sums[place] = float(row[before:end].log_softmax(-1).gather(-1, tokens).sum())
    return sums


def _timed(measured: Callable[[], dict[int, float]]) -> tuple[dict[int, float], float]:
    start = time.process_time()
    return measured(), time.process_time() - start
