"""TRL's trainers on rows that are tokens already."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from training.running.protocols import MakeTrainer

if TYPE_CHECKING:
    from datasets import Dataset


def on_tokens(name: str) -> MakeTrainer:
    """TRL's trainer of this name for rows that are tokens, which it neither templates nor cuts.

    Its own tokens would go through Arrow as turns, where the arguments of one row's tool call give those of
    all others null arguments of the same names.
    """
    import trl

    class OnTokens(getattr(trl, name)):  # type: ignore[misc]
        def _prepare_dataset(self, dataset: "Dataset", *_: object, **__: object) -> "Dataset":
            return dataset

    return OnTokens


def with_mismatched(examples: Sequence[Mapping[str, object]], size: int) -> list[Mapping[str, object]]:
    """KTO's rows with another's completion each: of the row before in the batch of ``size``, or the last.

    By these TRL estimates how far the policy is from its reference.
    """
    rows: list[Mapping[str, object]] = []
    for start in range(0, len(examples), size):
        batch = examples[start : start + size]
        others = [batch[-1], *batch[:-1]]
        rows += [
            {**example, "KL_completion_ids": other["completion_ids"]}
            for example, other in zip(batch, others, strict=True)
        ]
    return rows
