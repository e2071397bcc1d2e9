"""Probabilities that the steps of a solution are right, by a process reward model in one forward pass."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING

from datasets_registry.errors import BadInput
from generation.chat import encode, opening
from generation.language_model import Classifier
from generation.request import Message
from generation.scoring.model import ScoringModel, readable
from generation.tokenizer import Tokenizer
from generation.turns import as_text
from generation.words import special_tokens

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Stepped:
    """A conversation up to the problem, and the steps of a solution, whole or only begun."""

    messages: tuple[Message, ...]
    steps: tuple[str, ...]
    separator: str


@dataclass(frozen=True)
class StepTokens:
    """Token ids, and the index among them of each step's last token."""

    ids: list[int]
    ends: list[int]

    @property
    def distinct(self) -> bool:
        """Whether each step ends at a token of its own, as it must to be trained on."""
        return len(set(self.ends)) == len(self.ends)


def step_tokens(tokenizer: Tokenizer, solution: Stepped) -> StepTokens:
    """The solution as an unfinished turn, with a separator after every step, the last one too.

    So a step is read the same whether or not another one follows. A step ends at the token that
    covers its last character: the last token to begin before the step's end, since a byte-pair token
    may reach into the separator, and a character may be several tokens. Raises Unrenderable for one
    that the model cannot read as it is, and BadInput for a solution without steps, or a tokenizer
    that cannot say which characters its tokens cover.
    """
    if not solution.steps:
        raise BadInput("a solution without steps has nothing to score: split it first")
    if not tokenizer.is_fast:
        raise BadInput(
            f"the tokenizer of {tokenizer.name_or_path!r} does not say which characters its tokens "
            "cover: take a model with a tokenizer.json"
        )
    specials = special_tokens(tokenizer)
    text = opening(tokenizer, solution.messages)
    separator = as_text(solution.separator, specials)
    steps = [as_text(step, specials) + separator for step in solution.steps]
    reached = accumulate((len(step) for step in steps), initial=len(text))
    encoding = encode(tokenizer, text + "".join(steps), with_offsets=True)
    starts = [start for start, _ in encoding["offset_mapping"]]
    # the first sum is the text before the steps
    stops = [stop - len(separator) for stop in list(reached)[1:]]
    return StepTokens(encoding["input_ids"], _last_before(starts, stops))


def _last_before(starts: Sequence[int], stops: Sequence[int]) -> list[int]:
    return [max(0, bisect_left(starts, stop) - 1) for stop in stops]


RIGHT = 1


class StepScorer:
    """The process reward model in ``folder``, a token classifier whose second label is `right`.

    ``base`` is as a ScoringModel's.
    """

    def __init__(self, folder: Path, base: Path | None = None, *, batch_size: int = 32) -> None:
        self._model = ScoringModel(folder, "TokenClassification", 2, batch_size, base)
        self.fingerprint = self._model.fingerprint

    def scores(self, solutions: Sequence[Stepped]) -> list[list[float] | None]:
        """P(right) of each step of each solution; None for a solution beyond the window or vocabulary.

        A step's score depends on what stands before its end alone. Raises Unrenderable where the model can
        read none of them as it is.
        """
        _, tokenizer = self._model.loaded()
        tokens = readable(solutions, lambda solution: step_tokens(tokenizer, solution))
        read = self._model.read([solution.ids if solution else None for solution in tokens], _at_all_tokens)
        return [
            None
            if solution is None or probabilities is None
            else [probabilities[end] for end in solution.ends]
            for solution, probabilities in zip(tokens, read, strict=True)
        ]

    def close(self) -> None:
        """Free the model's memory."""
        self._model.close()


def _at_all_tokens(
    model: Classifier, inputs: "dict[str, torch.Tensor]", lengths: list[int]
) -> list[list[float]]:
    logits = model(**inputs, use_cache=False).logits.float()
    rows: list[list[float]] = logits.softmax(-1)[..., RIGHT].tolist()
    return rows
