"""Completions that are read in some way before anybody has them; the ledger keeps them as they came."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from generation.completer import Complete
from generation.request import Completion, Request


@dataclass(frozen=True)
class Reading:
    """``complete``, of whose completions ``read`` makes what is handed on."""

    complete: Complete
    read: Callable[[Completion], Completion]

    def __call__(self, stage: str, requests: Sequence[Request]) -> list[Completion]:
        """The completions as they are read."""
        return [self.read(completion) for completion in self.complete(stage, requests)]
