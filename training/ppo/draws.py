"""Draws of a policy as token ids, side by side with their prompts, and what the policy thinks of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from datasets_registry.errors import ModelFailed
from generation.request import SamplingParams
from generation.scoring.padding import right_padded
from generation.transformers_local.prefill import read
from generation.transformers_local.sampling import Sampler

_LEAVING = 8


@dataclass(frozen=True)
class Draws:
    """Prompts padded on the left and completions on the right: all completions begin at column ``begins``.

    What is padding ``attention_mask`` alone says, since the padding token may end turns too.
    """

    input_ids: torch.Tensor
    attention_mask: torch.Tensor
    begins: int

    @property
    def mask(self) -> torch.Tensor:
        """1 at the tokens that were drawn (draws × longest completion)."""
        return self.attention_mask[:, self.begins :].float()

    @property
    def inputs(self) -> dict[str, Any]:
        """What a model is given; a token's position counts the real ones before it."""
        positions = (self.attention_mask.cumsum(1) - 1).clamp(min=0)
        return {
            "input_ids": self.input_ids,
            "attention_mask": self.attention_mask,
            "position_ids": positions,
            "use_cache": False,
        }

    def rows(self, places: torch.Tensor) -> "Draws":
        """These draws alone; as wide as before, so that they line up with what is known of all."""
        return Draws(self.input_ids[places], self.attention_mask[places], self.begins)


def side_by_side(
    prompts: Sequence[Sequence[int]], completions: Sequence[Sequence[int]], pad: int, device: Any
) -> Draws:
    """The draws as one batch; ``pad`` may be any token."""
    begins = max(len(one) for one in prompts)
    pairs = list(zip(prompts, completions, strict=True))
    ids = [[*[pad] * (begins - len(one)), *one, *drawn] for one, drawn in pairs]
    real = [[*[0] * (begins - len(one)), *[1] * (len(one) + len(drawn))] for one, drawn in pairs]
    return Draws(
        right_padded(ids, pad, torch.long).to(device), right_padded(real, 0, torch.long).to(device), begins
    )


@torch.inference_mode()
def draw(
    model: Any, prompts: Sequence[list[int]], params: SamplingParams, keys: Sequence[str], ends: set[int]
) -> list[list[int]]:
    """One completion for each prompt, up to and with its first token of ``ends``, or cut at ``max_tokens``.

    The noise of each hangs on its key alone (64 hex digits): a resumed run draws the same. Raises ModelFailed
    where the policy is lost.
    """
    state = read(model, prompts)
    sampler = Sampler([params] * len(prompts), keys, model.device)
    drawn: list[list[int]] = [[] for _ in prompts]
    staying, going = list(range(len(prompts))), set(range(len(prompts)))
    for step in range(params.max_tokens):
        if not bool(state.logits.amax(-1).isfinite().all()):
            raise ModelFailed("the policy's probabilities are no numbers any more: lower learning_rate")
        tokens = sampler.draw(state.logits, step)
        for place, token in zip(staying, tokens.tolist(), strict=True):
            if place in going:
                drawn[place].append(token)
                going -= {place} if token in ends else set()
        if not going or step + 1 == params.max_tokens:
            break
        # leaving copies the cache, so it waits until an eighth has finished
        if len(staying) - len(going) >= max(1, len(staying) // _LEAVING):
            rows = [row for row, place in enumerate(staying) if place in going]
            kept = torch.tensor(rows, device=model.device)
            state.keep(kept)
            sampler.keep(rows)
            tokens, staying = tokens[kept], [staying[row] for row in rows]
        state.step(model, tokens)
    return drawn


def log_probabilities(model: Any, draws: Draws, temperature: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Of each drawn token the log-probability, and the entropy there, at the ``temperature`` of the draws.

    Both are draws × longest completion, in nats, and have no meaning behind a draw's end.
    """
    wanted = draws.input_ids[:, draws.begins :]
    # one more, since each token's logits stand at the token before
    logits = model(**draws.inputs, logits_to_keep=wanted.shape[1] + 1).logits[:, :-1].float() / temperature
    logps = logits.log_softmax(-1)
    with torch.no_grad():
        entropies = -(logps.exp() * logps).sum(-1)
    return logps.gather(-1, wanted[..., None])[..., 0], entropies
