"""A model's shapes and counts of weights, from its config alone: no weights are loaded."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from datasets_registry.errors import BadInput
from datasets_registry.inspecting.origins import LAB, SMOLLM2, hub_folder
from datasets_registry.state import REPOSITORY
from generation.models.code import code_named

if TYPE_CHECKING:
    import torch

SECONDS = 10
# bytes of a number
BYTES: Mapping[str, int] = {"float32": 4, "bfloat16": 2, "float16": 2}
# configs of the models that shipped profiles name, as OWNER/NAME.json: a plan needs no network for them
SHIPPED = REPOSITORY / "profiles" / "shapes"


class UnknownShapes(BadInput):
    """A model's config is not at hand, or transformers cannot read it."""


@dataclass(frozen=True)
class Shapes:
    """The sizes on which memory and time depend; ``parameters`` counts tied weights once.

    ``linear`` are the (inputs, outputs) of all linear layers but the head, which is where an adapter is put.
    """

    kind: str
    layers: int
    hidden: int
    intermediate: int
    heads: int
    kv_heads: int
    head_dim: int
    vocab: int
    window: int
    tied: bool
    parameters: int
    linear: tuple[tuple[int, int], ...]
    # all of the config, as JSON
    text: str

    def config(self, layers: int) -> Any:
        """The transformers config of the same model with so many layers."""
        from transformers import AutoConfig

        content = json.loads(self.text)
        # one of each layer's kind, such as full and sliding attention, would have to be cut too
        content.pop("layer_types", None)
        return AutoConfig.for_model(content.pop("model_type"), **content | {"num_hidden_layers": layers})

    @property
    def embedding(self) -> int:
        """The weights of the embeddings, and of a head that is not tied to them."""
        return self.vocab * self.hidden

    @property
    def head(self) -> int:
        """The weights that the head adds; none where it shares the embeddings'."""
        return 0 if self.tied else self.embedding

    @property
    def layer(self) -> int:
        """The weights of one layer: an even share of all but embeddings and head."""
        return (self.parameters - self.embedding - self.head) // self.layers

    @property
    def scorer(self) -> int:
        """The weights of a reward model of these shapes: a score in place of the vocabulary."""
        return self.parameters - self.head + self.hidden

    @property
    def multiplied(self) -> int:
        """The weights that a token is multiplied with: all but an embedding that is looked up."""
        return self.parameters - (0 if self.tied else self.embedding)

    def adapter(self, rank: int) -> int:
        """The weights of a LoRA adapter of ``rank`` on every linear layer but the head."""
        return rank * sum(inputs + outputs for inputs, outputs in self.linear)

    def size(self, dtype: str = "bfloat16") -> int:
        """Bytes of all weights as ``dtype``."""
        return self.parameters * BYTES[dtype]

    def cache(self, dtype: str = "bfloat16") -> int:
        """Bytes of keys and values for one token."""
        return 2 * self.layers * self.kv_heads * self.head_dim * BYTES[dtype]


def find_shapes(source: str, models: Path, revision: str | None = None) -> Shapes:
    """The shapes of a profile's ``model``: its config is read, or fetched where it is on the hub.

    ``models`` is the state's folder of models. Raises UnknownShapes where there is no config at hand.
    """
    if source in (SMOLLM2, LAB):
        return _built_in(source, models)
    if (folder := Path(source).expanduser()).is_dir():
        return shapes_of(folder)
    if known := _downloaded(source, models, revision):
        return shapes_of(known)
    shipped = SHIPPED / f"{source}.json"
    return read_shapes(shipped) if shipped.is_file() else _shapes(source, _from_hub(source, revision))


def shapes_of(folder: Path) -> Shapes:
    """The shapes of the model in ``folder``; raises UnknownShapes where its config cannot be read."""
    return read_shapes(folder / "config.json")


def read_shapes(path: Path) -> Shapes:
    """The shapes that a config.json describes; raises UnknownShapes where transformers cannot read it."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UnknownShapes(f"{path} cannot be read ({type(error).__name__}): give a whole model") from error
    return _shapes(str(path), text)


def _shapes(place: str, text: str) -> Shapes:
    """The shapes in a config's text, which came from ``place``."""
    try:
        if name := code_named(json.loads(text)):
            raise UnknownShapes(f"the config of {place} names code of its own ({name}), which is never run")
        return _read(text)
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise UnknownShapes(
            f"the config of {place} tells no shapes ({type(error).__name__}): give a language model that "
            "transformers knows"
        ) from error


@cache
def _read(text: str) -> Shapes:
    from transformers import AutoConfig

    content = json.loads(text)
    return shapes_of_config(AutoConfig.for_model(content.pop("model_type"), **content))


def shapes_of_config(config: Any) -> Shapes:
    """The shapes of the language model that a transformers ``config`` describes, built without memory."""
    import torch
    from transformers import AutoModelForCausalLM

    config = config.get_text_config()
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config, trust_remote_code=False)
    heads = config.num_attention_heads
    return Shapes(
        kind=config.model_type,
        layers=config.num_hidden_layers,
        hidden=config.hidden_size,
        intermediate=getattr(config, "intermediate_size", None) or 4 * config.hidden_size,
        heads=heads,
        kv_heads=getattr(config, "num_key_value_heads", None) or heads,
        head_dim=getattr(config, "head_dim", None) or config.hidden_size // heads,
        vocab=config.vocab_size,
        window=config.max_position_embeddings,
        tied=bool(config.tie_word_embeddings),
        parameters=sum(weight.numel() for weight in model.parameters()),
        linear=tuple(_linear(model.base_model)),
        text=config.to_json_string(use_diff=False),
    )


def _linear(model: "torch.nn.Module") -> list[tuple[int, int]]:
    import torch

    layers = (layer for layer in model.modules() if isinstance(layer, torch.nn.Linear))
    return [(layer.in_features, layer.out_features) for layer in layers]


def _built_in(source: str, models: Path) -> Shapes:
    """The shapes of a model that comes with Trimtab, whether or not it was written yet."""
    if (models / source / "config.json").is_file():
        return shapes_of(models / source)
    if source == LAB:
        from generation.models.lab import lab_config

        return shapes_of_config(lab_config())
    from generation.models.smollm2 import packaged_config

    return shapes_of_config(packaged_config())


def _downloaded(source: str, models: Path, revision: str | None) -> Path | None:
    """The folder of a hub id that is in the state already, the newest commit of it where none is named."""
    if source.count("/") != 1:
        return None
    configs = sorted(hub_folder(models, source).glob("*/config.json"), key=lambda path: path.stat().st_mtime)
    folders = [path.parent for path in configs]
    return next((folder for folder in folders if folder.name == revision), folders[-1] if folders else None)


def _from_hub(source: str, revision: str | None) -> str:
    """The config of a hub id: from the cache where it is there, else one small file is fetched."""
    from huggingface_hub import hf_hub_url, try_to_load_from_cache
    from huggingface_hub.errors import GatedRepoError, HTTPError
    from huggingface_hub.utils import build_hf_headers, get_session, hf_raise_for_status

    try:
        if isinstance(path := try_to_load_from_cache(source, "config.json", revision=revision), str):
            return Path(path).read_text(encoding="utf-8")
        # the library's own download tries for half a minute where there is no network
        address = hf_hub_url(source, "config.json", revision=revision)
        response = get_session().get(address, headers=build_hf_headers(), timeout=SECONDS)
        hf_raise_for_status(response)
        return str(response.text)
    except (OSError, ValueError, HTTPError) as error:
        remedy = (
            "accept its licence on the hub and set HF_TOKEN"
            if isinstance(error, GatedRepoError)
            else "check the name and the network, or give a local directory"
        )
        raise UnknownShapes(
            f"the shapes of {source!r} are unknown until it is downloaded ({type(error).__name__}): {remedy}"
        ) from error
