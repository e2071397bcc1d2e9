"""Bad model folders: files that are missing, damaged, code, or of another model."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from benchmarks.sides.bad_inputs.case import Case
from benchmarks.sides.bad_inputs.contents import toml
from benchmarks.sides.bad_inputs.profiles import plan_of, shipped

Files = dict[str, bytes]
CONFIG: Mapping[str, Any] = {
    "model_type": "llama",
    "architectures": ["LlamaForCausalLM"],
    "vocab_size": 4,
    "hidden_size": 8,
    "intermediate_size": 8,
    "num_attention_heads": 1,
    "num_hidden_layers": 1,
    "max_position_embeddings": 512,
}
TOKENIZER: Mapping[str, Any] = {"model": {"type": "WordLevel", "vocab": {"a": 0, "b": 1}}, "added_tokens": []}
# of a file of weights without a tensor
WEIGHTS = (2).to_bytes(8, "little") + b"{}"


def whole() -> Files:
    """The files of a model that is taken, before any of its weights is read."""
    return {
        "config.json": json.dumps(CONFIG).encode(),
        "tokenizer.json": json.dumps(TOKENIZER).encode(),
        "tokenizer_config.json": b"{}",
        "model.safetensors": WEIGHTS,
    }


def folder_cases() -> Iterator[Case]:
    """Every bad model folder."""
    for file in ("config.json", "model.safetensors"):
        yield _case(f"without {file}", _without(file))
    for file in ("config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors.index.json"):
        for kind, written in _damages():
            yield _case(f"{file} {kind}", {**whole(), file: written})
    for file in ("pytorch_model.bin", "model.pt", "model.pth", "model.ckpt", "model.pkl", "modeling_x.py"):
        yield _case(f"with {file}", {**whole(), file: b"x"})
    index = json.dumps({"weight_map": {"a": "model-00002-of-00002.safetensors"}}).encode()
    yield _case("a shard missing", {**whole(), "model.safetensors.index.json": index})
    yield _case("an adapter", {**whole(), "adapter_config.json": b"{}"})
    for file in ("config.json", "tokenizer_config.json"):
        yield _case(f"auto_map in {file}", _edited(file, _with_code))
    yield _case("a tokenizer larger than the embedding", _edited("config.json", _one_row))
    yield _case("a window below max_length", _edited("config.json", _narrow), "window")
    yield _case("empty", {"nothing": b""})


def _with_code(content: dict[str, Any]) -> None:
    content["auto_map"] = {"AutoModel": "x.Y"}


def _one_row(config: dict[str, Any]) -> None:
    config["vocab_size"] = 1


def _narrow(config: dict[str, Any]) -> None:
    config["max_position_embeddings"] = 16


def _damages() -> Iterator[tuple[str, bytes]]:
    yield "half", b'{"a": '
    yield "a list", b"[]"
    yield "a number", b"7"
    yield "Latin-1", '{"café": 1}'.encode("latin-1")
    yield "nested deeply", b"[" * 50_000
    yield "empty", b""


def _without(file: str) -> Files:
    return {name: written for name, written in whole().items() if name != file}


def _edited(file: str, edit: Callable[[dict[str, Any]], None]) -> Files:
    content = json.loads(whole()[file])
    edit(content)
    return {**whole(), file: json.dumps(content).encode()}


def _case(name: str, files: Files, named: str = "model") -> Case:
    content = shipped()
    content["models"]["base_policy"] = {"model": "{folder}/model"}
    beside = {f"model/{file}": written for file, written in files.items()}
    return plan_of("model folder", name, toml(content).encode(), (named,), **beside)
