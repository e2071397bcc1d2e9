"""Attention of a decoding step that reads a prefix shared by all rows once, not once per row."""

from typing import Protocol

import torch
from transformers import AttentionInterface, AttentionMaskInterface, Cache, DynamicCache
from transformers.cache_utils import DynamicLayer
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

from generation.language_model import LanguageModel

NAME = "trimtab_shared"
_ROOM = 64

Prefix = list[tuple[torch.Tensor, torch.Tensor]]


def share_prefixes(model: LanguageModel) -> None:
    """Let ``model`` take a ``shared_prefix``, where its layers are plain attention over all tokens."""
    plain = all(type(layer) is DynamicLayer for layer in DynamicCache(config=model.config).layers)
    pluggable = bool(getattr(model, "_supports_attention_backend", False))
    if model.config._attn_implementation == "sdpa" and plain and pluggable:
        AttentionInterface.register(NAME, _attend)
        AttentionMaskInterface.register(NAME, sdpa_mask)
        model.set_attn_implementation(NAME)


def shares_prefixes(model: LanguageModel) -> bool:
    """Whether ``share_prefixes`` could do it."""
    return bool(model.config._attn_implementation == NAME)


class _Layer(Protocol):
    """An attention layer, which knows its place in the model."""

    layer_idx: int


def _attend(
    module: _Layer,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    *,
    shared_prefix: Prefix | None = None,
    scaling: float | None = None,
    **options: object,
) -> tuple[torch.Tensor, None]:
    if shared_prefix is None:
        attended: tuple[torch.Tensor, None] = sdpa_attention_forward(
            module, query, key, value, attention_mask, scaling=scaling, **options
        )
        return attended
    keys, values = shared_prefix[module.layer_idx]
    rows, heads, _, width = query.shape
    kv_heads, length = keys.shape[0], keys.shape[1]
    scale = width**-0.5 if scaling is None else scaling
    # one new token: the query heads of a KV head stand where its queries' positions would
    grouped = query.reshape(rows, kv_heads, heads // kv_heads, width) * scale
    own = grouped @ key.transpose(-1, -2)
    if attention_mask is not None:
        own = own.masked_fill_(~attention_mask, -torch.inf)
    common = _by_head(grouped) @ keys.transpose(-1, -2)
    scores = torch.cat([_by_row(common, rows), own], dim=-1)
    weights = scores.float().softmax(-1).to(query.dtype)
    mixed = _by_row(_by_head(weights[..., :length]) @ values, rows) + weights[..., length:] @ value
    return mixed.reshape(rows, 1, heads, width), None


def _by_head(grouped: torch.Tensor) -> torch.Tensor:
    """From rows × KV heads × queries × width to one matrix per KV head."""
    return grouped.transpose(0, 1).flatten(1, 2)


def _by_row(stacked: torch.Tensor, rows: int) -> torch.Tensor:
    kv_heads, _, width = stacked.shape
    return stacked.view(kv_heads, rows, -1, width).transpose(0, 1)


class _RoomyLayer(DynamicLayer):  # type: ignore[misc]
    """A layer with room for tokens to come, so that a new one is written and the rest not copied."""

    def __init__(self, keys: torch.Tensor, values: torch.Tensor) -> None:
        super().__init__()
        self.dtype, self.device = keys.dtype, keys.device
        self.keys, self.values, self.is_initialized = keys, values, True
        self.length = keys.shape[-2]

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: object, **kwargs: object
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Append the new tokens; the keys and values of all."""
        start, self.length = self.length, self.length + key_states.shape[-2]
        if self.length > self.keys.shape[-2]:
            self.keys, self.values = _with_room(self.keys, start), _with_room(self.values, start)
        self.keys[:, :, start : self.length] = key_states
        self.values[:, :, start : self.length] = value_states
        return self.keys[:, :, : self.length], self.values[:, :, : self.length]

    def get_seq_length(self) -> int:
        """How many tokens there are."""
        return self.length

    def batch_select_indices(self, indices: torch.Tensor) -> None:
        """Go on with these rows alone."""
        self.keys, self.values = self.keys[indices], self.values[indices]


def _with_room(states: torch.Tensor, length: int) -> torch.Tensor:
    rows, heads, _, width = states.shape
    roomy = states.new_zeros(rows, heads, length + _ROOM, width)
    roomy[:, :, :length] = states[:, :, :length]
    return roomy


def split(cache: Cache, length: int, rows: torch.Tensor) -> tuple[Prefix, Cache]:
    """The first ``length`` tokens that all share, and a cache of the rest for each of ``rows``."""
    prefix = [(layer.keys[0, :, :length], layer.values[0, :, :length]) for layer in cache.layers]
    own = [
        _RoomyLayer(layer.keys[rows, :, length:], layer.values[rows, :, length:]) for layer in cache.layers
    ]
    return prefix, Cache(layers=own)
