"""What a model's own files say that it cannot do is refused before it is loaded."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from datasets_registry.errors import BadInput
from generation.models.folder import validated_folder
from generation.models.limits import require_embedded, require_saveable, require_window
from generation.models.sources import require_source
from generation.templates.opening import open_tokenizer


def edited(model: Path, folder: Path, file: str, edit: Callable[[dict[str, Any]], object]) -> Path:
    """A copy of the model with one JSON file edited."""
    copy = shutil.copytree(model, folder / "model")
    path = copy / file
    content = json.loads(path.read_text()) if path.is_file() else {}
    edit(content)
    path.write_text(json.dumps(content))
    return copy


def test_a_tokenizer_larger_than_the_embedding_is_refused(tiny_model: Path, tmp_path: Path) -> None:
    require_embedded(tiny_model)
    copy = edited(tiny_model, tmp_path, "config.json", lambda config: config.update(vocab_size=8))
    with pytest.raises(BadInput, match=r"an embedding of 8 rows \(vocab_size\): give the tokenizer"):
        validated_folder(copy)


@pytest.mark.parametrize("look", [require_embedded, open_tokenizer])
def test_the_embedding_is_that_of_the_part_that_reads_text(
    look: Callable[[Path], object], tiny_model: Path, tmp_path: Path
) -> None:
    def parted(outer: int, inner: int) -> Callable[[dict[str, Any]], object]:
        return lambda config: config.update(vocab_size=outer, text_config={"vocab_size": inner})

    look(edited(tiny_model, tmp_path / "inner", "config.json", parted(8, 10**6)))
    with pytest.raises(BadInput, match="8 rows"):
        look(edited(tiny_model, tmp_path / "outer", "config.json", parted(10**6, 8)))


def added(**token: object) -> Callable[[dict[str, Any]], object]:
    """An edit that adds a token to a tokenizer."""
    return lambda tokenizer: tokenizer["added_tokens"].append({"content": "<extra>", "id": 10**6, **token})


def test_an_added_token_beyond_the_embedding_is_refused_where_a_text_can_become_it(
    tiny_model: Path, tmp_path: Path
) -> None:
    with pytest.raises(BadInput, match="the token '<extra>' as number 1000000"):
        require_embedded(edited(tiny_model, tmp_path / "plain", "tokenizer.json", added(special=False)))
    special = edited(tiny_model, tmp_path / "special", "tokenizer.json", added(special=True))
    require_embedded(special)
    (special / "chat_template.jinja").write_text("<extra>{{ messages }}")
    with pytest.raises(BadInput, match="the token '<extra>' as number 1000000"):
        require_embedded(special)


def test_a_longer_text_than_the_window_is_refused(tiny_model: Path, tmp_path: Path) -> None:
    copy = edited(
        tiny_model, tmp_path, "config.json", lambda config: config.update(max_position_embeddings=32)
    )
    require_window(copy, 32, "a")
    with pytest.raises(BadInput, match="a: max_length 33 is more than the window of its base, 32 tokens"):
        require_window(copy, 33, "a")


def test_generation_settings_that_cannot_be_saved_are_refused(tiny_model: Path, tmp_path: Path) -> None:
    require_saveable(tiny_model)
    settings = {"do_sample": False, "temperature": 0.5, "top_p": 0.9}
    copy = edited(tiny_model, tmp_path, "generation_config.json", lambda config: config.update(settings))
    with pytest.raises(BadInput, match=r"generation_config.json cannot be saved with a trained model, so "):
        require_saveable(copy)


@pytest.mark.parametrize("content", ["{", "[]", "null", "[" * 100_000])
def test_a_config_that_is_no_table_is_a_sentence(content: str, tiny_model: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(tiny_model, tmp_path / "model")
    (copy / "config.json").write_text(content)
    with pytest.raises(BadInput, match="give a whole model"):
        require_embedded(copy)


@pytest.mark.parametrize("source", ["nope", "./nope", "a/b/c", "a b/c", "/no/such", "a\0b", "x/\0"])
def test_what_no_model_can_be_had_of_is_refused_without_a_look_at_the_hub(source: str) -> None:
    with pytest.raises(BadInput, match="is neither a directory, nor a hub id"):
        require_source(source)
