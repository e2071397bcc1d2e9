"""A real model behind a loopback server: the wire must change nothing."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import torch

from datasets_registry.hashing import derive_seed
from generation.engine import EngineSettings
from generation.loopback.completions import Likelihood, Scored
from generation.loopback.dialects import VLLM, Dialect
from generation.loopback.refusals import Refused
from generation.loopback.script import Asked, Said, Script
from generation.loopback.server import LoopbackServer
from generation.openai_server.backend import OpenAIBackend
from generation.request import Message, Request, SamplingParams
from generation.transformers_local.backend import TransformersBackend


@contextmanager
def served(folder: Path, dialect: Dialect = VLLM) -> Iterator[OpenAIBackend]:
    """The openai backend over a server of the model in ``folder``."""
    with LoopbackServer(dialect, script_of(folder), likelihood=likelihood_of(folder)) as server:
        yield OpenAIBackend(folder, EngineSettings(base_url=server.url))


def serving(dialect: Dialect) -> Callable[[Path], AbstractContextManager[OpenAIBackend]]:
    """How to open the openai backend over a server of that dialect."""
    return lambda folder: served(folder, dialect)


def script_of(folder: Path) -> Script:
    """What the model in ``folder`` says, run in this process."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    backend = TransformersBackend(folder, EngineSettings(batch_size=1))

    def script(asked: Asked) -> Said:
        choices = tuple(tokenizer.decode([token]) for token in asked.choice_ids)
        ((_, completion),) = backend.complete([_request(asked, choices)])
        if completion.error is not None:
            raise Refused(400, f"maximum context length: {completion.error}")
        shares = zip(asked.choice_ids, completion.choice_probabilities or (), strict=True)
        return Said(
            completion.text,
            ended="stop" if completion.finish_reason == "stop" else "length",
            probabilities=dict(shares),
            num_prompt_tokens=completion.num_prompt_tokens,
            num_tokens=completion.num_completion_tokens,
            # an engine's batch lets go of each as soon as its own tokens are drawn
            seconds=0.003 * completion.num_completion_tokens,
        )

    return script


def _request(asked: Asked, choices: tuple[str, ...]) -> Request:
    messages = tuple(Message.model_validate(vars(turn)) for turn in asked.turns)
    assert (messages[-1].role == "assistant") == asked.begun
    params = SamplingParams(
        temperature=asked.temperature, top_p=asked.top_p, max_tokens=asked.max_tokens or 16, stop=asked.stop
    )
    seed = derive_seed(asked.noise) if asked.seed is None else asked.seed
    return Request(messages=messages, params=params, seed=seed, choices=choices)


def likelihood_of(folder: Path) -> Likelihood:
    """What the model in ``folder`` makes of given tokens."""
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()

    def likelihood(ids: Sequence[int]) -> list[Scored]:
        if len(ids) > model.config.max_position_embeddings:
            most = model.config.max_position_embeddings
            raise Refused(400, f"maximum context length is {most} tokens")
        with torch.inference_mode():
            logprobs = model(torch.tensor([list(ids)])).logits[0].double().log_softmax(-1)
        best = logprobs.argmax(-1).tolist()
        read = [*ids[1:], best[-1]]
        return [
            (float(row[token]), top, float(row[top]))
            for row, token, top in zip(logprobs, read, best, strict=True)
        ]

    return likelihood
