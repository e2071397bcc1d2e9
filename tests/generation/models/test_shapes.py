"""A model's shapes come from its config alone, and agree with the weights that it has."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import constants
from transformers import AutoModelForCausalLM

from datasets_registry.inspecting.origins import LAB, SMOLLM2
from generation.models.shapes import SHIPPED, UnknownShapes, find_shapes, read_shapes, shapes_of

CONFIG: dict[str, Any] = {
    "model_type": "llama",
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "vocab_size": 300,
    "max_position_embeddings": 128,
}


def test_shapes_of_a_config_are_those_of_the_weights(tiny_model: Path) -> None:
    model = AutoModelForCausalLM.from_pretrained(tiny_model)
    shapes = shapes_of(tiny_model)
    assert shapes.parameters == sum(weight.numel() for weight in model.parameters())
    layer = sum(weight.numel() for weight in model.model.layers[0].parameters())
    # the norm behind the last layer is shared among them
    assert shapes.layer == layer + 64 // 2
    assert (shapes.layers, shapes.hidden, shapes.heads, shapes.kv_heads) == (2, 64, 4, 2)
    assert (shapes.size("float32"), shapes.cache("float32")) == (4 * shapes.parameters, 2 * 2 * 2 * 16 * 4)


def test_an_adapter_is_counted_as_peft_makes_it(tiny_model: Path) -> None:
    from peft import LoraConfig, get_peft_model

    adapter = LoraConfig(r=4, target_modules="all-linear", task_type="CAUSAL_LM")
    adapted = get_peft_model(AutoModelForCausalLM.from_pretrained(tiny_model), adapter)
    trained = sum(weight.numel() for weight in adapted.parameters() if weight.requires_grad)
    assert shapes_of(tiny_model).adapter(4) == trained


@pytest.mark.parametrize("tied", [False, True])
def test_a_tied_head_is_counted_once_and_still_multiplied(tied: bool, tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(CONFIG | {"tie_word_embeddings": tied}))
    shapes, embedding = read_shapes(path), 300 * 64
    layers = 3 * (64 * (64 + 32 + 32 + 64) + 3 * 64 * 96 + 2 * 64) + 64
    assert shapes.parameters == layers + embedding * (1 if tied else 2)
    assert shapes.multiplied == layers + embedding
    assert shapes.scorer == layers + embedding + 64


def test_the_shipped_configs_are_those_of_the_named_sizes(tmp_path: Path) -> None:
    found = {path.stem: read_shapes(path) for path in SHIPPED.rglob("*.json")}
    assert {name: round(shapes.parameters / 1e9, 2) for name, shapes in found.items()} == {
        "Llama-3.1-8B-Instruct": 8.03,
        "Qwen2.5-1.5B-Instruct": 1.54,
    }


def test_models_that_come_along_need_not_be_written_first(tmp_path: Path) -> None:
    assert find_shapes(LAB, tmp_path).parameters == 907_136
    assert find_shapes(SMOLLM2, tmp_path).parameters == 134_515_008
    assert not list(tmp_path.iterdir())


def test_offline_a_hub_id_is_unknown_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = time.monotonic()
    with pytest.raises(UnknownShapes, match="'owner/unknown' are unknown until it is downloaded .*Offline"):
        find_shapes("owner/unknown", tmp_path)
    assert time.monotonic() - begun < 10


@pytest.mark.parametrize("content", ["", "{", "[]", '{"model_type": "nothing"}', "{}"])
def test_a_config_that_tells_nothing_is_refused_in_a_sentence(content: str, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(UnknownShapes, match="tells no shapes .*: give a language model"):
        shapes_of(tmp_path)
    with pytest.raises(UnknownShapes, match="cannot be read"):
        shapes_of(tmp_path / "none")


class Hub(BaseHTTPRequestHandler):
    """A hub with one public model and one that is gated."""

    def do_GET(self) -> None:
        body = json.dumps(CONFIG).encode()
        if self.path == "/owner/public/resolve/v1/config.json":
            self.send_response(200)
        else:
            self.send_response(401)
            self.send_header("X-Error-Code", "GatedRepo")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The hub of the library, on this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "ENDPOINT", address)
    monkeypatch.setattr(
        constants, "HUGGINGFACE_CO_URL_TEMPLATE", address + "/{repo_id}/resolve/{revision}/{filename}"
    )
    yield
    server.shutdown()
    server.server_close()


@pytest.mark.usefixtures("hub")
def test_of_a_model_on_the_hub_one_small_file_is_fetched(tmp_path: Path) -> None:
    assert find_shapes("owner/public", tmp_path, "v1").layers == 3


@pytest.mark.usefixtures("hub")
def test_a_gated_model_asks_for_licence_and_token(tmp_path: Path) -> None:
    with pytest.raises(UnknownShapes, match="'owner/gated' are unknown .* accept its licence .* HF_TOKEN"):
        find_shapes("owner/gated", tmp_path)
