"""What a provider's batch interface offers, whoever the provider is."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from generation.batches.records import Record
from generation.request import Completion, Request


class BatchGone(Exception):
    """The server does not know a batch, or no longer has its answers."""


@dataclass(frozen=True)
class Standing:
    """How many of a batch's requests are done, whether it has ended, how, and why it failed as a whole."""

    num_done: int
    ended: bool
    status: str
    reason: str | None = None


@dataclass(frozen=True)
class Unanswered:
    """Why a batch has no answer to a request: it is then asked directly."""

    reason: str


Answer = Completion | Unanswered


class Provider(Protocol):
    """One model's batches at one server; ``least`` is the fewest requests that go by batch; None for none.

    Its methods raise BadInput where the server does not accept the key, and ModelFailed where it is down.
    """

    server: str
    model: str
    least: int | None
    most_requests: int
    most_bytes: int

    def takes(self, request: Request) -> bool:
        """Whether such a request can go by batch."""
        ...

    def require(self) -> None:
        """Raise BadInput where the server has no batches."""
        ...

    def lines(self, requests: Mapping[str, Request]) -> Iterator[tuple[str, bytes | None]]:
        """Each key with what a batch has of its request; None for one to be asked directly after all."""
        ...

    def submit(self, record: Record, lines: Sequence[bytes]) -> str:
        """Submit ``lines`` as one batch that ``find`` would find by the record, and give the batch's id."""
        ...

    def find(self, record: Record) -> str | None:
        """The id of the batch that was submitted for ``record``; None where none was."""
        ...

    def standing(self, batch: str) -> Standing:
        """How the batch stands; raises BatchGone."""
        ...

    def answers(self, batch: str, requests: Mapping[str, Request]) -> Iterator[tuple[str, Answer]]:
        """What an ended batch has, by the key that each line states; raises BatchGone.

        Lines may come in any order, twice, or with a key of nobody; only those of ``requests`` are read.
        """
        ...

    def pause(self, polls: int) -> float:
        """Seconds to wait after so many looks."""
        ...


@runtime_checkable
class OffersBatches(Protocol):
    """A backend whose provider may have batches."""

    def batches(self) -> Provider:
        """The provider's batches, whether or not the engine's settings ask for any."""
        ...
