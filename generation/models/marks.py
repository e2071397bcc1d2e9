"""Marks of thought that a model's completions can hold: its special tokens never stand in them."""

import json
from collections.abc import Iterable
from functools import cache
from itertools import chain
from pathlib import Path

from datasets_registry.errors import BadInput

_TOKENIZER = "tokenizer.json"


def require_written(model: str, folder: Path, marks: Iterable[tuple[str, str]]) -> None:
    """Raise BadInput where a mark is a special token: thought could not be told from the answer."""
    path = folder / _TOKENIZER
    special = _special_tokens(path) if path.is_file() else frozenset()
    for mark in chain.from_iterable(marks):
        if mark in special:
            raise BadInput(
                f"{model} marks its thought by {mark!r}, a special token, which no completion holds: set "
                f'"special": false for it in the {_TOKENIZER} of a copy of the model, or state other '
                "`thought_marks` in its `[models.NAME]`"
            )


@cache
def _special_tokens(path: Path) -> frozenset[str]:
    tokens = json.loads(path.read_text(encoding="utf-8")).get("added_tokens") or ()
    return frozenset(token["content"] for token in tokens if token["special"])
