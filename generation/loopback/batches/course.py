"""How a batch goes, and what was submitted: so that a test sees what was sent twice."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from pydantic import JsonValue

from datasets_registry.hashing import digest
from generation.loopback.script import Fields

Outcome = Literal["pending", "succeeded", "errored", "expired", "canceled"]
# a request's path and body, as its status and the answer's body
Serve = Callable[[str, JsonValue], tuple[int, Fields]]


@dataclass(frozen=True)
class Course:
    """A batch ends at its ``polls``-th look (never, if None), as ``ends`` says.

    ``failing`` are the places of requests that meet an error of the server, and ``undone`` of those that it
    never came to, which expire; all of a batch that expires, if none are named.
    """

    polls: int | None = 2
    ends: Literal["completed", "expired", "failed"] = "completed"
    failing: frozenset[int] = frozenset()
    undone: frozenset[int] = frozenset()
    most: int = 50_000

    def outcome(self, place: int) -> Outcome:
        """What becomes of the request at this place."""
        if place in self.failing:
            return "errored"
        expires = self.ends == "expired" and (place in self.undone or not self.undone)
        return "expired" if expires else "succeeded"


@dataclass
class Submitted:
    """One request of a batch: ``batch`` is the number of the batch, from 0."""

    batch: int
    custom_id: str
    url: str
    body: JsonValue
    outcome: Outcome = "pending"
    status: int = 0
    answer: Fields | None = None

    @property
    def key(self) -> str:
        """The digest of the body."""
        return digest(self.body)


@dataclass
class Submissions:
    """All requests of all batches.

    ``num_twice`` were sent again, by custom id and body, while the first was pending or had succeeded;
    ``num_bodies_twice`` by body alone.
    """

    requests: list[Submitted] = field(default_factory=list)
    num_batches: int = 0
    num_twice: int = 0
    num_bodies_twice: int = 0

    def add(self, requests: list[tuple[str, str, JsonValue]]) -> list[Submitted]:
        """Note a batch of custom ids, paths and bodies."""
        good = [request for request in self.requests if request.outcome in ("pending", "succeeded")]
        pairs, bodies = {(request.custom_id, request.key) for request in good}, {r.key for r in good}
        new = [Submitted(self.num_batches, name, url, body) for name, url, body in requests]
        self.num_twice += sum((request.custom_id, request.key) in pairs for request in new)
        self.num_bodies_twice += sum(request.key in bodies for request in new)
        self.num_batches += 1
        self.requests += new
        return new


def finish(requests: list[Submitted], course: Course, serve: Serve) -> None:
    """Serve what the course lets be served; what is served is paid."""
    for place, request in enumerate(requests):
        request.outcome = course.outcome(place)
        if request.outcome == "succeeded":
            request.status, request.answer = serve(request.url, request.body)
            request.outcome = "succeeded" if request.status == 200 else "errored"
        elif request.outcome == "errored":
            request.status = 500


def cancel(requests: list[Submitted], serve: Serve, begun: bool) -> None:
    """Serve the first half where the batch has begun, and nothing else."""
    done = len(requests) // 2 if begun else 0
    finish(requests[:done], Course(), serve)
    for request in requests[done:]:
        request.outcome = "canceled"
