"""A model on disk brought into memory, with its adapter where it is stored as one."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from datasets_registry.adapters import adapter_folder
from generation.language_model import LanguageModel
from generation.models.code import require_no_code
from generation.models.folder import require_base

if TYPE_CHECKING:
    import torch


class _Auto(Protocol):
    """A class of transformers that finds the model's own class."""

    def from_pretrained(self, folder: Path, **options: object) -> LanguageModel: ...


def load(
    kind: str, folder: Path, base: Path | None, dtype: "torch.dtype", **options: object
) -> LanguageModel:
    """The model in ``folder`` as transformers' ``kind``, such as `AutoModelForCausalLM`.

    ``base`` is the directory of the model that it is stored as an adapter over. ``options`` go into the
    config; a head that is not stored is new. Raises BadInput where the base is not given or not the one that
    was trained from.
    """
    import transformers

    auto: _Auto = getattr(transformers, kind)
    adapter = adapter_folder(folder)
    common = {"dtype": dtype, "use_safetensors": True}
    require_no_code(folder)
    with _silent():
        if adapter is None:
            return auto.from_pretrained(
                folder, local_files_only=True, trust_remote_code=False, **common, **options
            )
        from generation.models.adapters import lay_over, read_adapter

        under = require_base(folder, base)
        config = transformers.AutoConfig.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False, **options
        )
        model = auto.from_pretrained(
            require_no_code(under), local_files_only=True, trust_remote_code=False, config=config, **common
        )
        lay_over(read_adapter(adapter), model)
        if (folder / "generation_config.json").is_file():
            model.generation_config = transformers.GenerationConfig.from_pretrained(
                folder, local_files_only=True
            )
        return model


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
