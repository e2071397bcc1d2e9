"""A model on disk brought into memory, with its adapter where it is stored as one."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from datasets_registry.adapters import adapter_folder
from generation.language_model import LanguageModel
from generation.models.code import require_no_code
from generation.models.folder import require_base
from generation.models.limits import read_table
from generation.models.soundness import require_finite, require_loaded, stored_weights

if TYPE_CHECKING:
    import torch


# shapes that differ are told apart here, by a sentence
_STRICTLY: Mapping[str, bool] = {
    "use_safetensors": True,
    "output_loading_info": True,
    "ignore_mismatched_sizes": True,
}


class _Auto(Protocol):
    """A class of transformers that finds the model's own class."""

    def from_pretrained(
        self, folder: Path, **options: object
    ) -> tuple[LanguageModel, Mapping[str, Iterable[str]]]: ...


def load(
    kind: str, folder: Path, base: Path | None, dtype: "torch.dtype", **options: object
) -> LanguageModel:
    """The model in ``folder`` as transformers' ``kind``, such as `AutoModelForCausalLM`.

    ``base`` is the directory of the model that it is stored as an adapter over. ``options`` go into the
    config; a head of another kind than the stored one is new. Raises BadInput where the base is not given or
    not the one that was trained from, and where a weight is missing, of another shape, or no number.
    """
    import transformers

    auto: _Auto = getattr(transformers, kind)
    adapter = adapter_folder(folder)
    common = {"dtype": dtype, **_STRICTLY}
    new_head = not _has_head(require_no_code(folder), kind)
    with _silent():
        if adapter is None:
            model, info = auto.from_pretrained(
                folder, local_files_only=True, trust_remote_code=False, **common, **options
            )
            require_loaded(folder, model, info, new_head=new_head)
            require_finite(folder, _parameters(model))
            return model
        from generation.models.adapters import lay_over, read_adapter

        under = require_base(folder, base)
        config = transformers.AutoConfig.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False, **options
        )
        model, info = auto.from_pretrained(
            require_no_code(under), local_files_only=True, trust_remote_code=False, config=config, **common
        )
        update = read_adapter(adapter)
        missing = {*info["missing_keys"]} - {*update.heads}
        require_loaded(under, model, {**info, "missing_keys": missing}, new_head=new_head)
        require_finite(adapter, update.weights.items())
        lay_over(update, model)
        require_finite(folder, _parameters(model))
        if (folder / "generation_config.json").is_file():
            model.generation_config = transformers.GenerationConfig.from_pretrained(
                folder, local_files_only=True
            )
        return model


def require_sound(folder: Path) -> None:
    """Raise BadInput unless the weights in ``folder`` are finite, and those that its config asks for.

    Each file is read once; no memory is taken for the model.
    """
    if (kind := _architecture(folder)) is not None:
        model, info = _load_empty(kind, folder)
        require_loaded(folder, model, info, new_head=False)
    require_finite(folder, stored_weights(folder))


def _architecture(folder: Path) -> str | None:
    """The class of transformers that the weights in ``folder`` are of; None where it has no such class."""
    import transformers

    config = read_table(folder / "config.json")
    name = next(iter(config.get("architectures") or ()), None)
    return name if isinstance(name, str) and hasattr(transformers, name) else None


def _load_empty(kind: str, folder: Path) -> tuple[LanguageModel, Mapping[str, Iterable[str]]]:
    """The model without memory for its weights, and transformers' account of which are there."""
    import transformers

    auto: _Auto = getattr(transformers, kind)
    with _silent():
        return auto.from_pretrained(
            require_no_code(folder),
            local_files_only=True,
            trust_remote_code=False,
            device_map="meta",
            **_STRICTLY,
        )


def _has_head(folder: Path, kind: str) -> bool:
    """Whether the model in ``folder`` was stored with the head of ``kind``; a language model always has."""
    head = kind.removeprefix("AutoModel")
    if head in ("ForCausalLM", kind):
        return True
    config = read_table(folder / "config.json")
    return any(str(name).endswith(head) for name in config.get("architectures") or ())


def _parameters(model: LanguageModel) -> "Iterable[tuple[str, torch.Tensor]]":
    return cast("torch.nn.Module", model).named_parameters()


@contextmanager
def _silent() -> Iterator[None]:
    """No progress bar, and no warning that a new head is not in the folder."""
    from transformers.utils import logging

    logging.disable_progress_bar()
    verbosity = logging.get_verbosity()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
