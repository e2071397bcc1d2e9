"""Models whose answers are known: what the conformance suite holds a backend against."""

from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import torch

from generation.chat import prompt_ids
from generation.request import Message, Request, SamplingParams


def ask(
    *turns: str,
    seed: int = 0,
    sample: int = 0,
    choices: tuple[str, ...] = (),
    continuation: str | None = None,
    **params: object,
) -> Request:
    """A request of user and assistant turns by turns, the user first."""
    roles = ("user", "assistant")
    return Request(
        messages=tuple(
            Message.model_validate({"role": roles[place % 2], "content": text})
            for place, text in enumerate(turns)
        ),
        params=SamplingParams.model_validate({"max_tokens": 12, **params}),
        seed=seed,
        sample=sample,
        choices=choices,
        continuation=continuation,
    )


class Likelihood(NamedTuple):
    """What a model says of a given text: the sum of its tokens' log-probabilities, how many, all greedy."""

    logprob: float
    num_tokens: int
    greedy: bool


@dataclass(frozen=True)
class KnownModel:
    """A model folder, and turns after which it is known what comes."""

    folder: Path
    ends: tuple[str, ...]
    """Turns whose greedy continuation is ``says``, and then the end of the turn."""
    says: str
    empty: tuple[str, ...]
    """Turns after which the model ends its turn at once."""
    unicode: tuple[str, ...]
    """Turns whose greedy continuation is not ASCII."""

    def ids(self, request: Request) -> list[int]:
        """The request's prompt as token ids."""
        return prompt_ids(_loaded(self.folder)[1], request)

    def num_tokens(self, text: str) -> int:
        """How many tokens a text is."""
        return len(_loaded(self.folder)[1](text, add_special_tokens=False)["input_ids"])

    def next_token(self, request: Request, temperature: float = 1.0) -> dict[str, float]:
        """The model's own next-token distribution, by the token's text."""
        tokenizer = _loaded(self.folder)[1]
        logits = _logits(self.folder, tuple(self.ids(request))).double()
        found: dict[str, float] = {}
        for token, probability in enumerate((logits / temperature).softmax(-1).tolist()):
            text = tokenizer.decode([token], skip_special_tokens=True)
            found[text] = found.get(text, 0.0) + probability
        return found

    def likelihood(self, request: Request) -> Likelihood:
        """How probable the request's continuation is, token by token, by the plainest loop there is."""
        tokenizer = _loaded(self.folder)[1]
        ids, logprob, greedy = self.ids(request), 0.0, True
        tokens = tokenizer(request.continuation, add_special_tokens=False)["input_ids"]
        for token in tokens:
            logits = _logits(self.folder, tuple(ids)).double()
            logprob += float(logits.log_softmax(-1)[token])
            greedy = greedy and int(logits.argmax()) == token
            ids.append(token)
        return Likelihood(logprob, len(tokens), greedy)

    def greedy(self, request: Request) -> str:
        """The most probable continuation, token by token, by the plainest loop there is."""
        tokenizer = _loaded(self.folder)[1]
        ids = self.ids(request)
        start = len(ids)
        while len(ids) < start + request.params.max_tokens:
            token = int(_logits(self.folder, tuple(ids)).argmax())
            if token == tokenizer.eos_token_id:
                break
            ids.append(token)
        return str(tokenizer.decode(ids[start:], skip_special_tokens=True))


# backends are asked the same
@lru_cache(maxsize=256)
def _logits(folder: Path, ids: tuple[int, ...]) -> torch.Tensor:
    """Of the token that follows."""
    with torch.inference_mode():
        logits: torch.Tensor = _loaded(folder)[0](torch.tensor([ids])).logits[0, -1].clone()
    return logits


@cache
def _loaded(folder: Path) -> tuple[Any, Any]:
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    return model.eval(), AutoTokenizer.from_pretrained(folder)


def ending(folder: Path) -> KnownModel:
    """What is known of the tiny model of ``write_ending_model``."""
    return KnownModel(
        folder,
        ends=("go on", "now q"),
        says="🌍!",
        empty=("go on", "that was all!"),
        unicode=("go on", "now q"),
    )


def smollm2(folder: Path) -> KnownModel:
    """What is known of SmolLM2-135M-Instruct."""
    question = "What is the capital of France?"
    return KnownModel(
        folder,
        ends=(question, "The capital of France is"),
        says=" Paris.",
        empty=(question, "The capital of France is Paris."),
        unicode=("How is coffee called in French?", 'In French it is called "caf'),
    )
