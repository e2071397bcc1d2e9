"""Which cards each replica of an engine is on."""

import os
from collections.abc import Sequence
from typing import TypeVar

from datasets_registry.errors import BadInput
from generation.engine import EngineSettings

C = TypeVar("C")


def card_groups(settings: EngineSettings, cards: Sequence[C]) -> list[tuple[C, ...]]:
    """The cards of each replica; empty groups where there is no card, and replicas are processes alone.

    Raises BadInput where the settings need more cards than there are.
    """
    size = settings.tensor_parallel_size
    number = max(1, len(cards) // size) if settings.replicas == "auto" else settings.replicas
    if cards and number * size > len(cards):
        shown = os.environ.get("CUDA_VISIBLE_DEVICES")
        where = "this machine has" if shown is None else f"CUDA_VISIBLE_DEVICES={shown!r} shows"
        raise BadInput(
            f"engine.replicas = {number} with tensor_parallel_size = {size} needs {number * size} cards, and "
            f"{where} {len(cards)}: lower one of them in the model's `engine`, or take replicas = 'auto'"
        )
    return [tuple(cards[place * size : (place + 1) * size]) for place in range(number)]
