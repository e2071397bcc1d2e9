"""A model's tokenizer, opened only where equal requests are equal prompts."""

from pathlib import Path

from datasets_registry.errors import BadInput
from datasets_registry.manifest import Manifest
from generation.templates.probing import rendering_digest, require_steady
from generation.tokenizer import Tokenizer


def open_tokenizer(folder: Path) -> Tokenizer:
    """The tokenizer in ``folder``.

    Raises BadInput where its chat template depends on more than the messages, or where a model that was
    trained here would read other tokens than those that it was trained on.
    """
    from transformers import AutoTokenizer

    tokenizer: Tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    if tokenizer.chat_template is not None:
        require_steady(tokenizer)
        if other := other_rendering(folder, tokenizer):
            raise BadInput(other)
    return tokenizer


def other_rendering(folder: Path, tokenizer: Tokenizer) -> str | None:
    """That the model in ``folder`` was trained on other tokens than messages become now, if it was."""
    trained_on = Manifest.read(folder).rendering
    if trained_on is None or trained_on == rendering_digest(tokenizer):
        return None
    return (
        f"the chat template in {folder} makes other tokens than those that the model was trained on: put "
        "back its template and tokenizer and the versions of transformers and tokenizers in "
        "constraints.txt, or train it again"
    )
