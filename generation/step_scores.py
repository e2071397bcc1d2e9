"""Probabilities that the steps of a solution are right, by a process reward model in one forward pass."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from generation.scoring_model import ScoringModel
from generation.step_tokens import Stepped, step_tokens

RIGHT = 1


class StepScorer:
    """The process reward model in ``folder``, a token classifier whose second label is `right`."""

    def __init__(self, folder: Path, *, batch_size: int = 32) -> None:
        self._model = ScoringModel(folder, "TokenClassification", 2, batch_size)
        self.fingerprint = self._model.fingerprint

    def scores(self, solutions: Sequence[Stepped]) -> list[list[float] | None]:
        """P(right) of each step of each solution; None for a solution beyond the window.

        A step's score depends on what stands before its end alone.
        """
        _, tokenizer = self._model.loaded()
        tokens = [step_tokens(tokenizer, one) for one in solutions]
        read = self._model.read([one.ids for one in tokens], _at_all_tokens)
        return [
            None if found is None else [found[place] for place in one.ends]
            for one, found in zip(tokens, read, strict=True)
        ]

    def close(self) -> None:
        """Free the model's memory."""
        self._model.close()


def _at_all_tokens(model: Any, inputs: dict[str, Any], lengths: list[int]) -> list[list[float]]:
    logits = model(**inputs, use_cache=False).logits.float()
    rows: list[list[float]] = logits.softmax(-1)[..., RIGHT].tolist()
    return rows
