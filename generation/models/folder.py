"""A model on disk: what may be in its folder, and its fingerprint."""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path

from datasets_registry.adapters import CONFIG, adapter_folder, base_fingerprint
from datasets_registry.adapters import FOLDER as ADAPTER
from datasets_registry.errors import BadInput
from datasets_registry.hashing import digest, file_digest
from datasets_registry.store.kept_digests import file_stamp, kept_digest
from generation.models.code import require_no_code
from generation.models.limits import read_table, require_embedded

INDEX = "model.safetensors.index.json"
_FINGERPRINTED = (
    "hosted.json",
    "config.json",
    "generation_config.json",
    "chat_template.jinja",
    "chat_template.json",
    "processor_config.json",
    "preprocessor_config.json",
    "video_preprocessor_config.json",
    "hf_quant_config.json",
    "quantize_config.json",
)
# of every tokenizer that transformers has
_TOKENIZER = (
    "tokenizer.json",
    "tokenizer.model",
    "added_tokens.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "vocab.json",
    "merges.txt",
    *("vocab.txt", "dict.txt", "bpe.codes", "normalizer.json", "tekken.json", "tiktoken.model"),
    *("spiece.model", "spm.model", "spm_char.model", "sentencepiece.model", "sentencepiece.bpe.model"),
    *("source.spm", "target.spm", "target_vocab.json", "vocab-src.json", "vocab-tgt.json"),
    *("entity_vocab.json", "byte_maps.json", "emoji.json", "word_shape.json", "word_pronunciation.json"),
    "prophetnet.tokenizer",
)
_TEMPLATES = "additional_chat_templates"


def require_whole(folder: Path) -> Path:
    """``folder`` itself; raises BadInput where its model is stored as an adapter."""
    if adapter_folder(folder) is not None:
        raise BadInput(
            f"model directory {folder} is stored as an adapter over its base: give what `trimtab models "
            "export` writes of it, or train from it by its name in the profile"
        )
    return folder


def validated_folder(folder: Path) -> Path:
    """``folder`` itself; raises BadInput unless it has a model without code, its weights safetensors alone.

    They are whole, or an adapter of a model trained here.
    """
    if (folder / CONFIG).exists():
        raise BadInput(
            f"model directory {folder} has adapter_config.json: it is an adapter, so merge it into its base "
            "and give the merged model (`trimtab models export` merges a model trained here)"
        )
    if not (folder / "config.json").is_file():
        raise BadInput(f"model directory {folder} has no config.json: give a transformers model")
    require_no_code(folder)
    if not has_weights(folder):
        raise BadInput(f"model directory {folder} has no *.safetensors weights: give a whole model")
    if missing := missing_shards(folder):
        raise BadInput(
            f"model directory {folder} has no {missing[0]}, which {INDEX} names: give a whole model"
        )
    require_embedded(folder)
    return folder


def missing_shards(folder: Path) -> list[str]:
    """The files of weights that the folder's index names and that are not there."""
    shards = read_table(folder / INDEX).get("weight_map", {})
    if not isinstance(shards, Mapping) or not all(isinstance(shard, str) for shard in shards.values()):
        raise BadInput(f"{folder / INDEX} maps no weights to files: give a whole model")
    return sorted(shard for shard in set(shards.values()) if not (folder / shard).is_file())


def has_weights(folder: Path) -> bool:
    """Whether a model's weights are in ``folder``, whole or as an adapter."""
    return any(folder.glob("*.safetensors")) or adapter_folder(folder) is not None


def require_base(folder: Path, base: Path | None) -> Path:
    """The base of the adapter that the model in ``folder`` is stored as.

    Raises BadInput where ``base`` is not given, or is another model than the one that the adapter names.
    """
    identity = base_fingerprint(folder / ADAPTER)
    if base is None:
        raise BadInput(
            f"model directory {folder} is stored as an adapter over the model {identity[:16]}: give that "
            "model's directory too, or the whole model that `trimtab models export` writes"
        )
    if fingerprint(base) != identity:
        raise BadInput(
            f"model directory {folder} is stored as an adapter over the model {identity[:16]}, and {base} is "
            f"{fingerprint(base)[:16]}: restore the base's files, or build both again"
        )
    return base


def fingerprint(folder: Path) -> str:
    """What the model is: the hash of its weights, config, tokenizer and chat template.

    Of a model that is stored as an adapter it is that of the adapter, which names its base's fingerprint.
    """
    return _fingerprint(tuple((str(path), file_stamp(path)) for path in fingerprinted_files(folder)))


def fingerprint_afresh(folder: Path) -> str:
    """The fingerprint from all bytes as they are now, whatever was hashed before."""
    return _joined([(path, _content_digest(path, file_digest)) for path in fingerprinted_files(folder)])


def fingerprinted_files(folder: Path) -> list[Path]:
    """The files that decide what the model is, sorted."""
    names = {*_FINGERPRINTED, *_TOKENIZER, INDEX}
    adapter = adapter_folder(folder)
    weights = [adapter / CONFIG, *adapter.glob("*.safetensors")] if adapter else folder.glob("*.safetensors")
    templates = (folder / _TEMPLATES).glob("*.jinja")
    return sorted([*(folder / name for name in names if (folder / name).is_file()), *weights, *templates])


@cache
def _fingerprint(stamps: tuple[tuple[str, tuple[int, ...]], ...]) -> str:
    """Cached by path, size, times and inode; large files' digests are kept beyond this process."""
    paths = [Path(path) for path, _ in stamps]
    return _joined([(path, _content_digest(path, kept_digest)) for path in paths])


def _joined(digests: Sequence[tuple[Path, str]]) -> str:
    return digest([[_label(path), content] for path, content in digests])


def _label(path: Path) -> str:
    return f"{_TEMPLATES}/{path.name}" if path.parent.name == _TEMPLATES else path.name


def _content_digest(path: Path, of_bytes: Callable[[Path], str]) -> str:
    if path.suffix != ".json":
        return of_bytes(path)
    content = json.loads(path.read_text())
    # where a model was loaded from and by which release is not what it is
    for name in ("_name_or_path", "name_or_path", "transformers_version"):
        content.pop(name, None) if isinstance(content, dict) else None
    return digest(content)
