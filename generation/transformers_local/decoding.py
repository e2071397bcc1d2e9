"""Batched decoding and choice scoring with a transformers model; finished rows leave the batch."""

from collections.abc import Iterator, Sequence

import torch

from generation.language_model import LanguageModel
from generation.request import Completion, Request
from generation.tokenizer import Tokenizer
from generation.transformers_local.prefill import Read, read
from generation.transformers_local.sampling import Sampler

_LEAVING = 8


class _Row:
    """One sequence in the making."""

    def __init__(self, index: int, request: Request, num_prompt_tokens: int, num_cached_tokens: int) -> None:
        self.index, self.params = index, request.params
        self.num_prompt_tokens, self.num_cached_tokens = num_prompt_tokens, num_cached_tokens
        self.ids: list[int] = []
        longest = max((len(stop.encode()) for stop in request.params.stop), default=0)
        # a token has at least one byte: a stop string that ends here began no earlier
        self._reach = longest + 8

    def take(self, token: int, ends: set[int], tokenizer: Tokenizer) -> Completion | None:
        """Take ``token``; the completion if it was the last one."""
        self.ids.append(token)
        if token in ends:
            return self._completion("stop", _text(tokenizer, self.ids))
        text = self._stopped_text(tokenizer) if self.params.stop else None
        if text is not None:
            return self._completion("stop", text)
        if len(self.ids) == self.params.max_tokens:
            return self._completion("length", _text(tokenizer, self.ids))
        return None

    def _stopped_text(self, tokenizer: Tokenizer) -> str | None:
        tail = _text(tokenizer, self.ids[-self._reach :])
        if not any(stop in tail for stop in self.params.stop):
            return None
        text = _text(tokenizer, self.ids)
        cuts = [text.index(stop) for stop in self.params.stop if stop in text]
        return text[: min(cuts)] if cuts else None

    def _completion(self, reason: str, text: str) -> Completion:
        return Completion(
            text=text,
            finish_reason="stop" if reason == "stop" else "length",
            num_prompt_tokens=self.num_prompt_tokens,
            num_cached_tokens=self.num_cached_tokens,
            num_completion_tokens=len(self.ids),
        )


def _text(tokenizer: Tokenizer, ids: Sequence[int]) -> str:
    return tokenizer.decode(ids, skip_special_tokens=True)


def end_tokens(model: LanguageModel, tokenizer: Tokenizer) -> set[int]:
    """The ids that end a turn, from the tokenizer and the generation config."""
    configured = model.generation_config.eos_token_id
    ends = [*(configured if isinstance(configured, list) else [configured]), tokenizer.eos_token_id]
    return {token for token in ends if token is not None}


@torch.inference_mode()
def _next_tokens(
    model: LanguageModel, state: Read, sampler: Sampler, step: int, tokens: torch.Tensor | None
) -> torch.Tensor:
    if tokens is not None:
        state.step(model, tokens)
    return sampler.draw(state.logits, step)


def decode(
    model: LanguageModel, tokenizer: Tokenizer, requests: Sequence[Request], prompts: Sequence[list[int]]
) -> Iterator[tuple[int, Completion]]:
    """Yield (index in the batch, completion) as rows finish.

    A row's text does not depend on its batch-mates, beyond floating-point ties: its noise comes
    from the request itself, and padding is masked; but sums are taken in another order in another
    batch, so two tokens that are equal to the last bits may change places.
    """
    with torch.inference_mode():
        state = read(model, prompts)
    rows: list[_Row | None] = [
        _Row(index, request, len(ids), cached)
        for index, (request, ids, cached) in enumerate(zip(requests, prompts, state.num_cached, strict=True))
    ]
    sampler = Sampler(
        [request.params for request in requests], [request.noise_key for request in requests], model.device
    )
    ends = end_tokens(model, tokenizer)
    tokens = None
    step = 0
    while any(rows):
        tokens = _next_tokens(model, state, sampler, step, tokens)
        for position, token in enumerate(tokens.tolist()):
            row = rows[position]
            completion = row.take(token, ends, tokenizer) if row else None
            if row and completion:
                rows[position] = None
                yield row.index, completion
        staying = [position for position, row in enumerate(rows) if row]
        # leaving copies the cache, so it waits until an eighth has finished
        if staying and len(rows) - len(staying) >= max(1, len(rows) // _LEAVING):
            rows_kept = torch.tensor(staying, device=model.device)
            with torch.inference_mode():
                state.keep(rows_kept)
                sampler.keep(staying)
                tokens = tokens[rows_kept]
            rows = [rows[position] for position in staying]
        step += 1


@torch.inference_mode()
def score_choices(
    model: LanguageModel, prompts: Sequence[list[int]], choices: Sequence[int]
) -> list[Completion]:
    """The raw probability of each choice token after each prompt; a shared prefix is read once."""
    state = read(model, prompts)
    probabilities = state.logits.float().softmax(-1)[:, list(choices)].double()
    return [
        Completion(
            finish_reason="choice",
            num_prompt_tokens=len(ids),
            num_cached_tokens=cached,
            choice_probabilities=tuple(row),
            outside_probability=max(0.0, 1.0 - sum(row)),
        )
        for ids, cached, row in zip(prompts, state.num_cached, probabilities.tolist(), strict=True)
    ]
