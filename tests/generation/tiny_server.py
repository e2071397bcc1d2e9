"""A real model behind the /v1 protocol, with the fields that vLLM adds: the wire must change nothing."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

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
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    backend = TransformersBackend(folder, EngineSettings(batch_size=1))

    def answer(call: Call) -> Answer:
        ids = call.body.get("logprob_token_ids", [])
        ((_, one),) = backend.complete(
            [_request(call.body, tuple(tokenizer.decode([token]) for token in ids))]
        )
        if one.error is not None:
            return refused(400, f"maximum context length: {one.error}")
        # an engine's batch lets go of each as soon as its own tokens are drawn
        return Answer(_reply(one, ids), delay=0.003 * one.num_completion_tokens)

    return answer


def _request(sent: dict[str, Any], choices: tuple[str, ...]) -> Request:
    messages = tuple(Message(**one) for one in sent["messages"])
    assert (messages[-1].role == "assistant") == sent.get("continue_final_message", False)
    assert sent.get("add_generation_prompt", True) != sent.get("continue_final_message", False)
    params = SamplingParams(
        temperature=sent["temperature"],
        top_p=sent["top_p"],
        max_tokens=sent["max_tokens"],
        stop=sent.get("stop", ()),
    )
    return Request(messages=messages, params=params, seed=sent.get("seed", 0), choices=choices)


def _reply(one: Completion, ids: list[int]) -> dict[str, Any]:
    usage = {"prompt_tokens": one.num_prompt_tokens, "completion_tokens": one.num_completion_tokens}
    if not one.choice_probabilities:
        return spoken(one.text, finish=one.finish_reason) | {"usage": usage}
    top = [
        {"token": f"token_id:{token}", "logprob": math.log(probability)}
        for token, probability in zip(ids, one.choice_probabilities, strict=True)
    ]
    # the token drawn need not be a choice
    drawn = {"token": "token_id:0", "logprob": -1.0, "top_logprobs": top}
    return spoken("x", finish="length", logprobs={"content": [drawn]}) | {"usage": usage}
