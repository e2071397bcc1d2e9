"""Batched decoding and choice scoring with a transformers model; finished rows leave the batch."""

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from transformers import DynamicCache

from generation.request import Completion, Request
from generation.sampling import draw_tokens


class _Row:
    """One sequence in the making."""

    def __init__(self, place: int, request: Request, num_prompt_tokens: int) -> None:
        self.place, self.request, self.noise_key = place, request, request.noise_key
        self.num_prompt_tokens = num_prompt_tokens
        self.ids: list[int] = []

    def finished(self, token: int, ends: set[int], tokenizer: Any) -> Completion | None:
        """Take ``token``; the completion if it was the last one."""
        self.ids.append(token)
        if token in ends:
            return self._completion(tokenizer, "stop", self.ids)
        text = self._stopped_text(tokenizer)
        if text is not None:
            return self._completion(tokenizer, "stop", self.ids, text)
        if len(self.ids) == self.request.params.max_tokens:
            return self._completion(tokenizer, "length", self.ids)
        return None

    def _stopped_text(self, tokenizer: Any) -> str | None:
        stops = self.request.params.stop
        if not stops:
            return None
        text = tokenizer.decode(self.ids, skip_special_tokens=True)
        cuts = [text.find(one) for one in stops if one in text]
        return text[: min(cuts)] if cuts else None

    def _completion(
        self, tokenizer: Any, reason: str, ids: Sequence[int], text: str | None = None
    ) -> Completion:
        spoken = tokenizer.decode(ids, skip_special_tokens=True) if text is None else text
        return Completion(
            text=spoken,
            finish_reason="stop" if reason == "stop" else "length",
            num_prompt_tokens=self.num_prompt_tokens,
            num_completion_tokens=len(ids),
        )


def end_tokens(model: Any, tokenizer: Any) -> set[int]:
    """The ids that end a turn, from the tokenizer and the generation config."""
    configured = model.generation_config.eos_token_id
    ends = set(configured if isinstance(configured, list) else [configured])
    return (ends | {tokenizer.eos_token_id}) - {None}


def decode(
    model: Any, tokenizer: Any, requests: Sequence[Request], prompts: Sequence[list[int]]
) -> Iterator[tuple[int, Completion]]:
    """Yield (place in the batch, completion) as rows finish.

    A row's text does not depend on its batch-mates, beyond floating-point ties: its noise comes
    from the request itself, and left padding is masked.
    """
    rows = [
        _Row(place, one, len(ids)) for place, (one, ids) in enumerate(zip(requests, prompts, strict=True))
    ]
    ends = end_tokens(model, tokenizer)
    ids, mask = _left_padded(prompts, model.device)
    cache = DynamicCache(config=model.config)
    step = 0
    while rows:
        with torch.inference_mode():
            logits = _next_logits(model, ids, mask, cache)
            tokens = draw_tokens(
                logits, [row.request.params for row in rows], [row.noise_key for row in rows], step
            )
        kept = []
        for position, (row, token) in enumerate(zip(rows, tokens.tolist(), strict=True)):
            completion = row.finished(token, ends, tokenizer)
            if completion is None:
                kept.append(position)
            else:
                yield row.place, completion
        if len(kept) < len(rows):
            rows = [rows[position] for position in kept]
            keep = torch.tensor(kept, dtype=torch.long, device=model.device)
            tokens, mask = tokens[keep], mask[keep]
            if kept:
                cache.batch_select_indices(keep)
        ids = tokens[:, None]
        mask = torch.cat([mask, mask.new_ones(len(rows), 1)], dim=1)
        step += 1


def _next_logits(model: Any, ids: torch.Tensor, mask: torch.Tensor, cache: Any) -> torch.Tensor:
    positions = (mask.cumsum(-1) - 1).clamp(min=0)[:, -ids.shape[1] :]
    output = model(
        input_ids=ids, attention_mask=mask, position_ids=positions,
        past_key_values=cache, use_cache=True, logits_to_keep=1,
    )  # fmt: skip
    logits: torch.Tensor = output.logits[:, -1]
    return logits


def _left_padded(prompts: Sequence[list[int]], device: Any) -> tuple[torch.Tensor, torch.Tensor]:
    width = max(len(ids) for ids in prompts)
    padded = [[0] * (width - len(ids)) + ids for ids in prompts]
    mask = [[0] * (width - len(ids)) + [1] * len(ids) for ids in prompts]
    return torch.tensor(padded, device=device), torch.tensor(mask, device=device)


def score_choices(model: Any, prompts: Sequence[list[int]], choices: Sequence[int]) -> list[Completion]:
    """The raw probability of each choice token after each prompt; a shared prefix is read once."""
    shared = _shared_prefix(prompts)
    rests = [ids[shared:] for ids in prompts]
    lengths = torch.tensor([len(ids) for ids in rests], device=model.device)
    width = int(lengths.max())
    padded = torch.tensor([ids + [0] * (width - len(ids)) for ids in rests], device=model.device)
    columns = torch.arange(width, device=model.device)
    mask = torch.cat([lengths.new_ones(len(rests), shared), (columns < lengths[:, None]).long()], dim=1)
    cache = DynamicCache(config=model.config)
    with torch.inference_mode():
        if shared:
            prefix = torch.tensor([prompts[0][:shared]], device=model.device)
            model(input_ids=prefix, past_key_values=cache, use_cache=True, logits_to_keep=1)
            cache.batch_repeat_interleave(len(rests))
        hidden = model.base_model(
            input_ids=padded, attention_mask=mask, past_key_values=cache, use_cache=True,
            position_ids=(columns + shared).expand(len(rests), -1),
        ).last_hidden_state  # fmt: skip
        last = hidden[torch.arange(len(rests), device=model.device), lengths - 1]
        probabilities = model.get_output_embeddings()(last).float().softmax(-1)[:, list(choices)]
    return [
        Completion(
            finish_reason="choice",
            num_prompt_tokens=len(ids),
            choice_probabilities=tuple(row),
            outside_probability=max(0.0, 1.0 - sum(row)),
        )
        for ids, row in zip(prompts, probabilities.tolist(), strict=True)
    ]


def _shared_prefix(prompts: Sequence[list[int]]) -> int:
    """How many leading tokens all prompts share, at least one of each being left over."""
    limit = min(len(ids) for ids in prompts) - 1
    for position in range(limit):
        if any(ids[position] != prompts[0][position] for ids in prompts):
            return position
    return limit if len(prompts) > 1 else 0
