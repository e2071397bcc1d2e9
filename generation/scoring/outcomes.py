"""Scores of whole answers by an outcome reward model, as it was trained to give them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from datasets_registry.errors import BadInput
from datasets_registry.rows.conversation import Tool, ToolCall
from generation.chat import finished, token_ids
from generation.language_model import Classifier
from generation.request import Message
from generation.scoring.model import ScoringModel, readable
from generation.templates.thoughts import without_dropped_thoughts
from generation.tokenizer import Tokenizer

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Answered:
    """A conversation up to the question, and an answer to it, perhaps with a thought and calls of tools."""

    messages: tuple[Message, ...]
    completion: str
    reasoning: str | None = None
    tool_calls: tuple[ToolCall, ...] | None = None
    tools: tuple[Tool, ...] = ()


class OutcomeScorer:
    """The reward model in ``folder``, a sequence classifier with one output; ``base`` as a ScoringModel's."""

    def __init__(self, folder: Path, base: Path | None = None, *, batch_size: int = 32) -> None:
        self._model = ScoringModel(folder, "SequenceClassification", 1, batch_size, base)
        self.fingerprint = self._model.fingerprint

    def scores(self, answers: Sequence[Answered]) -> list[float | None]:
        """One score per answer, meaningful only in differences; None beyond the window or vocabulary.

        Raises Unrenderable where the model can read none of them as it is.
        """
        _, tokenizer = self._model.loaded()
        read = readable(answers, lambda answered: answer_ids(tokenizer, answered))
        return self._model.read(read, _at_the_ends)

    def close(self) -> None:
        """Free the model's memory."""
        self._model.close()


def answer_ids(tokenizer: Tokenizer, answered: Answered) -> list[int]:
    """What a reward model reads: the conversation with the answer's turn ended, by the chat template.

    The score stands at its last token. Thoughts of earlier turns are there where the template keeps them.
    """
    answer = Message(
        role="assistant",
        content=answered.completion,
        reasoning=answered.reasoning,
        tool_calls=answered.tool_calls,
    )
    messages = without_dropped_thoughts(tokenizer, answered.messages, answered.tools)
    return token_ids(tokenizer, finished(tokenizer, [*messages, answer], answered.tools))


def set_padding_apart(tokenizer: Tokenizer) -> None:
    """Give the tokenizer a padding token that no finished conversation ends with.

    transformers looks for a sequence classifier's last token by skipping padding from the right.
    Where padding is also the end of a turn (SmolLM2) it would skip that end too, or stop short of a
    final line break: training, scoring here and any other reader must find the same token.

    Raises BadInput where the tokenizer has no other special token.
    """
    if tokenizer.pad_token_id not in (None, tokenizer.eos_token_id):
        return
    others = [
        str(token)
        for token_id, token in sorted(tokenizer.added_tokens_decoder.items())
        if token_id != tokenizer.eos_token_id
    ]
    if not others:
        raise BadInput(
            f"the tokenizer of {tokenizer.name_or_path!r} pads with the end of a turn and has no other "
            "special token to pad with: give it a `pad_token`"
        )
    tokenizer.pad_token = others[0]


def _at_the_ends(model: Classifier, inputs: "dict[str, torch.Tensor]", lengths: list[int]) -> list[float]:
    import torch

    hidden = model.base_model(**inputs, use_cache=False).last_hidden_state
    last = torch.tensor(lengths, device=hidden.device) - 1
    scores = model.score(hidden[torch.arange(len(lengths), device=hidden.device), last])[:, 0]
    return [float(score) for score in scores]
