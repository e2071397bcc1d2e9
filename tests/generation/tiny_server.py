"""A real model behind the /v1 protocol, with the fields that vLLM adds: the wire must change nothing."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from generation.engine import EngineSettings
from generation.openai_server.backend import OpenAIBackend
from generation.request import Completion, Message, Request, SamplingParams
from generation.transformers_local.backend import TransformersBackend
from tests.generation.misbehaving_server import Answer, Call, MisbehavingServer, refused, spoken


@contextmanager
def served(folder: Path) -> Iterator[OpenAIBackend]:
    """The openai backend over a server of the model in ``folder``."""
    with MisbehavingServer(answers_of(folder)) as server:
        yield OpenAIBackend(folder, EngineSettings(base_url=server.url))


def answers_of(folder: Path) -> Callable[[Call], Answer]:
    """Answers by the model in ``folder``, run in this process."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    backend = TransformersBackend(folder, EngineSettings(batch_size=1))

    def answer(call: Call) -> Answer:
        if call.path.endswith("/v1/completions"):
            return _echoed(model, call.body)
        ids = call.body.get("logprob_token_ids", [])
        ((_, completion),) = backend.complete(
            [_request(call.body, tuple(tokenizer.decode([token]) for token in ids))]
        )
        if completion.error is not None:
            return refused(400, f"maximum context length: {completion.error}")
        # an engine's batch lets go of each as soon as its own tokens are drawn
        return Answer(_reply(completion, ids), delay=0.003 * completion.num_completion_tokens)

    return answer


def _echoed(model: Any, sent: dict[str, Any]) -> Answer:
    """What was read and one more token, each with its log-probability and that of the most probable one."""
    assert sent["echo"] and sent["logprobs"] == 1 and sent["max_tokens"] == 1
    ids = sent["prompt"]
    if len(ids) > model.config.max_position_embeddings:
        return refused(400, f"maximum context length is {model.config.max_position_embeddings} tokens")
    with torch.inference_mode():
        logprobs = model(torch.tensor([ids])).logits[0].double().log_softmax(-1)
    best = logprobs.argmax(-1).tolist()
    read = [*ids[1:], best[-1]]
    tops = [
        {f"token_id:{token}": float(row[token]) for token in {given, top}}
        for row, given, top in zip(logprobs, read, best, strict=True)
    ]
    own = [top[f"token_id:{token}"] for top, token in zip(tops, read, strict=True)]
    fields = {"token_logprobs": [None, *own], "top_logprobs": [None, *tops]}
    usage = {"prompt_tokens": len(ids), "completion_tokens": 1}
    return Answer({"choices": [{"index": 0, "text": "", "logprobs": fields}], "usage": usage})


def _request(sent: dict[str, Any], choices: tuple[str, ...]) -> Request:
    messages = tuple(Message(**message) for message in sent["messages"])
    assert (messages[-1].role == "assistant") == sent.get("continue_final_message", False)
    assert sent.get("add_generation_prompt", True) != sent.get("continue_final_message", False)
    params = SamplingParams(
        temperature=sent["temperature"],
        top_p=sent["top_p"],
        max_tokens=sent["max_tokens"],
        stop=sent.get("stop", ()),
    )
    return Request(messages=messages, params=params, seed=sent.get("seed", 0), choices=choices)


def _reply(completion: Completion, ids: list[int]) -> dict[str, Any]:
    usage = {
        "prompt_tokens": completion.num_prompt_tokens,
        "completion_tokens": completion.num_completion_tokens,
    }
    if not completion.choice_probabilities:
        return spoken(completion.text, finish=completion.finish_reason) | {"usage": usage}
    top = [
        {"token": f"token_id:{token}", "logprob": math.log(probability)}
        for token, probability in zip(ids, completion.choice_probabilities, strict=True)
    ]
    # the token drawn need not be a choice
    drawn = {"token": "token_id:0", "logprob": -1.0, "top_logprobs": top}
    return spoken("x", finish="length", logprobs={"content": [drawn]}) | {"usage": usage}
