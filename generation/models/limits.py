"""What a model cannot do by its own files: read more than its window, or tokens that it has no row for."""

import json
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from datasets_registry.errors import BadInput

_NAMED = ("bos_token", "eos_token", "pad_token", "unk_token", "chat_template")


def require_window(folder: Path, max_length: int, title: str, what: str = "base") -> None:
    """Raise BadInput where the model in ``folder`` cannot read ``max_length`` tokens at once."""
    window = window_of(read_table(folder / "config.json"))
    if window is not None and max_length > window:
        raise BadInput(
            f"{title}: max_length {max_length} is more than the window of its {what}, {window} tokens: "
            f"lower max_length, or take a {what} with a wider window"
        )


def window_of(config: Mapping[str, Any]) -> int | None:
    """The most tokens that a model with this config reads; None where it does not say."""
    window = _text(config).get("max_position_embeddings")
    return window if isinstance(window, int) and window > 0 else None


def require_embedded(folder: Path) -> None:
    """Raise BadInput where the tokenizer has tokens that the model has no embedding of.

    A special token that no template writes and no setting names is never read, so that some published models
    go without a row for it.
    """
    rows = embedding_rows(folder)
    if rows is None:
        return
    tokenizer, named = read_table(folder / "tokenizer.json"), _named(folder)
    beyond = [(number, token) for token, number in _tokens(tokenizer, named) if number >= rows]
    if beyond:
        number, token = max(beyond)
        raise BadInput(
            f"model directory {folder} has a tokenizer with the token {token!r} as number {number}, and an "
            f"embedding of {rows} rows (vocab_size): give the tokenizer that the model was trained with"
        )


def embedding_rows(folder: Path) -> int | None:
    """The tokens that the model in ``folder`` has an embedding of; None where its config does not say."""
    rows = _text(read_table(folder / "config.json")).get("vocab_size")
    return rows if isinstance(rows, int) else None


def require_saveable(folder: Path) -> None:
    """Raise BadInput where transformers would refuse to save the model's generation settings after a run."""
    path = folder / "generation_config.json"
    if not path.is_file():
        return
    from transformers import GenerationConfig

    try:
        settings = GenerationConfig.from_dict(dict(read_table(path)))
        with tempfile.TemporaryDirectory() as saved:
            settings.save_pretrained(saved)
    except (ValueError, TypeError, OSError) as error:
        why = " ".join(str(error).split())
        raise BadInput(
            f"{path} cannot be saved with a trained model, so correct or remove it: {why}"
        ) from error


def _tokens(tokenizer: Mapping[str, Any], named: str) -> Iterator[tuple[str, int]]:
    """The tokens that texts can become, with their numbers."""
    vocabulary = (tokenizer.get("model") or {}).get("vocab") or {}
    if isinstance(vocabulary, Mapping):
        yield from vocabulary.items()
    else:
        yield from ((piece[0], number) for number, piece in enumerate(vocabulary))
    for added in tokenizer.get("added_tokens") or ():
        if not added.get("special") or added["content"] in named:
            yield added["content"], added["id"]


def _named(folder: Path) -> str:
    """All that the tokenizer's settings and the chat template say, in which special tokens are named."""
    settings = read_table(folder / "tokenizer_config.json")
    template = folder / "chat_template.jinja"
    written = template.read_text(encoding="utf-8", errors="replace") if template.is_file() else ""
    return json.dumps([settings.get(name) for name in _NAMED], ensure_ascii=False) + written


def _text(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """The part of a config that is about text, where a model reads other things too."""
    inner = config.get("text_config")
    return inner if isinstance(inner, Mapping) else config


def read_table(path: Path) -> Mapping[str, Any]:
    """What a JSON file says; nothing where it is not there. Raises BadInput where it is not one."""
    if not path.is_file():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError, OSError) as error:
        raise BadInput(f"{path} cannot be read ({type(error).__name__}): give a whole model") from error
    if not isinstance(content, dict):
        raise BadInput(f"{path} is {type(content).__name__} and no table: give a whole model")
    return content
