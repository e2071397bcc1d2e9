"""A real model behind the Messages API: the wire must change nothing of what it says."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from generation.anthropic_api.backend import AnthropicBackend
from generation.engine import EngineSettings
from generation.request import Message, Request, SamplingParams
from generation.transformers_local.backend import TransformersBackend
from tests.generation.anthropic_api.serving import message, serving, words
from tests.generation.misbehaving_server import Answer, Call


@contextmanager
def served_messages(folder: Path) -> Iterator[AnthropicBackend]:
    """The anthropic backend over a server of the model in ``folder``."""
    with serving(answers_of(folder), folder / "not-here") as (_, backend):
        yield backend


def answers_of(folder: Path) -> Callable[[Call], Answer]:
    """Answers by the model in ``folder``, run in this process; each is drawn anew, as there are no seeds."""
    backend, draws = TransformersBackend(folder, EngineSettings(batch_size=1)), count()

    def answer(call: Call) -> Answer:
        ((_, completion),) = backend.complete([_request(call.body, next(draws))])
        assert completion.error is None
        content = message(
            *([words(completion.text)] if completion.text else []),
            stop="max_tokens" if completion.finish_reason == "length" else "end_turn",
            usage={
                "input_tokens": completion.num_prompt_tokens,
                "output_tokens": completion.num_completion_tokens,
            },
        )
        # an engine's batch lets go of each as soon as its own tokens are drawn
        return Answer(content, delay=0.003 * completion.num_completion_tokens)

    return answer


def _request(sent: dict[str, Any], draw: int) -> Request:
    params = SamplingParams(
        temperature=sent.get("temperature", 1.0),
        top_p=sent.get("top_p", 1.0),
        max_tokens=sent["max_tokens"],
        stop=tuple(sent.get("stop_sequences", ())),
    )
    return Request(messages=tuple(Message(**turn) for turn in sent["messages"]), params=params, sample=draw)
