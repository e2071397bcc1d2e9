"""A model's tokenizer, opened only where equal requests are equal prompts and no text is lost."""

from pathlib import Path

from datasets_registry.errors import BadInput
from datasets_registry.manifest import Manifest
from generation.models.code import require_no_code
from generation.models.limits import embedding_rows
from generation.templates.probing import rendering_digest, require_steady
from generation.templates.texts import require_texts
from generation.tokenizer import Tokenizer


def open_tokenizer(folder: Path) -> Tokenizer:
    """The tokenizer in ``folder``.

    Raises BadInput where its chat template depends on more than the messages or loses what is said, where a
    text may become a token that the model in ``folder`` lacks, or where a model that was trained here would
    read other tokens than those that it was trained on.
    """
    tokenizer = read_tokenizer(folder)
    _require_embedded(folder, tokenizer)
    if tokenizer.chat_template is not None:
        require_steady(tokenizer)
        require_texts(tokenizer)
        if other := other_rendering(folder, tokenizer):
            raise BadInput(other)
    return tokenizer


def read_tokenizer(folder: Path) -> Tokenizer:
    """The tokenizer in ``folder`` as it is; raises BadInput where the folder has code."""
    from transformers import AutoTokenizer

    tokenizer: Tokenizer = AutoTokenizer.from_pretrained(
        require_no_code(folder), local_files_only=True, trust_remote_code=False
    )
    return tokenizer


def _require_embedded(folder: Path, tokenizer: Tokenizer) -> None:
    """Raise BadInput where a text may become a token beyond the model's embedding.

    Special tokens there, such as those of images, are in no text, and templates of texts do not write them.
    """
    rows = embedding_rows(folder)
    if rows is None:
        return
    special = {place for place, token in tokenizer.added_tokens_decoder.items() if token.special}
    beyond = {place: text for text, place in tokenizer.get_vocab().items() if place >= rows}
    if plain := sorted(beyond.keys() - special):
        raise BadInput(
            f"the tokenizer in {folder} has the token {beyond[plain[0]]!r} at {plain[0]}, and the model's "
            f"embedding has {rows} rows: take weights and tokenizer of one model, or resize the embedding"
        )


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
