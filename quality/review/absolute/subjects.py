"""What is judged by itself: a text in its place, its label, and what people may answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from datasets_registry.rows.imported import ChatMessage
from datasets_registry.rows.review.labels import NO_WORD

RIGHT_OR_WRONG = ("right", "wrong", NO_WORD)
HARM = ("harmless", "harmful", "refused", NO_WORD)
REFUSAL = ("answered", "refused", NO_WORD)


@dataclass(frozen=True)
class Subject:
    """A label with what it is of; agreement is divided by ``part``, and by ``model`` where one answers."""

    subject_id: str
    kind: Literal["step", "revision", "answer"]
    part: str
    label: str
    choices: tuple[str, ...]
    question: str
    prompt: str
    text: str
    split_group: str
    history: Sequence[ChatMessage] = ()
    before: str = ""
    model: str | None = None

    @property
    def stratum(self) -> str:
        """What it is drawn from: rare labels and small parts are strata of their own."""
        return ", ".join(filter(None, (self.model, self.part, self.label)))
