"""What a planted model sees of an item: which it is, and how far the conversation has come."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from datasets_registry.hashing import ranked
from datasets_registry.rows.evaluation import EvaluationItem
from generation.request import Request

_OPTION = re.compile(r"^\(([A-Z])\) (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Seen:
    """A request of an item; ``own`` are the model's earlier answers."""

    item: EvaluationItem
    request: Request
    own: tuple[str, ...]
    questions: "Questions"

    @property
    def said(self) -> str:
        """What the user said last."""
        return self.request.messages[-1].content

    @property
    def form(self) -> str:
        """The item's form, as its variant names it."""
        return self.item.variant.partition("/")[0]

    @cached_property
    def options(self) -> dict[str, str]:
        """The options of the last closed question by their letters; none where it has no letters."""
        asked = [message.content for message in self.request.messages if message.role == "user"]
        shown = next((text for text in reversed(asked) if _OPTION.search(text)), "")
        return dict(_OPTION.findall(shown))

    def letter(self, option: str) -> str:
        """How the option is answered."""
        return next((f"({letter})" for letter, text in self.options.items() if text == option), option)

    def place(self, purpose: str) -> float:
        """Where from 0 to 1 the item stands among those of its category, in an order of the purpose's own.

        So what holds below a share holds of that share of each category, for all variants and models.
        """
        return self.questions.places(purpose)[self.item.item_id]


class Questions:
    """The items by what they ask."""

    def __init__(self, items: Sequence[EvaluationItem]) -> None:
        self._by_turns: dict[tuple[str, ...], list[EvaluationItem]] = {}
        self._categories: dict[tuple[str, str], dict[str, None]] = {}
        self._places: dict[str, dict[str, float]] = {}
        for item in items:
            self._by_turns.setdefault(tuple(turn.content for turn in item.messages), []).append(item)
            self._categories.setdefault((item.suite, item.category), {})[item.item_id] = None

    def seen(self, request: Request) -> Seen:
        """The item of a request, told by its turns; raises KeyError for another one."""
        turns = [message.content for message in request.messages if message.role != "system"]
        for end in range(len(turns), 0, -1):
            items = self._by_turns.get(tuple(turns[:end]))
            if items:
                item = _followed(items, turns[end + 1 :: 2])
                return Seen(item, request, tuple(turns[end::2]), self)
        raise KeyError(turns[0])

    def places(self, purpose: str) -> dict[str, float]:
        """Of each item, its place within its category."""
        if purpose not in self._places:
            self._places[purpose] = {
                item_id: (rank + 0.5) / len(items)
                for items in self._categories.values()
                for rank, item_id in enumerate(ranked(list(items), purpose))
            }
        return self._places[purpose]


def _followed(items: Sequence[EvaluationItem], follow_ups: Sequence[str]) -> EvaluationItem:
    """The item that says these later turns."""
    return next(item for item in items if item.follow_ups[: len(follow_ups)] == list(follow_ups))
