"""A model on disk: where a name comes from, what may be in its folder, and its fingerprint."""

import json
from functools import cache
from pathlib import Path

from datasets_registry.errors import BadInput
from datasets_registry.hashing import digest, file_digest
from datasets_registry.inspecting import origins

SMOLLM2, LAB = origins.SMOLLM2, origins.LAB
_PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")
_FINGERPRINTED = ("config.json", "generation_config.json", "chat_template.jinja", "chat_template.json")
_TOKENIZER = (
    "tokenizer.json",
    "tokenizer.model",
    "added_tokens.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "vocab.json",
    "merges.txt",
)


def resolve_model(source: str, models: Path) -> Path:
    """The local folder of ``source``: SmolLM2, the lab model, a directory, or a hub id, which is downloaded.

    Raises BadInput where it has no weights, or pickled ones.
    """
    if source == SMOLLM2:
        from generation.models.smollm2 import convert

        return validated_folder(convert(models / SMOLLM2))
    if source == LAB:
        from generation.models.lab import write_lab_model

        return validated_folder(write_lab_model(models / LAB))
    folder = Path(source).expanduser()
    if folder.is_dir():
        return validated_folder(folder.resolve())
    if folder.is_absolute() or source.startswith((".", "~")) or source.count("/") != 1:
        raise BadInput(
            f"model {source!r} is neither a directory, nor a hub id such as 'owner/name', "
            f"nor {SMOLLM2!r} nor {LAB!r}: correct `model` in the profile's `[models.NAME]`"
        )
    return validated_folder(_download(source))


def _download(source: str) -> Path:
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(source, ignore_patterns=list(_PICKLES)))
    except (OSError, ValueError) as error:
        raise BadInput(
            f"model {source!r} could not be downloaded from the hub ({type(error).__name__}): check the "
            "name and the network, or give a local directory"
        ) from error


def validated_folder(folder: Path) -> Path:
    """``folder`` itself; raises BadInput unless it is a whole model with safetensors weights alone."""
    if (folder / "adapter_config.json").exists():
        raise BadInput(
            f"model directory {folder} has adapter_config.json: it is an adapter, so merge it into its base "
            "and give the merged model (the folder of a model trained here is merged already)"
        )
    if not (folder / "config.json").is_file():
        raise BadInput(f"model directory {folder} has no config.json: give a transformers model")
    pickles = sorted(path.name for pattern in _PICKLES for path in folder.glob(pattern))
    weights = list(folder.glob("*.safetensors"))
    if pickles:
        raise BadInput(
            f"model directory {folder} has pickled weights ({pickles[0]}), which can run code: "
            "convert them to safetensors and remove them"
        )
    if not weights:
        raise BadInput(f"model directory {folder} has no *.safetensors weights: give a whole model")
    return folder


def fingerprint(folder: Path) -> str:
    """What the model is: the hash of its weights, config, tokenizer and chat template."""
    return _fingerprint(tuple((str(path), *_stamp(path)) for path in fingerprinted_files(folder)))


def fingerprinted_files(folder: Path) -> list[Path]:
    """The files that decide what the model is, sorted."""
    names = {*_FINGERPRINTED, *_TOKENIZER, "model.safetensors.index.json"}
    return sorted(
        [*(folder / name for name in names if (folder / name).is_file()), *folder.glob("*.safetensors")]
    )


def _stamp(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns


@cache
def _fingerprint(stamps: tuple[tuple[str, int, int], ...]) -> str:
    """Cached by path, size and time of change, since hashing weights takes seconds."""
    return digest([[Path(path).name, _content_digest(Path(path))] for path, _, _ in stamps])


def _content_digest(path: Path) -> str:
    if path.suffix != ".json":
        return file_digest(path)
    content = json.loads(path.read_text())
    # where a model was loaded from and by which release is not what it is
    for name in ("_name_or_path", "name_or_path", "transformers_version"):
        content.pop(name, None) if isinstance(content, dict) else None
    return digest(content)
