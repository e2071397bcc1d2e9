"""A model that scores texts it reads whole: a trained folder, loaded at the first text, freed on close."""

import gc
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

from datasets_registry.errors import BadInput
from generation.chat import Unrenderable
from generation.language_model import Classifier
from generation.models.folder import fingerprint
from generation.scoring.padding import batches, padded_ids
from generation.templates.opening import open_tokenizer
from generation.tokenizer import Tokenizer

if TYPE_CHECKING:
    import torch

R = TypeVar("R")
T = TypeVar("T")
# from a model, a padded batch and the rows' lengths: one result per row
OfBatch = Callable[[Classifier, "dict[str, torch.Tensor]", list[int]], Sequence[T]]


class ScoringModel:
    """A folder with transformers' ``kind`` of head: float32 on a CPU, bfloat16 on a GPU.

    ``base`` is the directory of the model that it is stored as an adapter over, where it is. Raises BadInput
    where the folder holds another kind of model, such as a policy.
    """

    def __init__(
        self, folder: Path, kind: str, num_labels: int, batch_size: int, base: Path | None = None
    ) -> None:
        _require(folder, kind, num_labels)
        self.folder, self.base, self.batch_size = folder, base, batch_size
        self.fingerprint = fingerprint(folder)
        self._kind = kind
        self._loaded: tuple[Classifier, Tokenizer] | None = None

    def loaded(self) -> tuple[Classifier, Tokenizer]:
        """The model and its tokenizer."""
        if self._loaded is None:
            import torch

            from generation.models.loading import load

            gpu = torch.cuda.is_available()
            dtype = torch.bfloat16 if gpu else torch.float32
            model = load(f"AutoModelFor{self._kind}", self.folder, self.base, dtype)
            model.to("cuda" if gpu else "cpu").eval()
            self._loaded = cast(Classifier, model), open_tokenizer(self.folder)
        return self._loaded

    def read(self, rows: Sequence[Sequence[int] | None], of_batch: OfBatch[T]) -> list[T | None]:
        """What ``of_batch`` makes of each row, equal rows read once; None for None and beyond the window."""
        import torch

        model, _ = self.loaded()
        window = model.config.max_position_embeddings
        distinct = list(dict.fromkeys(tuple(row) for row in rows if row is not None and len(row) <= window))
        result_of: dict[tuple[int, ...], T] = {}
        for indices in batches(distinct, self.batch_size):
            batch = [distinct[index] for index in indices]
            inputs = {name: tensor.to(model.device) for name, tensor in padded_ids(batch, 0).items()}
            with torch.inference_mode():
                results = of_batch(model, inputs, [len(row) for row in batch])
            result_of |= dict(zip(batch, results, strict=True))
        return [None if row is None else result_of.get(tuple(row)) for row in rows]

    def close(self) -> None:
        """Free the model, and the GPU's cached memory with it."""
        if self._loaded is None:
            return
        import torch

        self._loaded = None
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()


def readable(rows: Sequence[R], read: Callable[[R], T]) -> list[T | None]:
    """What ``read`` makes of each row, None where the model cannot read it as it is.

    Raises the first refusal where it can read none: then the model is the wrong one.
    """
    made, refusals = list[T | None](), list[Unrenderable]()
    for row in rows:
        try:
            made.append(read(row))
        except Unrenderable as refusal:
            made.append(None)
            refusals.append(refusal)
    if refusals and len(refusals) == len(rows):
        raise refusals[0]
    return made


def _require(folder: Path, kind: str, num_labels: int) -> None:
    path = folder / "config.json"
    if not path.is_file():
        raise BadInput(f"model directory {folder} has no config.json: give a trained reward model")
    config = json.loads(path.read_text(encoding="utf-8"))
    is_kind = any(
        str(architecture).endswith(f"For{kind}") for architecture in config.get("architectures") or []
    )
    if not is_kind or len(config.get("id2label") or "..") != num_labels:
        raise BadInput(
            f"model directory {folder} is {config.get('architectures')}, not a model for {kind} with "
            f"{num_labels} label(s): train one with training.reward_model or training.process_reward_model"
        )
