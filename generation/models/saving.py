"""A model and its tokenizer written to a folder, whole or not at all."""

import shutil
import uuid
from pathlib import Path

from datasets_registry.state import sync
from generation.language_model import LanguageModel
from generation.tokenizer import Tokenizer


def save_whole(model: LanguageModel, tokenizer: Tokenizer, target: Path) -> Path:
    """Write both to ``target`` as safetensors; where another process was first, its folder stays."""
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    temporary = target.with_name(f".tmp-{uuid.uuid4().hex}")
    try:
        model.save_pretrained(temporary)
        tokenizer.save_pretrained(temporary)
        for path in temporary.iterdir():
            sync(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists():
            temporary.rename(target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return target
